//! The simulation: requests arrive at random, take an environment each, and travel to the store and the origin.
//!
//! A request looks the answer up in one trip. It is a hit, or the origin computes and a second trip keeps the answer.
//! After the answer has gone out a trip brings the counts, and then the environment is free. Whoever has no connection, or
//! waits for too long, asks the origin. Identical questions do not wait for each other here; few do.

use super::agenda::Agenda;
use super::assumptions::Assumptions;
use super::draws::Draws;
use super::environments::{Environments, Taken};
use super::popularity::Popularity;
use super::store::{COUNTERS, Database, Work};
use super::tally::Tally;

/// What came of a simulation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    /// Region by region.
    pub(super) tallies: Vec<Tally>,
    pub(super) peak_environments: Vec<usize>,
    /// Of the database with the most of it, if there are several.
    pub(super) peak_connections: u32,
    pub(super) busiest_shard: f64,
    pub(super) mean_shard: f64,
    pub(super) bytes_per_second: f64,
    /// The hottest question's part of all requests.
    pub(super) hottest: f64,
}

/// A trip to a shard on behalf of a request.
#[derive(Clone, Copy, Debug)]
struct Trip {
    region: usize,
    environment: usize,
    question: usize,
    /// When the request came, and when this trip began.
    arrived: f64,
    sent: f64,
    errand: Errand,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Errand {
    LookUp,
    Keep,
    Count,
    /// The same with what is brought once a second.
    CountAll,
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Arrives,
    ReachesStore(Trip),
    Ends { region: usize, environment: usize, arrived: f64 },
}

struct Simulation<'a> {
    assumptions: &'a Assumptions,
    popularity: &'a Popularity,
    draws: Draws,
    agenda: Agenda<Event>,
    environments: Vec<Environments>,
    peak_environments: Vec<usize>,
    databases: Vec<Database>,
    tallies: Vec<Tally>,
}

/// Simulates the load that is assumed.
pub(super) fn simulate(assumptions: &Assumptions, popularity: &Popularity) -> Outcome {
    let regions = assumptions.regions.len();
    let databases = if assumptions.store.per_region { regions } else { 1 };
    let mut simulation = Simulation {
        assumptions,
        popularity,
        draws: Draws::new(assumptions.seed),
        agenda: Agenda::new(),
        environments: (0..regions).map(|_| Environments::new(&assumptions.lambda, assumptions.concurrency())).collect(),
        peak_environments: vec![0; regions],
        databases: (0..databases).map(|_| Database::new(&assumptions.store.plan)).collect(),
        tallies: vec![Tally::default(); regions],
    };
    simulation.plan_arrival(0.0);
    while let Some((now, event)) = simulation.agenda.next() {
        match event {
            Event::Arrives => simulation.arrive(now),
            Event::ReachesStore(trip) => simulation.reach_store(now, trip),
            Event::Ends { region, environment, arrived } => simulation.end(now, region, environment, arrived),
        }
    }
    simulation.outcome()
}

