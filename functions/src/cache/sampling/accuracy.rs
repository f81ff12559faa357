//! How near the sample and its replay come to what caches would really have done.

use super::{AgeClass, Batch, Endpoint, Event, Replay, Sampler, Sampling, SamplingKey, Visit};
use crate::cache::Deadline;
use medinsight_core::{CacheKey, UnixMillis};
use proptest::prelude::*;
use std::collections::HashMap;
use std::time::Duration;

/// What is promised: the share of misses within two percentage points.
const PROMISED: f64 = 0.02;

const HOUR: u64 = 3_600;
const TTLS_SECS: [u32; 6] = [60, 300, 1_800, 3_600, 7_200, 21_600];

/// Requests as (milliseconds, number of the drug), in order of time.
type Trace = Vec<(u64, u64)>;

/// The share of misses of a cache with a time to live, after its first `ttl` and for a whole number of them, counted
/// request by request.
fn simulated(trace: &Trace, ttl_secs: u32) -> f64 {
    let ttl_ms = u64::from(ttl_secs) * 1_000;
    let mut cache: HashMap<u64, u64> = HashMap::new();
    let end = trace.last().map_or(0, |(at, _)| *at);
    let (mut requests, mut misses) = (0.0, 0.0);
    for (at, drug) in trace {
        let is_miss = cache.get(drug).is_none_or(|expires_at| expires_at <= at);
        if is_miss {
            cache.insert(*drug, at + ttl_ms);
        }
        if *at >= ttl_ms && *at < end / ttl_ms * ttl_ms {
            requests += 1.0;
            misses += f64::from(u8::from(is_miss));
        }
    }
    misses / requests
}

/// A random number from 0 to below 1, the same for the same state.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        // SplitMix64, <https://prng.di.unimi.it/splitmix64.c>.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Requests at random times for keys of which the n-th is asked for `n^-0.8` times as often as the first, and how often each
/// is, in requests a second.
fn zipf(keys: u64, requests_a_second: f64, secs: u64) -> (Trace, Vec<f64>) {
    let weights: Vec<f64> = (1..=keys).map(|rank| (rank as f64).powf(-0.8)).collect();
    let whole: f64 = weights.iter().sum();
    let sums: Vec<f64> = weights
        .iter()
        .scan(0.0, |sum, weight| {
            *sum += weight / whole;
            Some(*sum)
        })
        .collect();
    let (mut random, mut trace, mut at) = (Random(1), Vec::new(), 0.0);
    while at < secs as f64 {
        at -= (1.0 - random.next()).ln() / requests_a_second;
        let drawn = random.next();
        trace.push(((at * 1_000.0) as u64, sums.partition_point(|sum| *sum < drawn) as u64));
    }
    (trace, weights.iter().map(|weight| weight / whole * requests_a_second).collect())
}

/// Lets processes sample a trace, the requests for each key going round among them, and takes their batches.
fn sampled(trace: &Trace, processes: usize) -> Vec<Batch> {
    let key = SamplingKey::of_secret(b"an invented secret");
    let samplers: Vec<_> = (0..processes).filter_map(|_| Sampler::of(&Sampling::On(key))).collect();
    let mut keys: HashMap<u64, CacheKey> = HashMap::new();
    let mut batches = Vec::new();
    for (number, (at, drug)) in trace.iter().enumerate() {
        let (sampler, now) = (&samplers[number % processes], UnixMillis(*at));
        let key = keys
            .entry(*drug)
            .or_insert_with(|| CacheKey::build("drug_info", &format!("drug{drug}"), None).expect("a key"));
        let visit =
            Visit { counts: Endpoint::DrugInfo.requests(), ..Visit::to(key.clone(), Deadline::after(Duration::ZERO)) };
        sampler.note(sampler.see(&visit).expect("a request"), None, || now);
        batches.extend(sampler.take_due(now).iter().filter_map(|(_, batch)| Batch::decode(batch)));
    }
    batches.extend(samplers.iter().filter_map(|sampler| sampler.gathered(Endpoint::DrugInfo)));
    batches
}

fn replayed(trace: &Trace, batches: &[Batch]) -> Replay {
    let now = trace.last().map_or(0, |(at, _)| *at);
    Replay::of(batches, &TTLS_SECS, UnixMillis(now))
}

/// Compares what was judged, which is at least the times to live from `from_secs` on.
#[track_caller]
fn assert_near(replay: &Replay, from_secs: u32, expected: impl Fn(u32) -> f64) {
    let judged: Vec<_> = replay.points.iter().map(|point| point.ttl_secs).collect();
    assert!(judged.ends_with(&TTLS_SECS.into_iter().filter(|ttl| *ttl >= from_secs).collect::<Vec<_>>()), "{judged:?}");
    for point in &replay.points {
        let expected = expected(point.ttl_secs);
        assert!((point.miss_ratio - expected).abs() <= PROMISED, "{point:?} instead of {expected}");
    }
}

