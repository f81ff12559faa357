//! The simulation against what is known in closed form, and what holds for any assumptions.

use super::assumptions::{Assumptions, Region};
use super::popularity::Popularity;
use super::simulation::{Outcome, simulate};
use crate::source::read;
use clap::Parser as _;
use proptest::prelude::*;
use serde_json::Value;

const DOCUMENT: &str = "docs/capacity.md";

/// Assumptions under which nothing is limited and nothing varies.
fn calm() -> Assumptions {
    let mut assumptions = Assumptions::default();
    let plan = &mut assumptions.store.plan;
    (plan.connections, plan.month_gb, plan.memory_mb) = (None, None, None);
    (plan.commands_per_second, plan.bytes_per_second) = (1e12, 1e12);
    (assumptions.store.command_us, assumptions.store.kib_us) = (0.0, 0.0);
    (assumptions.lambda.concurrency, assumptions.lambda.new_in_ten_seconds) = (1_000_000, 1e9);
    (assumptions.store.second_commands, assumptions.lambda.reserve_by_connections) = (0.0, false);
    (assumptions.lambda.cold_start_ms, assumptions.lambda.near_seconds) = (0.0, 0.0);
    (assumptions.simulation.ramp_seconds, assumptions.simulation.seconds) = (20.0, 200.0);
    assumptions.load.questions = 1_000;
    assumptions
}

fn simulated(assumptions: &Assumptions) -> Outcome {
    assumptions.check().expect("assumptions that can be simulated");
    simulate(assumptions, &Popularity::new(assumptions.load.questions, assumptions.load.zipf_exponent))
}

fn is_near(value: f64, expected: f64, tolerance: f64) -> bool {
    (value - expected).abs() <= expected * tolerance
}

/// A figure of the last `cargo xtask bench --scale`.
fn measured(scenario: &str, setting: &str, figure: &str) -> f64 {
    let figures = read("docs/benchmarks/scale.csv");
    let row = format!("1,{scenario},medinsight,{setting},1,{figure},");
    let value = figures.lines().find_map(|line| line.strip_prefix(&row)?.parse().ok());
    value.unwrap_or_else(|| panic!("nothing was measured of {row}"))
}

/// Erlang's formula: which part of the calls finds all of so many lines busy.
fn erlang_b(lines: u32, offered: f64) -> f64 {
    (1..=lines).fold(1.0, |blocked, line| offered * blocked / (f64::from(line) + offered * blocked))
}

#[test]
fn by_littles_law_as_many_environments_are_busy_as_requests_come_in_the_time_of_one() {
    let mut assumptions = calm();
    (assumptions.load.requests_per_second, assumptions.load.hit_share) = (100.0, 0.8);
    let mut busy = 0.0;
    for seed in 1..=8 {
        assumptions.seed = seed;
        let outcome = simulated(&assumptions);
        busy += outcome.tallies[0].occupied_seconds / assumptions.simulation.seconds / 8.0;
    }
    // A hit: 3 ms, and two round trips of 1 ms. A miss: the origin's 4 s and one trip more.
    let expected = 100.0 * (0.8 * 0.005 + 0.2 * 4.006);
    assert!(is_near(busy, expected, 0.02), "{busy}, {expected}");
}

#[test]
fn by_erlangs_formula_requests_are_refused_when_all_environments_are_busy() {
    for (concurrency, spread) in [(10, 1.0), (25, 1.0), (25, 0.0)] {
        let mut assumptions = calm();
        (assumptions.load.requests_per_second, assumptions.load.hit_share) = (20.0, 0.0);
        assumptions.lambda.concurrency = concurrency;
        (assumptions.origin.mean_ms, assumptions.origin.spread) = (1_000.0, spread);
        assumptions.simulation.seconds = 3_000.0;
        let refused = simulated(&assumptions).share(|tally| tally.refused);
        // The formula holds whatever the times' distribution is.
        let expected = erlang_b(u32::try_from(concurrency).expect("few"), 20.0 * 1.006);
        assert!(is_near(refused, expected, 0.06), "{concurrency} environments: {refused}, {expected}");
    }
}