impl Simulation<'_> {
    /// When counting begins, in seconds.
    fn begin(&self) -> f64 {
        self.assumptions.simulation.ramp_seconds
    }

    fn plan_arrival(&mut self, now: f64) {
        let next = now + self.draws.exponential(1.0 / self.assumptions.load.requests_per_second);
        if next < self.begin() + self.assumptions.simulation.seconds {
            self.agenda.plan(next, Event::Arrives);
        }
    }

    fn arrive(&mut self, now: f64) {
        self.plan_arrival(now);
        // While the load grows, only a part of the requests comes.
        if now < self.begin() && self.draws.share() >= now / self.begin() {
            return;
        }
        let region = self.draw_region();
        let question = self.popularity.draw(&mut self.draws);
        let expired = self.environments[region].expire(now) as u32 * self.connections_each();
        self.database(region).disconnect(expired);
        self.count(region, now, |tally| tally.requests += 1);
        match self.environments[region].take(now) {
            Taken::Refused => self.count(region, now, |tally| tally.refused += 1),
            Taken::Free(environment) => self.work(region, environment, question, now, now),
            Taken::New(environment) => {
                self.count(region, now, |tally| tally.cold_starts += 1);
                self.peak_environments[region] = self.peak_environments[region].max(self.environments[region].count());
                self.work(region, environment, question, now, now + self.assumptions.lambda.cold_start_ms / 1_000.0);
            }
        }
    }

    /// An environment begins with a request.
    fn work(&mut self, region: usize, environment: usize, question: usize, arrived: f64, begin: f64) {
        let ready = begin + self.assumptions.lambda.hit_ms / 1_000.0;
        if !self.ensure_connection(region, environment) {
            self.count(region, arrived, |tally| tally.unconnected += 1);
            let answered = ready + self.draw_origin();
            self.agenda.plan(answered, Event::Ends { region, environment, arrived });
            return;
        }
        let trip = Trip { region, environment, question, arrived, sent: ready, errand: Errand::LookUp };
        if self.environments[region].has_near(environment, question, ready) {
            self.count(region, arrived, |tally| tally.near_hits += 1);
            self.hit(trip, ready);
        } else {
            self.send(trip, ready, Errand::LookUp);
        }
    }

    fn reach_store(&mut self, now: f64, trip: Trip) {
        let Trip { region, arrived, sent, .. } = trip;
        let done = self.ask_shard(now, trip);
        self.count(region, arrived, |tally| {
            tally.trips += 1;
            tally.at_store_seconds += done - now;
        });
        let (answered, deadline) = (done + self.way(region), sent + self.patience());
        let over = answered.min(deadline);
        match trip.errand {
            Errand::LookUp if answered > deadline || self.is_too_far(region) => {
                self.count(region, arrived, |tally| tally.late += 1);
                self.compute(trip, over);
            }
            Errand::LookUp if self.draws.share() < self.assumptions.load.hit_share => {
                self.environments[region].keep_near(trip.environment, trip.question, answered);
                self.hit(trip, answered);
            }
            Errand::LookUp => {
                self.count(region, arrived, |tally| tally.misses += 1);
                self.compute(trip, over);
            }
            Errand::Keep => self.send_counts(trip, over),
            Errand::Count | Errand::CountAll => {
                self.agenda.plan(over, Event::Ends { region, environment: trip.environment, arrived });
            }
        }
    }

    fn hit(&mut self, trip: Trip, answered: f64) {
        self.count(trip.region, trip.arrived, |tally| {
            tally.hits += 1;
            tally.hit_seconds.push(answered - trip.arrived);
        });
        self.send_counts(trip, answered);
    }

    /// The origin computes, and then the answer is kept.
    fn compute(&mut self, trip: Trip, begin: f64) {
        let answered = begin + self.draw_origin();
        self.send(trip, answered, Errand::Keep);
    }

    fn send_counts(&mut self, trip: Trip, now: f64) {
        let tells = self.environments[trip.region].tells(trip.environment, now);
        self.send(trip, now, if tells { Errand::CountAll } else { Errand::Count });
    }

    fn send(&mut self, trip: Trip, sent: f64, errand: Errand) {
        let reaches = sent + self.way(trip.region);
        self.agenda.plan(reaches, Event::ReachesStore(Trip { sent, errand, ..trip }));
    }

    fn end(&mut self, now: f64, region: usize, environment: usize, arrived: f64) {
        self.environments[region].release(environment, now);
        self.count(region, arrived, |tally| tally.occupied_seconds += now - arrived);
    }

    /// Returns when the shard has answered.
    fn ask_shard(&mut self, now: f64, trip: Trip) -> f64 {
        let (begin, work) = (self.begin(), self.work_of(trip.errand));
        let own = self.database_of(trip.region);
        let mut done = now;
        for (number, database) in self.databases.iter_mut().enumerate() {
            let shard = match trip.errand {
                Errand::Count | Errand::CountAll => COUNTERS,
                Errand::LookUp | Errand::Keep => database.shard_of(trip.question),
            };
            if number == own {
                done = database.ask(shard, now, work, begin);
            } else if trip.errand == Errand::Keep {
                database.ask(shard, now, work, begin);
            }
        }
        done
    }

    fn work_of(&self, errand: Errand) -> Work {
        let store = &self.assumptions.store;
        let (commands, bytes) = match errand {
            Errand::LookUp => {
                (store.lookup_commands, store.lookup_bytes + store.entry_bytes * self.assumptions.load.hit_share)
            }
            Errand::Keep => (store.keep_commands, store.keep_bytes + store.entry_bytes),
            Errand::Count => (store.count_commands, store.count_bytes),
            Errand::CountAll => (store.count_commands + store.second_commands, store.count_bytes + store.second_bytes),
        };
        Work::of(commands, bytes, self.assumptions)
    }

    fn ensure_connection(&mut self, region: usize, environment: usize) -> bool {
        let count = self.connections_each();
        if !self.environments[region].is_connected(environment) && self.database(region).connect(count) {
            self.environments[region].connect(environment);
        }
        self.environments[region].is_connected(environment)
    }

    fn connections_each(&self) -> u32 {
        self.assumptions.lambda.connections * self.assumptions.lambda.versions
    }

    fn database_of(&self, region: usize) -> usize {
        if self.assumptions.store.per_region { region } else { 0 }
    }

    fn database(&mut self, region: usize) -> &mut Database {
        let number = self.database_of(region);
        &mut self.databases[number]
    }

    /// From a region to its store, in seconds.
    fn way(&self, region: usize) -> f64 {
        let store = &self.assumptions.store;
        let round_trip_ms =
            if store.per_region { store.own_round_trip_ms } else { self.assumptions.regions[region].round_trip_ms };
        round_trip_ms / 2_000.0
    }

    /// How long a request waits for a trip, in seconds.
    fn patience(&self) -> f64 {
        self.assumptions.store.command_timeout_ms / 2_000.0
    }

    /// Whether trips take longer than the time-out allows for.
    fn is_too_far(&self, region: usize) -> bool {
        8.0 * self.way(region) > self.assumptions.store.command_timeout_ms / 1_000.0
    }

    fn draw_region(&mut self) -> usize {
        let mut lot = self.draws.share();
        let regions = &self.assumptions.regions;
        let found = regions.iter().position(|region| {
            lot -= region.share;
            lot < 0.0
        });
        found.unwrap_or(regions.len() - 1)
    }

    fn draw_origin(&mut self) -> f64 {
        let origin = &self.assumptions.origin;
        let seconds = origin.mean_ms / 1_000.0;
        seconds * (1.0 - origin.spread) + self.draws.exponential(seconds * origin.spread)
    }

    /// Counts something of a request, if it came when it was counted.
    fn count(&mut self, region: usize, arrived: f64, count: impl FnOnce(&mut Tally)) {
        if arrived >= self.begin() {
            count(&mut self.tallies[region]);
        }
    }

    fn outcome(mut self) -> Outcome {
        self.tallies.iter_mut().for_each(|tally| tally.hit_seconds.sort_unstable_by(f64::total_cmp));
        let seconds = self.assumptions.simulation.seconds;
        let uses = self.databases.iter().map(|database| database.shard_use(seconds));
        let (busiest_shard, mean_shard) =
            uses.fold((0.0, 0.0), |most: (f64, f64), used| if used.0 > most.0 { used } else { most });
        Outcome {
            tallies: self.tallies,
            peak_environments: self.peak_environments,
            peak_connections: self.databases.iter().map(Database::peak_connections).max().unwrap_or(0),
            busiest_shard,
            mean_shard,
            bytes_per_second: self.databases.iter().map(Database::bytes).fold(0.0, f64::max) / seconds,
            hottest: self.popularity.hottest(),
        }
    }
}

impl Outcome {
    /// The sum over all regions.
    pub(super) fn sum(&self, count: impl Fn(&Tally) -> u64) -> u64 {
        self.tallies.iter().map(count).sum()
    }

    /// A part of all requests.
    pub(super) fn share(&self, count: impl Fn(&Tally) -> u64) -> f64 {
        self.sum(count) as f64 / self.sum(|tally| tally.requests).max(1) as f64
    }
}
