//! What can break, and how near to it a load is.

use super::assumptions::Assumptions;
use super::simulation::Outcome;
use super::tally::Tally;

const HOUR_SECONDS: f64 = 3_600.0;
const MONTH_SECONDS: f64 = 30.0 * 24.0 * HOUR_SECONDS;

/// What can break.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Limit {
    /// Lambda has no environment for a request.
    Concurrency,
    /// The plan takes no further connection.
    Connections,
    /// A shard is asked for more than it may be.
    Throughput,
    /// The month's bytes are used up.
    Bandwidth,
    /// Entries do not fit, and are evicted before they are too old.
    Memory,
    /// The origin is asked for more answers than it may be.
    Origin,
    /// Hits take too long.
    Latency,
    /// Requests go without the store because it answers too late.
    Patience,
}

impl Limit {
    pub(super) const ALL: [Self; 8] = [
        Self::Concurrency,
        Self::Connections,
        Self::Throughput,
        Self::Bandwidth,
        Self::Memory,
        Self::Origin,
        Self::Latency,
        Self::Patience,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Concurrency => "concurrency",
            Self::Connections => "connections",
            Self::Throughput => "throughput",
            Self::Bandwidth => "bandwidth",
            Self::Memory => "memory",
            Self::Origin => "origin",
            Self::Latency => "latency",
            Self::Patience => "patience",
        }
    }

    /// How much of it is used, as a part of what there is: broken above 1. Nothing where there is no limit.
    pub(super) fn used(self, assumptions: &Assumptions, outcome: &Outcome) -> Option<f64> {
        let Assumptions { goals, origin, .. } = assumptions;
        let plan = &assumptions.store.plan;
        match self {
            Self::Concurrency => Some(concurrency(assumptions.concurrency(), goals.refused_share, outcome)),
            Self::Connections => plan.connections.map(|most| {
                let most = f64::from(most.saturating_sub(plan.reserved_connections)).max(1.0);
                let used = f64::from(outcome.peak_connections) / most;
                beyond(used, outcome.share(|tally| tally.unconnected), goals.bypassed_share)
            }),
            Self::Throughput => Some(outcome.busiest_shard / goals.shard_use),
            Self::Bandwidth => plan.month_gb.map(|most| month_gb(assumptions, outcome) / most),
            Self::Memory => plan.memory_mb.map(|most| memory_mb(assumptions, outcome) / most),
            Self::Origin => origin.requests_per_second.map(|most| origin_calls(assumptions, outcome) / most),
            Self::Latency => slowest(outcome).map(|ms| ms / goals.hit_p99_ms),
            Self::Patience => Some(outcome.share(|tally| tally.late) / goals.bypassed_share),
        }
    }
}

/// The part that is used, or more than all of it if as many requests suffered as must not.
fn beyond(used: f64, suffered: f64, tolerated: f64) -> f64 {
    if suffered > tolerated { used.max(1.0) + suffered } else { used.min(1.0) }
}

fn concurrency(most: usize, tolerated: f64, outcome: &Outcome) -> f64 {
    let peak = outcome.peak_environments.iter().copied().max().unwrap_or(0);
    beyond(peak as f64 / most as f64, outcome.share(|tally| tally.refused), tolerated)
}

/// What goes over the network in a month, in gigabytes, if every day is like the one that is assumed.
pub(super) fn month_gb(assumptions: &Assumptions, outcome: &Outcome) -> f64 {
    outcome.bytes_per_second * assumptions.busiest(24.0) * MONTH_SECONDS / 1e9
}

/// What entries and sessions take, in megabytes: by Little's law as many are there as come in their lifetime. There are never
/// more entries than questions.
pub(super) fn memory_mb(assumptions: &Assumptions, outcome: &Outcome) -> f64 {
    let (store, load) = (&assumptions.store, &assumptions.load);
    let in_a_life = |per_second: f64, hours: f64| per_second * assumptions.busiest(hours) * hours * HOUR_SECONDS;
    let entries = in_a_life(origin_calls(assumptions, outcome), store.entry_hours).min(load.questions as f64);
    let requests = outcome.sum(|tally| tally.requests) as f64 / assumptions.simulation.seconds;
    let sessions = in_a_life(requests / load.requests_per_session, store.session_hours);
    (entries * store.entry_memory_bytes + sessions * store.session_memory_bytes) / 1e6
}

/// Answers of the origin in a second.
pub(super) fn origin_calls(assumptions: &Assumptions, outcome: &Outcome) -> f64 {
    outcome.sum(Tally::origin_calls) as f64 / assumptions.simulation.seconds
}

/// The 99th percentile of hits in the region where it is longest, in milliseconds.
fn slowest(outcome: &Outcome) -> Option<f64> {
    outcome.tallies.iter().filter_map(|tally| tally.hit_ms(99.0)).reduce(f64::max)
}
