//! One connection that is replaced when it is no good: after a time-out, a drop, or a long silence.
//!
//! The connection manager of the `redis` crate keeps a half-open socket after a time-out and makes commands wait for
//! its back-off while the server is down, so the handle is our own.

use super::client::{Connection, Connector};
use super::commands::{Command, Outcome};
use super::failure::reason_of_error;
use crate::clock::Clock;
use crate::store::{FailureReason, Patience, StoreError};
use medinsight_core::UnixMillis;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// After so much silence a connection is replaced before it is used. Networks forget silent connections after 350
/// seconds, and a frozen Lambda environment sends no probes. It is time of the wall, which goes on during a freeze.
const MAX_IDLE: Duration = Duration::from_secs(60);

/// How often a link may call for a successor, so that a slow server is not also stormed with connections.
const MIN_BETWEEN_SUCCESSORS: Duration = Duration::from_secs(1);

/// A place for one connection.
pub(super) struct Link {
    connector: Arc<Connector>,
    clock: Clock,
    connect_timeout: Duration,
    state: Mutex<State>,
    cleared: Notify,
    in_flight: AtomicUsize,
    successor_called_at: AtomicU64,
}

enum State {
    Empty,
    Connecting(watch::Receiver<Option<Connected>>),
    Ready(Arc<Live>),
}

type Connected = Result<Arc<Live>, FailureReason>;

/// A connection in use.
pub(super) struct Live {
    connection: Connection,
    last_used: AtomicU64,
    is_retired: AtomicBool,
    retired: Notify,
}

/// How an attempt over a link failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Failed {
    pub(super) error: StoreError,
    pub(super) remedy: Remedy,
}

/// What may help after a failed attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Remedy {
    /// The same again: the connection was replaced meanwhile, or can be.
    TryAgain,
    /// Nothing on this link.
    GiveUp,
    /// Nothing at all: neither this connection nor a fresh one answers.
    Hopeless,
}

/// When a successor was called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Called {
    Now,
    /// So recently that none is called now.
    Before,
}

impl Link {
    pub(super) fn new(connector: Arc<Connector>, clock: Clock, connect_timeout: Duration) -> Arc<Self> {
        Arc::new(Self {
            connector,
            clock,
            connect_timeout,
            state: Mutex::new(State::Empty),
            cleared: Notify::new(),
            in_flight: AtomicUsize::new(0),
            successor_called_at: AtomicU64::new(0),
        })
    }