#[test]
fn trips_wait_for_a_shard_as_long_as_pollaczek_and_khinchine_say() {
    for busy in [0.3, 0.6, 0.8] {
        let mut assumptions = calm();
        // Only lookups are work. What comes from a shard has gaps, so trips that follow others wait for less.
        (assumptions.load.hit_share, assumptions.load.requests_per_second) = (1.0, 100.0);
        (assumptions.store.lookup_commands, assumptions.store.count_commands) = (4.0, 0.0);
        assumptions.store.plan.commands_per_second = 400.0 / busy;
        assumptions.store.plan.burst_seconds = 0.0;
        (assumptions.store.command_timeout_ms, assumptions.simulation.seconds) = (1e9, 1_000.0);
        // The counts come so much later that it is as if they came at random.
        assumptions.regions[0].round_trip_ms = 10_000.0;
        let outcome = simulated(&assumptions);
        let service = 4.0 / assumptions.store.plan.commands_per_second;
        let expected = busy * service / (2.0 * (1.0 - busy));
        let tally = &outcome.tallies[0];
        let waited = (tally.at_store_seconds - service * tally.requests as f64) / tally.trips as f64;
        assert!(is_near(waited, expected, 0.08), "{busy} busy: waited {waited}, {expected}");
        assert!(is_near(outcome.busiest_shard, busy, 0.03), "{}", outcome.busiest_shard);
    }
}

#[test]
fn a_hot_question_fills_its_shard_however_many_there_are() {
    let mut assumptions = calm();
    (assumptions.load.requests_per_second, assumptions.load.hit_share) = (200.0, 1.0);
    (assumptions.load.questions, assumptions.load.zipf_exponent) = (100, 3.0);
    (assumptions.store.plan.commands_per_second, assumptions.store.plan.shards) = (1_000.0, 8);
    // Counts have a shard of their own, which is not what this is about.
    (assumptions.store.count_commands, assumptions.store.lookup_commands) = (0.0, 4.0);
    assumptions.simulation.seconds = 100.0;
    let outcome = simulated(&assumptions);
    let of_the_hottest = outcome.hottest * 200.0 * 4.0 / 1_000.0;
    assert!(outcome.hottest > 0.8 && outcome.busiest_shard > of_the_hottest * 0.95, "{}", outcome.busiest_shard);
    assert!(is_near(outcome.mean_shard, 0.1, 0.05), "{}", outcome.mean_shard);
}

#[test]
fn who_finds_no_connection_goes_without_the_store() {
    let mut assumptions = calm();
    (assumptions.load.requests_per_second, assumptions.load.hit_share) = (50.0, 0.0);
    assumptions.origin.mean_ms = 1_000.0;
    // Fifty environments are busy on average; every second one of them can connect.
    (assumptions.store.plan.connections, assumptions.store.plan.reserved_connections) = (Some(25), 0);
    assumptions.lambda.versions = 1;
    let outcome = simulated(&assumptions);
    assert_eq!(outcome.peak_connections, 25);
    assert!((0.3..0.7).contains(&outcome.share(|tally| tally.unconnected)), "{outcome:?}");
    assert_eq!(outcome.sum(|tally| tally.refused), 0);
}

#[test]
fn as_many_requests_go_without_the_store_as_were_measured_to() {
    let mut assumptions = calm();
    // 32 processes, as many connections as half of them need, and all of them asked alike: answering without the store
    // takes as long as a hit, and there is always a next request.
    (assumptions.lambda.concurrency, assumptions.lambda.versions) = (32, 1);
    (assumptions.store.plan.connections, assumptions.store.plan.reserved_connections) = (Some(16), 0);
    (assumptions.load.requests_per_second, assumptions.load.hit_share) = (20_000.0, 1.0);
    assumptions.origin.mean_ms = 2.0;
    (assumptions.simulation.ramp_seconds, assumptions.simulation.seconds) = (0.5, 1.0);
    let outcome = simulated(&assumptions);
    let of_all = |unconnected: f64, hits: f64| unconnected / (unconnected + hits);
    let predicted = of_all(outcome.sum(|tally| tally.unconnected) as f64, outcome.sum(|tally| tally.hits) as f64);
    let measured = |figure| measured("scale-connections", "32/16", figure);
    let measured = of_all(measured("bypasses"), measured("hits"));
    assert!((predicted - measured).abs() < 0.03, "predicted {predicted}, measured {measured}");
}

