//! One database: a bounded pool of links behind a circuit breaker.

use super::client::Connector;
use super::commands::{self, Command, Outcome};
use super::condition::Condition;
use super::link::{Failed, Link, Remedy};
use super::scripts::Call;
use crate::breaker::{Admission, Breaker, Change, Gravity, Tempo};
use crate::clock::Clock;
use crate::config::{Endpoint, RedisConfig, Topology};
use crate::store::{Doubt, FailureReason, Patience, Reply, StoreError, Trip, random_generation};
use medinsight_core::{Category, Generation};
use redis::{Cmd, ErrorKind, ServerErrorKind, Value};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A link with fewer attempts than this waiting takes more before another link is opened: many commands in one write
/// cost far less than many writes.
const ATTEMPTS_A_LINK: usize = 32;

pub(super) struct Database {
    connector: Arc<Connector>,
    first_link: Arc<Link>,
    further_links: Vec<Arc<Link>>,
    breaker: Breaker,
    condition: Condition,
    command_timeout: Duration,
    clock: Clock,
    name: &'static str,
}

impl Database {
    /// A database that is not connected to yet.
    pub(super) fn new(
        name: &'static str,
        endpoint: &Endpoint,
        config: &RedisConfig,
        clock: &Clock,
    ) -> Result<Arc<Self>, Box<dyn std::error::Error>> {
        let connector = Arc::new(connector(endpoint, config)?);
        let link = || Link::new(Arc::clone(&connector), clock.clone(), config.connect_timeout);
        Ok(Arc::new(Self {
            first_link: link(),
            further_links: (1..config.max_connections).map(|_| link()).collect(),
            connector,
            breaker: Breaker::new(Tempo::STORE),
            condition: Condition::of(name),
            command_timeout: config.command_timeout,
            clock: clock.clone(),
            name,
        }))
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn condition(&self) -> &Condition {
        &self.condition
    }

    pub(super) fn connector(&self) -> &Connector {
        &self.connector
    }

    /// A connector to the first node alone, as if it were a single server.
    pub(super) fn connector_to_first_node(
        endpoint: &Endpoint,
        config: &RedisConfig,
    ) -> Result<Connector, Box<dyn std::error::Error>> {
        let endpoint = Endpoint { nodes: endpoint.nodes.iter().take(1).cloned().collect(), topology: Topology::Single };
        connector(&endpoint, config)
    }

    pub(super) fn is_circuit_open(&self) -> bool {
        self.breaker.is_open()
    }

    /// How many connections are open.
    pub(super) fn connections(&self) -> usize {
        self.links().filter(|link| link.is_ready()).count()
    }

    /// How many connections there may be.
    pub(super) fn max_connections(&self) -> usize {
        self.links().count()
    }

    /// Begins to connect without waiting for it.
    pub(super) fn warm_up(&self) {
        self.first_link.dial();
    }

    /// Makes a trip: tries, and once more on another connection without what must not be done twice.
    pub(super) async fn run(self: &Arc<Self>, trip: &Trip, patience: Patience) -> Result<Reply, StoreError> {
        self.admit()?;
        let failed = match self.try_trip(trip, patience).await {
            Ok(reply) => return Ok(reply),
            Err(failed) => failed,
        };
        if failed.remedy != Remedy::TryAgain || patience.is_over() || self.breaker.is_open() {
            return Err(self.note_failure(failed));
        }
        let again = match (failed.error.doubt, trip.repeatable()) {
            (Doubt::NothingDone, _) => Box::pin(self.try_trip(trip, patience)).await,
            (Doubt::InDoubt, Some(trip)) => Box::pin(self.try_trip(&trip, patience)).await,
            (Doubt::InDoubt, None) => Err(failed),
        };
        let reply = again.map_err(|failed| self.note_failure(failed))?;
        Ok(Reply { has_lost_counts: failed.error.doubt == Doubt::InDoubt, ..reply })
    }

    /// Calls a script, by its digest and, where the server does not know that, by its text.
    pub(super) async fn call(self: &Arc<Self>, call: &Call, patience: Patience) -> Result<Value, StoreError> {
        self.admit()?;
        let mut outcome = self.try_command(&call.by_digest(), patience).await;
        if outcome.as_ref().is_ok_and(is_unknown_script) {
            outcome = self.try_command(&call.by_text(), patience).await;
        }
        self.settle(outcome)
    }

    /// Sends one command.
    pub(super) async fn command(self: &Arc<Self>, command: &Cmd, patience: Patience) -> Result<Value, StoreError> {
        self.admit()?;
        let outcome = self.try_command(command, patience).await;
        self.settle(outcome)
    }

    /// Sends commands that read, in one trip. What the server refuses of them says nothing about how it is doing.
    pub(super) async fn ask(
        self: &Arc<Self>,
        commands: &[Command<'_>],
        patience: Patience,
    ) -> Result<Vec<Outcome>, StoreError> {
        self.admit()?;
        let outcomes = self.link().attempt(commands, patience, self.command_timeout).await;
        let outcomes = outcomes.map_err(|failed| self.note_failure(failed))?;
        self.note_success();
        Ok(outcomes)
    }

    async fn try_command(self: &Arc<Self>, command: &Cmd, patience: Patience) -> Result<Outcome, Failed> {
        let mut outcomes = self.link().attempt(&[Command::Other(command)], patience, self.command_timeout).await?;
        Ok(outcomes.pop().unwrap_or(Ok(Value::Nil)))
    }

    fn settle(self: &Arc<Self>, outcome: Result<Outcome, Failed>) -> Result<Value, StoreError> {
        let outcome = outcome.map_err(|failed| self.note_failure(failed))?;
        let value = commands::checked(outcome);
        self.note_success();
        if let Err(reason) = value {
            self.condition.refused(Some(reason));
        }
        value.map_err(StoreError::nothing_done)
    }

    async fn try_trip(self: &Arc<Self>, trip: &Trip, patience: Patience) -> Result<Reply, Failed> {
        let commands = commands::commands(trip);
        let link = self.link();
        let outcomes = link.attempt(&commands, patience, self.command_timeout).await?;
        let reply = commands::understand(&commands, outcomes).map_err(|reason| misunderstood(link, reason))?;
        self.note_success();
        if !(trip.counts.is_empty() && trip.writes.is_empty()) {
            self.condition.refused(reply.refusal);
        }
        if reply.refusal.is_some_and(FailureReason::may_heal_by_reconnecting) {
            link.clear();
        }
        if trip.generations.iter().all(|category| reply.generation(*category).is_some()) {
            return Ok(reply);
        }
        Ok(Box::pin(self.with_missing_generations(trip, reply, patience)).await)
    }

    /// Makes up the generations that were asked for and do not exist. Without one its category is just not cached.
    async fn with_missing_generations(self: &Arc<Self>, trip: &Trip, mut reply: Reply, patience: Patience) -> Reply {
        for category in &trip.generations {
            if reply.generation(*category).is_none() {
                match self.make_generation(*category, patience).await {
                    Ok(generation) => reply.generations.push((*category, generation)),
                    Err(failed) => reply.refusal = reply.refusal.or(Some(failed.error.reason)),
                }
            }
        }
        reply
    }

    /// Makes a generation up. Of two processes that do so at the same time, the later one reads the earlier one's.
    async fn make_generation(self: &Arc<Self>, category: Category, patience: Patience) -> Result<Generation, Failed> {
        let generation = random_generation().map_err(|error| Failed { error, remedy: Remedy::GiveUp })?;
        let commands = [Command::NewGeneration(category, generation), Command::Generation(category)];
        let outcomes = self.link().attempt(&commands, patience, self.command_timeout).await?;
        let reply = commands::understand(&commands, outcomes).map_err(|reason| failed(reason, Remedy::GiveUp))?;
        let refused = reply.refusal.unwrap_or(FailureReason::Garbled);
        reply.generation(category).ok_or_else(|| failed(refused, Remedy::GiveUp))
    }

    /// The first link that is not busy, or else the least busy one, so that there are no more connections than needed.
    fn link(&self) -> &Arc<Link> {
        let idle = self.links().find(|link| link.load() < ATTEMPTS_A_LINK);
        idle.or_else(|| self.links().min_by_key(|link| link.load())).unwrap_or(&self.first_link)
    }

    fn links(&self) -> impl Iterator<Item = &Arc<Link>> {
        std::iter::once(&self.first_link).chain(&self.further_links)
    }

    fn admit(self: &Arc<Self>) -> Result<(), StoreError> {
        match self.breaker.admit(self.clock.now()) {
            Admission::Pass => return Ok(()),
            Admission::Probe => self.probe(),
            Admission::Refuse => {}
        }
        Err(StoreError::nothing_done(FailureReason::CircuitOpen))
    }

    /// Finds out in the background whether the store is back; no request waits for that.
    fn probe(self: &Arc<Self>) {
        let database = Arc::clone(self);
        tokio::spawn(async move { database.check().await });
    }

    /// Sends a `PING`, whatever the circuit says, and learns from the answer.
    pub(super) async fn check(self: &Arc<Self>) -> Result<(), StoreError> {
        let patience = Patience::of(self.command_timeout);
        let outcome = self.try_command(&redis::cmd("PING"), patience).await;
        self.settle(outcome).map(|_| ())
    }

    fn note_success(&self) {
        if self.breaker.succeed() == Change::Closed {
            self.condition.circuit_closed();
        }
    }

    fn note_failure(&self, failed: Failed) -> StoreError {
        let gravity = if failed.remedy == Remedy::Hopeless { Gravity::Hopeless } else { Gravity::Ordinary };
        // Without randomness pauses have no jitter, which is no reason to do without the breaker.
        let noise = getrandom::u64().unwrap_or_default();
        if self.breaker.fail(gravity, self.clock.now(), noise) == Change::Opened {
            self.condition.circuit_opened(failed.error.reason);
            self.links().for_each(|link| link.clear());
        }
        failed.error
    }
}

fn connector(endpoint: &Endpoint, config: &RedisConfig) -> Result<Connector, Box<dyn std::error::Error>> {
    let certificates = config.ca_file.as_deref().map(read_certificates).transpose()?;
    Connector::new(endpoint, certificates, config.connect_timeout, config.command_timeout)
        .map_err(|error| format!("the Redis settings do not fit together: {}", error.category()).into())
}

fn misunderstood(link: &Link, reason: FailureReason) -> Failed {
    if reason.may_heal_by_reconnecting() {
        link.clear();
        return failed(reason, Remedy::TryAgain);
    }
    failed(reason, Remedy::GiveUp)
}

const fn failed(reason: FailureReason, remedy: Remedy) -> Failed {
    Failed { error: StoreError::in_doubt(reason), remedy }
}

fn is_unknown_script(outcome: &Outcome) -> bool {
    match outcome {
        Ok(Value::ServerError(error)) => error.kind() == Some(ServerErrorKind::NoScript),
        Err(error) => error.kind() == ErrorKind::Server(ServerErrorKind::NoScript),
        Ok(_) => false,
    }
}

fn read_certificates(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("REDIS_CA_FILE: cannot be read ({})", error.kind()))
}
