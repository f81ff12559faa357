//! What is assumed: every number that the simulation has, with its default.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::plans::PLANS;

/// All assumptions.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Assumptions {
    /// What decides everything that is drawn by lot.
    pub(super) seed: u64,
    pub(super) simulation: Extent,
    pub(super) load: Load,
    pub(super) origin: Origin,
    pub(super) lambda: Lambda,
    pub(super) store: Store,
    /// Where requests come from.
    pub(super) regions: Vec<Region>,
    pub(super) goals: Goals,
}

/// What is simulated: the busiest moment of a day.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Extent {
    /// How long the load takes to grow from nothing to its full height, in seconds; nothing of it is counted.
    pub(super) ramp_seconds: f64,
    /// For how long it is counted.
    pub(super) seconds: f64,
}

/// What is asked.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Load {
    /// Requests a second in the busiest hour, of all regions together.
    pub(super) requests_per_second: f64,
    /// The load of each hour of a day, as a part of the busiest one's.
    pub(super) by_hour: [f64; 24],
    /// Which part of the requests is answered from the store.
    pub(super) hit_share: f64,
    /// How many different questions there are.
    pub(super) questions: usize,
    /// Zipf's exponent: 0 if all questions are asked alike, 1 if the second is asked half as often as the first.
    pub(super) zipf_exponent: f64,
    /// How many requests a person makes before the session's data expire.
    pub(super) requests_per_session: f64,
}

/// Who computes answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Origin {
    /// How long an answer takes, in milliseconds, on average.
    pub(super) mean_ms: f64,
    /// Which part of that varies (exponentially); 0 if each answer takes the same time.
    pub(super) spread: f64,
    /// How many answers a second all processes together may ask for.
    pub(super) requests_per_second: Option<f64>,
}

/// The functions' environments. One answers one request at a time.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Lambda {
    /// How many there may be in a region.
    pub(super) concurrency: usize,
    /// Whether there are no more than have connections: their number is reserved by the plan's then.
    pub(super) reserve_by_connections: bool,
    /// How many new ones there may be in ten seconds in a region.
    pub(super) new_in_ten_seconds: f64,
    /// How long a new one takes until it works, in milliseconds.
    pub(super) cold_start_ms: f64,
    /// After how many idle minutes one is taken away. Until then it keeps its connections, also while it is frozen.
    pub(super) idle_minutes: f64,
    /// How long a hit takes without the store, in milliseconds.
    pub(super) hit_ms: f64,
    /// How many connections an environment has.
    pub(super) connections: u32,
    /// How many versions of the service are there at once: two after a deployment.
    pub(super) versions: u32,
    /// For how many seconds an environment keeps what it has read; 0 without a near cache.
    pub(super) near_seconds: f64,
}

/// The store and what requests cost it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Store {
    pub(super) plan: Plan,
    /// Whether each region has a database of its own, to which the entries of the others are copied.
    pub(super) per_region: bool,
    /// The round trip to it then, in milliseconds.
    pub(super) own_round_trip_ms: f64,
    /// `REDIS_COMMAND_TIMEOUT_MS`, in milliseconds. It has to be four round trips; a request waits for a trip for half of it
    /// when a second connection gets no answer either, and then goes on without the store.
    pub(super) command_timeout_ms: f64,
    /// What Redis's own processor needs for a command, in microseconds, and for a KiB.
    pub(super) command_us: f64,
    pub(super) kib_us: f64,
    /// The length of an entry.
    pub(super) entry_bytes: f64,
    /// What an entry takes of the memory, with its key.
    pub(super) entry_memory_bytes: f64,
    /// What a session takes of the memory.
    pub(super) session_memory_bytes: f64,
    /// For how many hours entries and sessions are kept.
    pub(super) entry_hours: f64,
    pub(super) session_hours: f64,
    /// A lookup: commands, and bytes both ways without the entry.
    pub(super) lookup_commands: f64,
    pub(super) lookup_bytes: f64,
    /// What a miss has besides, without the entry: the lease and the storing.
    pub(super) keep_commands: f64,
    pub(super) keep_bytes: f64,
    /// What follows each request: counts and a summary.
    pub(super) count_commands: f64,
    pub(super) count_bytes: f64,
    /// What an environment has besides, at most once a second: generations, and the counts of the minute.
    pub(super) second_commands: f64,
    pub(super) second_bytes: f64,
}

