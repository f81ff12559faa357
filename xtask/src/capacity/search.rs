//! At which load something breaks, and what.

use super::assumptions::Assumptions;
use super::limits::Limit;
use super::plans::Offer;
use super::popularity::Popularity;
use super::simulation::{Outcome, simulate};

/// How many limits are gone through, one after the other.
const DEPTH: usize = 3;

/// Beyond this load nothing is looked for: requests a second.
const HIGHEST: f64 = 10_000.0;

/// Where the search begins.
const LOWEST: f64 = 1.0;

/// How many requests are simulated at least.
const FEWEST: f64 = 10_000.0;

/// How precise a load is, as a part of it.
const PRECISION: f64 = 0.04;

/// Something that breaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Break {
    pub(super) limit: Limit,
    /// Requests a second up to which it holds; 0 if it holds at no load.
    pub(super) requests_per_second: f64,
}

/// What breaks of a plan, the first one first.
#[derive(Clone, Debug)]
pub(super) struct Breaks {
    pub(super) plan: String,
    pub(super) breaks: Vec<Break>,
}

/// What breaks of every plan.
pub(super) fn every_plan(assumptions: &Assumptions, offers: &[Offer]) -> Vec<Breaks> {
    let of = |offer: &Offer| {
        let mut assumptions = assumptions.clone();
        assumptions.store.plan = offer.plan();
        Breaks { plan: offer.name.to_owned(), breaks: ladder(&assumptions) }
    };
    offers.iter().map(of).collect()
}

/// What breaks first, what would then if that were mended, and so on.
pub(super) fn ladder(assumptions: &Assumptions) -> Vec<Break> {
    let popularity = Popularity::new(assumptions.load.questions, assumptions.load.zipf_exponent);
    let (mut assumptions, mut breaks) = (assumptions.clone(), Vec::new());
    let mut from = LOWEST;
    while breaks.len() < DEPTH {
        let Some(found) = first_break(&assumptions, &popularity, from) else { break };
        from = found.requests_per_second.max(LOWEST);
        lift(&mut assumptions, found.limit);
        breaks.push(found);
    }
    breaks
}

/// Doubles the load until something breaks, and halves the step until it is known where.
fn first_break(assumptions: &Assumptions, popularity: &Popularity, from: f64) -> Option<Break> {
    let broken_at = |load| broken(&at(assumptions, load), popularity);
    let (mut holds, mut breaks) = (if from > LOWEST { from } else { 0.0 }, from);
    let mut limit = loop {
        if let Some(limit) = broken_at(breaks) {
            break limit;
        }
        if breaks >= HIGHEST {
            return None;
        }
        (holds, breaks) = (breaks, (breaks * 2.0).min(HIGHEST));
    };
    while holds > 0.0 && breaks / holds > 1.0 + PRECISION {
        let middle = (holds * breaks).sqrt();
        match broken_at(middle) {
            Some(found) => (breaks, limit) = (middle, found),
            None => holds = middle,
        }
    }
    Some(Break { limit, requests_per_second: holds })
}

/// The assumptions at another load, simulated for long enough to have as many requests as make chance small.
fn at(assumptions: &Assumptions, requests_per_second: f64) -> Assumptions {
    let mut assumptions = assumptions.clone();
    assumptions.load.requests_per_second = requests_per_second;
    let extent = &mut assumptions.simulation;
    extent.seconds = extent.seconds.max(FEWEST / requests_per_second);
    assumptions
}

/// What is furthest beyond its limit, if anything is.
fn broken(assumptions: &Assumptions, popularity: &Popularity) -> Option<Limit> {
    let outcome = simulate(assumptions, popularity);
    let (limit, used) = furthest(assumptions, &outcome)?;
    (used > 1.0).then_some(limit)
}

/// The limit of which the greatest part is used.
fn furthest(assumptions: &Assumptions, outcome: &Outcome) -> Option<(Limit, f64)> {
    let used = Limit::ALL.into_iter().filter_map(|limit| Some((limit, limit.used(assumptions, outcome)?)));
    used.max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Mends what breaks, so that the next thing shows.
fn lift(assumptions: &mut Assumptions, limit: Limit) {
    let plan = &mut assumptions.store.plan;
    match limit {
        Limit::Concurrency => {
            (assumptions.lambda.concurrency, assumptions.lambda.reserve_by_connections) = (usize::MAX, false);
            assumptions.lambda.new_in_ten_seconds = f64::INFINITY;
        }
        Limit::Connections => plan.connections = None,
        Limit::Patience => assumptions.store.command_timeout_ms = f64::INFINITY,
        Limit::Throughput => {
            (plan.commands_per_second, plan.bytes_per_second) = (f64::INFINITY, f64::INFINITY);
            (assumptions.store.command_us, assumptions.store.kib_us) = (0.0, 0.0);
        }
        Limit::Bandwidth => plan.month_gb = None,
        Limit::Memory => plan.memory_mb = None,
        Limit::Origin => assumptions.origin.requests_per_second = None,
        Limit::Latency => assumptions.goals.hit_p99_ms = f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::{Assumptions, Limit, ladder};
    use crate::capacity::assumptions::Region;

    /// Every request is a hit in the store, so that chance has little to do with what is used.
    fn hits_only() -> Assumptions {
        let mut assumptions = Assumptions::default();
        assumptions.lambda.near_seconds = 0.0;
        (assumptions.load.hit_share, assumptions.load.questions) = (1.0, 100);
        (assumptions.simulation.ramp_seconds, assumptions.simulation.seconds) = (1.0, 4.0);
        let plan = &mut assumptions.store.plan;
        (plan.connections, plan.month_gb, plan.memory_mb) = (None, None, None);
        (plan.commands_per_second, plan.bytes_per_second) = (1e12, 1e12);
        assumptions
    }

    #[test]
    fn the_load_at_which_a_limit_is_reached_is_found() {
        let mut assumptions = hits_only();
        assumptions.store.second_commands = 0.0;
        // Ten commands for each request, and shards may be busy for 0.8 of the time: 400 requests a second.
        assumptions.store.plan.commands_per_second = 5_000.0;
        let first = ladder(&assumptions)[0];
        assert_eq!(first.limit, Limit::Throughput);
        assert!((360.0..440.0).contains(&first.requests_per_second), "{first:?}");
    }

    #[test]
    fn what_holds_at_no_load_is_said_once() {
        let mut assumptions = hits_only();
        assumptions.regions = vec![Region { name: "far".to_owned(), share: 1.0, round_trip_ms: 60.0 }];
        let breaks = ladder(&assumptions);
        assert_eq!((breaks[0].limit, breaks[0].requests_per_second), (Limit::Patience, 0.0));
        assert!(breaks[1..].iter().all(|next| next.limit != Limit::Patience), "{breaks:?}");
    }
}