#[test]
fn hits_at_a_distance_take_as_long_as_was_measured() {
    let measured = |setting, figure| measured("scale-distance", setting, figure);
    // What the service itself takes on that machine.
    let own_ms = measured("1", "p50_ms") - 1.0;
    let settings = [
        ("20", 20.0, 100.0),
        ("80", 80.0, 100.0),
        ("217", 217.0, 100.0),
        ("80 longer", 80.0, 900.0),
        ("217 longer", 217.0, 900.0),
    ];
    for (setting, round_trip_ms, command_timeout_ms) in settings {
        let mut assumptions = calm();
        (assumptions.lambda.hit_ms, assumptions.load.hit_share) = (own_ms, 1.0);
        (assumptions.regions[0].round_trip_ms, assumptions.store.command_timeout_ms) =
            (round_trip_ms, command_timeout_ms);
        (assumptions.simulation.seconds, assumptions.simulation.ramp_seconds) = (20.0, 1.0);
        let outcome = simulated(&assumptions);
        let (hits, requests) = (measured(setting, "hits"), measured(setting, "requests"));
        assert!((outcome.share(|tally| tally.hits) - hits / requests).abs() < 0.05, "{setting}: {hits} of {requests}");
        if let Some(simulated) = outcome.tallies[0].hit_ms(50.0) {
            assert!(is_near(simulated, measured(setting, "p50_ms"), 0.05), "{setting}: {simulated} ms");
        }
    }
}

#[test]
fn a_far_region_waits_for_the_way_and_one_with_its_own_store_does_not() {
    let mut assumptions = calm();
    assumptions.regions = [("home", 0.7, 1.0), ("far", 0.3, 80.0)]
        .map(|(name, share, round_trip_ms)| Region { name: name.to_owned(), share, round_trip_ms })
        .to_vec();
    (assumptions.load.requests_per_second, assumptions.simulation.seconds) = (50.0, 60.0);
    assumptions.store.command_timeout_ms = 400.0;
    let p50 = |assumptions: &Assumptions| {
        simulated(assumptions).tallies.iter().map(|tally| tally.hit_ms(50.0)).collect::<Vec<_>>()
    };
    let round = |times: Vec<Option<f64>>| times.into_iter().map(|ms| ms.map(f64::round)).collect::<Vec<_>>();
    assert_eq!(round(p50(&assumptions)), [Some(4.0), Some(83.0)]);
    assumptions.store.per_region = true;
    assert_eq!(round(p50(&assumptions)), [Some(4.0), Some(4.0)]);
    // The time-out has to be four round trips.
    (assumptions.store.per_region, assumptions.store.command_timeout_ms) = (false, 100.0);
    let outcome = simulated(&assumptions);
    assert_eq!((outcome.tallies[0].late, outcome.tallies[1].hits), (0, 0));
    assert_eq!(outcome.tallies[1].late, outcome.tallies[1].requests);
}

#[test]
fn the_near_cache_answers_what_an_environment_was_asked_a_moment_ago() {
    let mut assumptions = calm();
    (assumptions.load.questions, assumptions.load.hit_share) = (1, 1.0);
    (assumptions.load.requests_per_second, assumptions.lambda.near_seconds) = (50.0, 5.0);
    let outcome = simulated(&assumptions);
    assert!(outcome.share(|tally| tally.near_hits) > 0.9);
    assert_eq!(outcome.tallies[0].hit_ms(50.0).map(f64::round), Some(3.0));
}

/// Every assumption with its default; lists are one.
fn defaults(value: &Value, path: &str) -> Vec<(String, String)> {
    let Value::Object(members) = value else { return vec![(path.to_owned(), value.to_string())] };
    let inner = |(name, value): (&String, &Value)| defaults(value, &format!("{path}.{name}"));
    members.iter().flat_map(inner).map(|(path, value)| (path.trim_start_matches('.').to_owned(), value)).collect()
}

#[test]
fn the_document_lists_every_assumption_with_its_default() {
    let (document, all) = (read(DOCUMENT), serde_json::to_value(Assumptions::default()).expect("JSON"));
    for (path, value) in defaults(&all, "") {
        let value = value.trim_end_matches(".0").trim_matches('"');
        let row = if value.starts_with('[') { format!("| `{path}` |") } else { format!("| `{path}` | {value} |") };
        assert!(document.contains(&row), "{DOCUMENT} lacks {row}");
    }
}