/// What a database may be asked for.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Plan {
    pub(super) name: String,
    /// How many connections it takes; without a number as many as there are.
    pub(super) connections: Option<u32>,
    /// How many of them are left to operators.
    pub(super) reserved_connections: u32,
    /// How many gigabytes it sends and receives in a month.
    pub(super) month_gb: Option<f64>,
    /// How many megabytes of data it holds.
    pub(super) memory_mb: Option<f64>,
    pub(super) shards: usize,
    /// What a shard may be asked for.
    pub(super) commands_per_second: f64,
    pub(super) bytes_per_second: f64,
    /// How many seconds' worth of that it may be asked for at once.
    pub(super) burst_seconds: f64,
}

/// A region.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Region {
    pub(super) name: String,
    /// Its part of all requests.
    pub(super) share: f64,
    /// From there to the store and back, in milliseconds.
    pub(super) round_trip_ms: f64,
}

/// What counts as broken.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Goals {
    /// Which part of the requests may be refused by Lambda, and which may have to go without the store.
    pub(super) refused_share: f64,
    pub(super) bypassed_share: f64,
    /// How busy a shard may be.
    pub(super) shard_use: f64,
    /// How long 99 of 100 hits may take in each region, in milliseconds.
    pub(super) hit_p99_ms: f64,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            seed: 1,
            simulation: Extent::default(),
            load: Load::default(),
            origin: Origin::default(),
            lambda: Lambda::default(),
            store: Store::default(),
            regions: vec![Region { name: "home".to_owned(), share: 1.0, round_trip_ms: 1.0 }],
            goals: Goals::default(),
        }
    }
}

impl Default for Extent {
    fn default() -> Self {
        Self { ramp_seconds: 20.0, seconds: 40.0 }
    }
}

impl Default for Load {
    fn default() -> Self {
        let by_hour = [
            0.2, 0.15, 0.1, 0.1, 0.1, 0.15, 0.3, 0.5, 0.8, 1.0, 1.0, 0.9, 0.8, 0.8, 0.9, 0.9, 0.9, 0.8, 0.8, 0.9, 0.9,
            0.7, 0.5, 0.3,
        ];
        Self {
            requests_per_second: 20.0,
            by_hour,
            hit_share: 0.9,
            questions: 100_000,
            zipf_exponent: 0.9,
            requests_per_session: 3.0,
        }
    }
}

impl Default for Origin {
    fn default() -> Self {
        Self { mean_ms: 4_000.0, spread: 0.5, requests_per_second: Some(10.0) }
    }
}

