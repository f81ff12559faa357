//! A database: shards that work off what they are asked for in turn, and connections that run out.

use super::assumptions::{Assumptions, Plan, Store};

/// A shard's number for counters: all environments raise the same ones.
pub(super) const COUNTERS: usize = 0;

/// What a trip asks of a shard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    bytes: f64,
    /// For how long it keeps Redis's processor busy.
    processor_seconds: f64,
    /// In which time the plan allows as much.
    plan_seconds: f64,
}

/// A database with its shards.
#[derive(Debug)]
pub(super) struct Database {
    shards: Vec<Shard>,
    connections: u32,
    most_connections: u32,
    peak_connections: u32,
    bytes: f64,
    burst_seconds: f64,
}

#[derive(Clone, Debug, Default)]
struct Shard {
    /// When its processor is done with all that it was asked for.
    free_at: f64,
    /// When the plan has allowed all that it was asked for; earlier by the burst that it allows at once.
    allowed_at: f64,
    /// For how long it was busy while that was counted.
    busy: f64,
}

impl Database {
    pub(super) fn new(plan: &Plan) -> Self {
        let most = plan.connections.map_or(u32::MAX, |all| all.saturating_sub(plan.reserved_connections));
        Self {
            shards: vec![Shard::default(); plan.shards],
            connections: 0,
            most_connections: most,
            peak_connections: 0,
            bytes: 0.0,
            burst_seconds: plan.burst_seconds,
        }
    }

    /// The shard of a question. Neighbours in popularity must not be neighbours here.
    pub(super) fn shard_of(&self, question: usize) -> usize {
        (question.wrapping_mul(0x9E37_79B9) >> 7) % self.shards.len()
    }

    /// Takes connections, if there are as many.
    pub(super) fn connect(&mut self, count: u32) -> bool {
        let fits = self.connections.saturating_add(count) <= self.most_connections;
        if fits {
            self.connections += count;
            self.peak_connections = self.peak_connections.max(self.connections);
        }
        fits
    }

    /// Gives connections back.
    pub(super) fn disconnect(&mut self, count: u32) {
        self.connections = self.connections.saturating_sub(count);
    }

    pub(super) fn peak_connections(&self) -> u32 {
        self.peak_connections
    }

    /// Asks a shard now; returns when it has answered, in seconds. What it is asked for from `since` on is counted.
    pub(super) fn ask(&mut self, shard: usize, now: f64, work: Work, since: f64) -> f64 {
        let (burst, shard) = (self.burst_seconds, &mut self.shards[shard]);
        shard.free_at = shard.free_at.max(now) + work.processor_seconds;
        shard.allowed_at = shard.allowed_at.max(now) + work.plan_seconds;
        if now >= since {
            shard.busy += work.processor_seconds.max(work.plan_seconds);
            self.bytes += work.bytes;
        }
        shard.free_at.max(shard.allowed_at - burst)
    }

    /// How busy the busiest shard was, and all of them on average, as parts of a time.
    pub(super) fn shard_use(&self, seconds: f64) -> (f64, f64) {
        let used = self.shards.iter().map(|shard| shard.busy / seconds);
        let (most, sum) = used.fold((0.0_f64, 0.0), |(most, sum), used| (most.max(used), sum + used));
        (most, sum / self.shards.len() as f64)
    }

    /// What went over the network while it was counted.
    pub(super) fn bytes(&self) -> f64 {
        self.bytes
    }
}

impl Work {
    pub(super) fn of(commands: f64, bytes: f64, assumptions: &Assumptions) -> Self {
        let Store { plan, command_us, kib_us, .. } = &assumptions.store;
        let processor_seconds = (commands * command_us + bytes / 1_024.0 * kib_us) / 1e6;
        let plan_seconds = (commands / plan.commands_per_second).max(bytes / plan.bytes_per_second);
        Self { bytes, processor_seconds, plan_seconds }
    }
}

#[cfg(test)]
mod tests {
    use super::{Assumptions, Database, Work};

    fn assumptions(burst_seconds: f64) -> Assumptions {
        let mut assumptions = Assumptions::default();
        let store = &mut assumptions.store;
        (store.command_us, store.kib_us) = (1_000.0, 0.0);
        (store.plan.commands_per_second, store.plan.bytes_per_second) = (0.5, 1_024.0);
        store.plan.burst_seconds = burst_seconds;
        assumptions
    }

    fn done(assumptions: &Assumptions, commands: f64, bytes: f64) -> [f64; 3] {
        let mut database = Database::new(&assumptions.store.plan);
        [1.0, 1.0, 9.0].map(|now| database.ask(0, now, Work::of(commands, bytes, assumptions), 0.0))
    }

    #[test]
    fn what_is_asked_waits_for_what_was_asked_before() {
        assert_eq!(done(&assumptions(0.0), 1.0, 0.0), [3.0, 5.0, 11.0]);
        assert_eq!(done(&assumptions(0.0), 0.0, 3_072.0), [4.0, 7.0, 12.0]);
    }

    #[test]
    fn as_much_as_the_plan_allows_at_once_takes_only_the_time_of_the_processor() {
        assert_eq!(done(&assumptions(2.5), 1.0, 0.0), [1.001, 2.5, 9.001]);
    }

    #[test]
    fn only_what_is_asked_since_then_is_counted() {
        let assumptions = assumptions(0.0);
        let (mut database, work) = (Database::new(&assumptions.store.plan), Work::of(1.0, 10.0, &assumptions));
        let _ = [1.0, 2.0].map(|now| database.ask(0, now, work, 1.5));
        assert_eq!((database.shard_use(10.0).0, database.bytes()), (0.2, 10.0));
    }

    #[test]
    fn connections_run_out_and_come_back() {
        let mut assumptions = Assumptions::default();
        (assumptions.store.plan.connections, assumptions.store.plan.reserved_connections) = (Some(5), 1);
        let mut database = Database::new(&assumptions.store.plan);
        assert_eq!([2, 2, 2].map(|count| database.connect(count)), [true, true, false]);
        database.disconnect(2);
        assert!(database.connect(2));
        assert_eq!(database.peak_connections(), 4);
    }
}