#[test]
fn the_commands_in_the_document_are_understood() {
    let document = read(DOCUMENT);
    let commands: Vec<_> = document.lines().filter(|line| line.starts_with("cargo xtask ")).collect();
    assert!(commands.len() > 5, "the commands were not found");
    for command in commands {
        let words = command.split(" #").next().unwrap_or_default().split_whitespace().skip(1);
        if let Err(error) = crate::Command::try_parse_from(words) {
            panic!("{command}: {error}");
        }
    }
    assert!(super::overrides::assume(&read("docs/capacity/three-regions.json"), &[], None).is_ok());
}

prop_compose! {
    fn any_assumptions()(
        (seed, hit_share, requests_per_second) in (any::<u64>(), 0.0..=1.0, 1.0..60.0),
        (concurrency, connections, versions) in (1_usize..80, 0_u32..120, 1_u32..3),
        (shards, commands_per_second) in (1_usize..5, 20.0..5_000.0),
        (round_trip_ms, command_timeout_ms, idle_minutes) in (0.1..120.0, 20.0..500.0, 0.01..1.0),
        (near_seconds, per_region, share) in (0.0..6.0, any::<bool>(), 0.0..=1.0),
        reserves in any::<bool>(),
    ) -> Assumptions {
        let mut assumptions = Assumptions { seed, ..Assumptions::default() };
        (assumptions.load.hit_share, assumptions.load.requests_per_second) = (hit_share, requests_per_second);
        assumptions.load.questions = 200;
        (assumptions.simulation.ramp_seconds, assumptions.simulation.seconds) = (2.0, 8.0);
        (assumptions.lambda.concurrency, assumptions.lambda.versions) = (concurrency, versions);
        assumptions.lambda.reserve_by_connections = reserves;
        (assumptions.lambda.idle_minutes, assumptions.lambda.near_seconds) = (idle_minutes, near_seconds);
        (assumptions.store.plan.connections, assumptions.store.plan.shards) = (Some(connections), shards);
        assumptions.store.plan.commands_per_second = commands_per_second;
        (assumptions.store.command_timeout_ms, assumptions.store.per_region) = (command_timeout_ms, per_region);
        assumptions.regions = vec![
            Region { name: "home".to_owned(), share, round_trip_ms: 1.0 },
            Region { name: "far".to_owned(), share: 1.0 - share, round_trip_ms },
        ];
        assumptions
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_request_comes_to_one_end_and_no_limit_is_passed(assumptions in any_assumptions()) {
        let outcome = simulated(&assumptions);
        for tally in &outcome.tallies {
            prop_assert_eq!(tally.requests, tally.hits + tally.refused + tally.origin_calls());
            prop_assert_eq!(tally.hits, tally.hit_seconds.len() as u64);
            prop_assert!(tally.near_hits <= tally.hits);
            prop_assert!(tally.hit_ms(50.0) <= tally.hit_ms(99.0));
        }
        prop_assert!(outcome.peak_environments.iter().all(|peak| *peak <= assumptions.lambda.concurrency));
        let plan = &assumptions.store.plan;
        prop_assert!(outcome.peak_connections <= plan.connections.unwrap_or(0).saturating_sub(plan.reserved_connections));
        prop_assert!(outcome.mean_shard <= outcome.busiest_shard + 1e-9);
    }

    #[test]
    fn the_same_assumptions_give_the_same_figures(assumptions in any_assumptions()) {
        prop_assert_eq!(simulated(&assumptions), simulated(&assumptions));
    }

    #[test]
    fn no_hit_is_faster_than_its_environment_nor_slower_than_patience_allows(assumptions in any_assumptions()) {
        let lambda = &assumptions.lambda;
        for tally in &simulated(&assumptions).tallies {
            let longest = lambda.hit_ms + lambda.cold_start_ms + assumptions.store.command_timeout_ms / 2.0;
            prop_assert!(tally.hit_ms(0.0).is_none_or(|ms| ms >= lambda.hit_ms - 1e-6));
            prop_assert!(tally.hit_ms(100.0).is_none_or(|ms| ms <= longest + 1e-6));
        }
    }
}