    /// How many attempts are waiting on this link.
    pub(super) fn load(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Whether a connection is there.
    pub(super) fn is_ready(&self) -> bool {
        matches!(*self.state(), State::Ready(_))
    }

    /// Begins to connect, if there is no connection, without waiting for it.
    pub(super) fn dial(self: &Arc<Self>) {
        let mut state = self.state();
        if matches!(*state, State::Empty) {
            *state = State::Connecting(self.start_connecting());
        }
    }

    /// Sends commands and waits for their outcomes, for `command_timeout` at most.
    pub(super) async fn attempt(
        self: &Arc<Self>,
        commands: &[Command<'_>],
        patience: Patience,
        command_timeout: Duration,
    ) -> Result<Vec<Outcome>, Failed> {
        let _load = Load::on(&self.in_flight);
        let patience = patience.at_most(command_timeout);
        let live = self.connection(patience).await?;
        let sending = live.connection.send(commands);
        self.wait_for(&live, sending, patience, command_timeout).await
    }

    /// The connection, made now if there is none or if the one there has been silent for too long.
    async fn connection(self: &Arc<Self>, patience: Patience) -> Result<Arc<Live>, Failed> {
        let cleared = self.cleared.notified();
        let connecting = match self.board() {
            Ok(live) => return Ok(live),
            Err(connecting) => connecting,
        };
        let connected = tokio::select! {
            connected = outcome_of(connecting) => connected,
            () = cleared => Err(FailureReason::CircuitOpen),
            () = tokio::time::sleep_until(patience.until) => Err(FailureReason::TimedOut),
        };
        connected.map_err(|reason| Failed { error: StoreError::nothing_done(reason), remedy: Remedy::GiveUp })
    }

    fn board(self: &Arc<Self>) -> Result<Arc<Live>, watch::Receiver<Option<Connected>>> {
        let now = self.clock.now();
        let mut state = self.state();
        match &*state {
            State::Ready(live) if live.is_fit(now) => {
                live.last_used.store(now.0, Ordering::Relaxed);
                return Ok(Arc::clone(live));
            }
            State::Connecting(connecting) => return Err(connecting.clone()),
            State::Ready(_) | State::Empty => {}
        }
        let connecting = self.start_connecting();
        *state = State::Connecting(connecting.clone());
        Err(connecting)
    }

    /// Waits for outcomes. When a quarter of the time is over, a successor is called: if it is there and answers before
    /// the outcomes, the old connection is dead, and those who wait on it go over; if the server has not answered it
    /// either after another quarter, or the time is up, there is no use in trying again.
    async fn wait_for(
        self: &Arc<Self>,
        live: &Arc<Live>,
        sending: impl Future<Output = Result<Vec<Outcome>, redis::RedisError>>,
        patience: Patience,
        command_timeout: Duration,
    ) -> Result<Vec<Outcome>, Failed> {
        let retired = live.retired.notified();
        tokio::pin!(sending, retired);
        retired.as_mut().enable();
        if live.is_retired.load(Ordering::SeqCst) {
            return Err(in_doubt(FailureReason::Disconnected, Remedy::TryAgain));
        }
        let timer = tokio::time::sleep_until(patience.at_most(command_timeout / 4).until);
        tokio::pin!(timer);
        let mut has_called = false;
        loop {
            tokio::select! {
                biased;
                sent = &mut sending => return sent.map_err(|error| self.broke(live, reason_of_error(&error))),
                () = &mut retired => return Err(in_doubt(FailureReason::Disconnected, Remedy::TryAgain)),
                () = &mut timer => {
                    if has_called || patience.is_over() {
                        return Err(self.timed_out(live));
                    }
                    has_called = true;
                    let time_for_a_sign = match self.call_successor(live) {
                        Called::Now => live.time_for_a_sign(command_timeout),
                        Called::Before => command_timeout,
                    };
                    timer.as_mut().reset(patience.at_most(time_for_a_sign).until);
                }
            }
        }
    }

    fn broke(&self, live: &Arc<Live>, reason: FailureReason) -> Failed {
        self.retire(live);
        in_doubt(reason, if reason.may_heal_by_reconnecting() { Remedy::TryAgain } else { Remedy::GiveUp })
    }

    /// The time is up. A server that answers no successor either answers nobody; of a cluster it may be one of many.
    fn timed_out(&self, live: &Arc<Live>) -> Failed {
        self.retire(live);
        match live.connection {
            Connection::Single(_) => in_doubt(FailureReason::TimedOut, Remedy::Hopeless),
            Connection::Cluster(_) => in_doubt(FailureReason::TimedOut, Remedy::GiveUp),
        }
    }

    /// Makes a second connection in the background; once it has answered it takes the place of `live`.
    fn call_successor(self: &Arc<Self>, live: &Arc<Live>) -> Called {
        let now = self.clock.now();
        let last = UnixMillis(self.successor_called_at.swap(now.0, Ordering::SeqCst));
        if now.since(last) < MIN_BETWEEN_SUCCESSORS {
            return Called::Before;
        }
        let (link, live) = (Arc::clone(self), Arc::clone(live));
        tokio::spawn(async move {
            if let Ok(successor) = link.connect().await {
                link.replace(&live, successor);
            }
        });
        Called::Now
    }

    fn replace(&self, live: &Arc<Live>, successor: Arc<Live>) {
        let mut state = self.state();
        if matches!(&*state, State::Ready(current) if Arc::ptr_eq(current, live)) {
            *state = State::Ready(successor);
        }
        drop(state);
        live.retire();
    }

    /// Gives a connection up; who waits on it tries again.
    fn retire(&self, live: &Arc<Live>) {
        let mut state = self.state();
        if matches!(&*state, State::Ready(current) if Arc::ptr_eq(current, live)) {
            *state = State::Empty;
        }
        drop(state);
        live.retire();
    }

    /// Gives up whatever connection there is or is being made; nobody waits for it any longer.
    pub(super) fn clear(&self) {
        let state = std::mem::replace(&mut *self.state(), State::Empty);
        if let State::Ready(live) = state {
            live.retire();
        }
        self.cleared.notify_waiters();
    }

    fn start_connecting(self: &Arc<Self>) -> watch::Receiver<Option<Connected>> {
        let (done, connecting) = watch::channel(None);
        let link = Arc::clone(self);
        tokio::spawn(async move {
            let connected = link.connect().await;
            link.settle(&connected);
            let _ = done.send(Some(connected));
        });
        connecting
    }

    fn settle(&self, connected: &Connected) {
        let mut state = self.state();
        if matches!(*state, State::Connecting(_)) {
            *state = match connected {
                Ok(live) => State::Ready(Arc::clone(live)),
                Err(_) => State::Empty,
            };
        }
    }

    /// A connection that has answered a `PING`: one to a frozen server can be made and is worth nothing.
    async fn connect(&self) -> Connected {
        let making = async {
            let connection = self.connector.connect().await.map_err(|error| connect_failure(&error))?;
            let pong = connection.query(&redis::cmd("PING")).await;
            super::commands::checked(pong).map(|_| connection)
        };
        let connection = tokio::time::timeout(self.connect_timeout, making).await;
        let connection = connection.unwrap_or(Err(FailureReason::Unreachable))?;
        Ok(Arc::new(Live::new(connection, self.clock.now())))
    }

    /// A state is replaced as a whole, so poisoning means nothing here.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    fn new(connection: Connection, now: UnixMillis) -> Self {
        let last_used = AtomicU64::new(now.0);
        Self { connection, last_used, is_retired: AtomicBool::new(false), retired: Notify::new() }
    }

    fn is_fit(&self, now: UnixMillis) -> bool {
        let idle = now.since(UnixMillis(self.last_used.load(Ordering::Relaxed)));
        !self.is_retired.load(Ordering::SeqCst) && idle <= MAX_IDLE
    }

    /// How long a server may take to answer the successor of a connection on which it is silent. The nodes of a cluster
    /// fail one by one, and the answer of another one says nothing.
    fn time_for_a_sign(&self, command_timeout: Duration) -> Duration {
        match self.connection {
            Connection::Single(_) => command_timeout / 4,
            Connection::Cluster(_) => command_timeout,
        }
    }

    fn retire(&self) {
        self.is_retired.store(true, Ordering::SeqCst);
        self.retired.notify_waiters();
    }
}

async fn outcome_of(mut connecting: watch::Receiver<Option<Connected>>) -> Connected {
    let connected = connecting.wait_for(Option::is_some).await;
    connected.ok().and_then(|connected| connected.clone()).unwrap_or(Err(FailureReason::Unreachable))
}

/// Whatever broke while a connection was made, there was none.
fn connect_failure(error: &redis::RedisError) -> FailureReason {
    match reason_of_error(error) {
        FailureReason::Disconnected | FailureReason::TimedOut => FailureReason::Unreachable,
        reason => reason,
    }
}

const fn in_doubt(reason: FailureReason, remedy: Remedy) -> Failed {
    Failed { error: StoreError::in_doubt(reason), remedy }
}

/// Counts an attempt for as long as it lasts, also when its caller goes away.
struct Load<'a>(&'a AtomicUsize);

impl<'a> Load<'a> {
    fn on(counter: &'a AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Load<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