#[test]
fn of_many_keys_of_which_few_are_sampled_the_curve_is_that_of_the_simulation_and_of_the_formula() {
    let (trace, rates) = zipf(100_000, 5.0, 14 * HOUR);
    let replay = replayed(&trace, &sampled(&trace, 1));
    assert!(replay.sampling_rate <= 1.0 / 8.0, "{}", replay.sampling_rate);
    assert_eq!(replay.requests, trace.len() as u64);
    assert_near(&replay, 1_800, |ttl_secs| simulated(&trace, ttl_secs));
    // A key that is asked for at random times is computed once in `ttl + 1/rate`.
    let whole: f64 = rates.iter().sum();
    assert_near(&replay, 1_800, |ttl_secs| {
        rates.iter().map(|rate| rate / (1.0 + rate * f64::from(ttl_secs))).sum::<f64>() / whole
    });
}

#[test]
fn processes_that_share_the_requests_for_each_key_are_replayed_as_one() {
    let (trace, _) = zipf(50_000, 8.0, 14 * HOUR);
    let replay = replayed(&trace, &sampled(&trace, 5));
    assert!(replay.sampling_rate < 1.0);
    assert_near(&replay, 1_800, |ttl_secs| simulated(&trace, ttl_secs));
}

#[test]
fn keys_that_are_asked_for_at_fixed_intervals_have_a_miss_in_every_so_many_requests() {
    let every_secs = 900;
    let trace: Trace = (0..14 * HOUR)
        .flat_map(|secs| {
            (0..40).filter(move |drug| secs % every_secs == drug * 20).map(move |drug| (secs * 1_000, drug))
        })
        .collect();
    let replay = replayed(&trace, &sampled(&trace, 1));
    assert_near(&replay, 60, |ttl_secs| 1.0 / f64::from(ttl_secs).div_euclid(900.0).max(1.0));
}

#[test]
fn a_time_to_live_of_which_the_sample_has_not_seen_twice_as_much_is_left_out() {
    let (trace, _) = zipf(100, 0.5, HOUR + 60);
    let replay = replayed(&trace, &sampled(&trace, 1));
    assert_eq!(replay.points.iter().map(|point| point.ttl_secs).collect::<Vec<_>>(), [60, 300, 1_800]);
    let few: Trace = trace.iter().step_by(60).copied().collect();
    assert_eq!(replayed(&few, &sampled(&few, 1)).points, []);
    let nothing = Replay::of(&[], &TTLS_SECS, UnixMillis(HOUR));
    assert_eq!((nothing.points.len(), nothing.requests_per_day(), nothing.hit_ages()), (0, None, None));
}

#[test]
fn ages_are_those_of_the_hits_with_the_number_of_requests() {
    let event = |at, age_secs: Option<u64>, count| Event {
        at: UnixMillis(at),
        hash: at,
        age: AgeClass::of(age_secs.map(Duration::from_secs)),
        count,
    };
    let events = vec![event(0, None, 200), event(1, Some(10), 89), event(2, Some(100), 9), event(3, Some(1_000), 2)];
    let batch = Batch { tag: 0, halvings: 0, started_at: UnixMillis(0), requests: 300, events };
    let [p50, p90, p99] = Replay::of(&[batch], &[], UnixMillis(HOUR)).hit_ages().expect("hits");
    for (shown, expected) in [(p50, 10.0), (p90, 100.0), (p99, 1_000.0)] {
        assert!((shown / expected - 1.0_f64).abs() < 0.06, "{shown}");
    }
}

proptest! {
    /// Without a bound, and each request an event of its own, nothing is estimated.
    #[test]
    fn the_replay_of_all_requests_is_exact(
        gaps in prop::collection::vec((0_u64..400_000, 0_u64..12), 200..1_200), ttl_secs in 1_u32..4_000,
    ) {
        let mut at = 0;
        let trace: Trace = gaps.iter().map(|(gap, key)| { at += gap; (at, *key) }).collect();
        let batches: Vec<_> = trace.iter().map(|(at, key)| {
            let event = Event { at: UnixMillis(*at), hash: *key, age: AgeClass::of(None), count: 1 };
            Batch { tag: 0, halvings: 0, started_at: event.at, requests: 1, events: vec![event] }
        }).rev().collect();
        let replay = Replay::of(&batches, &[ttl_secs], UnixMillis(at));
        let began_at = trace[0].0;
        let shifted: Trace = trace.iter().map(|(at, key)| (at - began_at, *key)).collect();
        for point in replay.points {
            prop_assert!((point.miss_ratio - simulated(&shifted, ttl_secs)).abs() < 0.000_051);
        }
    }
}