impl Default for Lambda {
    fn default() -> Self {
        Self {
            concurrency: 1_000,
            reserve_by_connections: true,
            new_in_ten_seconds: 1_000.0,
            cold_start_ms: 100.0,
            idle_minutes: 10.0,
            hit_ms: 3.0,
            connections: 1,
            versions: 2,
            near_seconds: 5.0,
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self {
            plan: Plan::default(),
            per_region: false,
            own_round_trip_ms: 1.0,
            command_timeout_ms: 100.0,
            command_us: 8.0,
            kib_us: 0.7,
            entry_bytes: 1_010.0,
            entry_memory_bytes: 1_300.0,
            session_memory_bytes: 1_330.0,
            entry_hours: 25.0,
            session_hours: 2.0,
            lookup_commands: 3.0,
            lookup_bytes: 820.0,
            keep_commands: 15.0,
            keep_bytes: 2_300.0,
            count_commands: 7.0,
            count_bytes: 980.0,
            second_commands: 10.0,
            second_bytes: 850.0,
        }
    }
}

impl Default for Plan {
    fn default() -> Self {
        PLANS[0].plan()
    }
}

impl Default for Goals {
    fn default() -> Self {
        Self { refused_share: 0.001, bypassed_share: 0.001, shard_use: 0.8, hit_p99_ms: 200.0 }
    }
}

impl Assumptions {
    /// Refuses what cannot be simulated, and says why.
    pub(super) fn check(&self) -> Result<()> {
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let shares: f64 = self.regions.iter().map(|region| region.share).sum();
        ensure!((shares - 1.0).abs() < 1e-6, "regions: the shares are {shares} in sum, and have to be 1");
        ensure!(self.regions.iter().all(|region| share(region.share)), "regions: a share has to be from 0 to 1");
        ensure!(share(self.load.hit_share), "load.hit_share: has to be from 0 to 1");
        ensure!(share(self.origin.spread), "origin.spread: has to be from 0 to 1");
        ensure!(self.load.by_hour.iter().copied().all(share), "load.by_hour: each hour has to be from 0 to 1");
        ensure!((1..=10_000_000).contains(&self.load.questions), "load.questions: has to be from 1 to 10000000");
        ensure!(
            (0.1..=100_000.0).contains(&self.load.requests_per_second),
            "load.requests_per_second: has to be from 0.1 to 100000"
        );
        ensure!(self.load.requests_per_session >= 1.0, "load.requests_per_session: has to be at least 1");
        ensure!(self.lambda.concurrency > 0, "lambda.concurrency: has to be at least 1");
        ensure!((1.0..=3_600.0).contains(&self.simulation.seconds), "simulation.seconds: has to be from 1 to 3600");
        ensure!(
            (0.0..=3_600.0).contains(&self.simulation.ramp_seconds),
            "simulation.ramp_seconds: has to be from 0 to 3600"
        );
        ensure!((1..=1_000).contains(&self.store.plan.shards), "store.plan.shards: has to be from 1 to 1000");
        ensure!(self.store.plan.commands_per_second > 0.0, "store.plan.commands_per_second: has to be above 0");
        ensure!(self.store.plan.bytes_per_second > 0.0, "store.plan.bytes_per_second: has to be above 0");
        Ok(())
    }

    /// How many environments there may be in a region.
    pub(super) fn concurrency(&self) -> usize {
        let (lambda, plan) = (&self.lambda, &self.store.plan);
        let sharing = if self.store.per_region { 1 } else { self.regions.len().max(1) };
        let each = (lambda.connections * lambda.versions).max(1) as usize;
        match plan.connections {
            Some(connections) if lambda.reserve_by_connections => {
                let with_connections = connections.saturating_sub(plan.reserved_connections) as usize / each / sharing;
                lambda.concurrency.min(with_connections.max(1))
            }
            _ => lambda.concurrency,
        }
    }

    /// The mean load of the busiest hours of a day in a row, as a part of the busiest hour's.
    pub(super) fn busiest(&self, hours: f64) -> f64 {
        let length = (hours.ceil().max(1.0) as usize).min(24);
        let mean_from = |first: usize| {
            (first..first + length).map(|hour| self.load.by_hour[hour % 24]).sum::<f64>() / length as f64
        };
        (0..24).map(mean_from).fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::Assumptions;

    #[test]
    fn the_busiest_hours_are_found_also_across_midnight() {
        let mut assumptions = Assumptions::default();
        assumptions.load.by_hour = [0.0; 24];
        (assumptions.load.by_hour[23], assumptions.load.by_hour[0]) = (1.0, 0.5);
        assert_eq!([1.0, 2.0, 25.0].map(|hours| assumptions.busiest(hours)), [1.0, 0.75, 1.5 / 24.0]);
    }

    #[test]
    fn environments_are_reserved_by_connections_unless_they_are_not() {
        let mut assumptions = Assumptions::default();
        // (256 - 16) / 2
        assert_eq!(assumptions.concurrency(), 120);
        assumptions.lambda.concurrency = 100;
        assert_eq!(assumptions.concurrency(), 100);
        (assumptions.lambda.concurrency, assumptions.lambda.reserve_by_connections) = (1_000, false);
        assert_eq!(assumptions.concurrency(), 1_000);
    }

    #[test]
    fn what_cannot_be_simulated_is_refused_with_its_name() {
        let mut assumptions = Assumptions::default();
        assert!(assumptions.check().is_ok());
        assumptions.load.hit_share = 1.1;
        assert_eq!(assumptions.check().expect_err("refused").to_string(), "load.hit_share: has to be from 0 to 1");
    }
}
