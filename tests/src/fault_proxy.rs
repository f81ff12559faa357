//! A proxy in front of a Redis server that makes the network and the server misbehave on demand.
//!
//! Everything that tests ask for takes effect before the call returns: no byte that is sent afterwards escapes it.
//! Replies are matched with commands by their order, so a connection that subscribes or watches is beyond the reply
//! faults; so is one that does not speak the Redis protocol, such as TLS. The faults of connections and the delay work
//! for all.

mod counts;
mod dialogue;
mod faults;
mod relay;
pub mod replies;

pub use counts::Counts;
pub use faults::{Ending, Keep, ReplyFault};

use crate::ports::ReservedPort;
use faults::Faults;
use relay::{Fate, Relay};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What happens to connections that are yet to come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Arrivals {
    /// They go through to the server.
    Pass,
    /// They are accepted, and then nothing comes of them.
    BlackHole,
    /// Nobody listens: they are refused by the kernel.
    Refuse,
}

/// The proxy and the control of it. It ends on drop, and its connections with it.
#[derive(Debug)]
pub struct FaultProxy {
    port: Arc<ReservedPort>,
    shared: Arc<Shared>,
    listening: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

/// What the proxy's connections have in common.
#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    fate_of_new: Mutex<Fate>,
    fates: Mutex<BTreeMap<u64, watch::Sender<Fate>>>,
    faults: Mutex<Faults>,
    counts: Mutex<Counts>,
}

impl FaultProxy {
    /// A proxy on a free port that lets everything pass to a server.
    pub async fn start(upstream: SocketAddr) -> Self {
        let shared = Arc::new(Shared {
            upstream,
            fate_of_new: Mutex::new(Fate::Flow),
            fates: Mutex::default(),
            faults: Mutex::default(),
            counts: Mutex::default(),
        });
        let proxy = Self { port: Arc::new(ReservedPort::any()), shared, listening: tokio::sync::Mutex::default() };
        proxy.set_arrivals(Arrivals::Pass).await;
        proxy
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Its URL, without user and password.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// Decides what happens to new connections.
    pub async fn set_arrivals(&self, arrivals: Arrivals) {
        let mut listening = self.listening.lock().await;
        let is_black_hole = arrivals == Arrivals::BlackHole;
        *lock(&self.shared.fate_of_new) = if is_black_hole { Fate::Swallow } else { Fate::Flow };
        match (arrivals, listening.take()) {
            (Arrivals::Refuse, None) => {}
            (Arrivals::Refuse, Some(task)) => {
                task.abort();
                // The listener is closed once the task is gone.
                let _ = task.await;
            }
            (_, Some(task)) => *listening = Some(task),
            (_, None) => *listening = Some(tokio::spawn(accept(self.port.listen(), Arc::clone(&self.shared)))),
        }
    }

    /// Connections that are open now stay open and swallow every byte, in both directions. New ones are not touched.
    pub fn black_hole_existing(&self) {
        self.shared.decree(Fate::Swallow);
    }

    /// Every connection, open or new, swallows every byte.
    pub async fn black_hole_everything(&self) {
        self.set_arrivals(Arrivals::BlackHole).await;
        self.black_hole_existing();
    }

    /// Connections that are open now are reset (RST).
    pub fn reset_existing(&self) {
        self.shared.decree(Fate::Reset);
    }

    /// Connections that are open now are closed politely (FIN).
    pub fn close_existing(&self) {
        self.shared.decree(Fate::Close);
    }

    /// Every reply comes this much later, and none delays another.
    pub fn delay_replies(&self, delay: Duration) {
        lock(&self.shared.faults).delay = delay;
    }

    /// Adds a fault of replies; of several that fit a reply the one that was added first is taken.
    pub fn add_fault(&self, fault: ReplyFault) {
        lock(&self.shared.faults).add(fault);
    }

    /// Ends the faults of replies, the delay, and what was decided on new connections. Connections that are black holes
    /// stay so, as they would in life.
    pub async fn heal(&self) {
        *lock(&self.shared.faults) = Faults::default();
        self.set_arrivals(Arrivals::Pass).await;
    }

    /// What went through so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        lock(&self.shared.counts).clone()
    }

    /// How many connections are open, black holes included.
    #[must_use]
    pub fn open_connections(&self) -> usize {
        lock(&self.shared.fates).len()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        if let Some(task) = self.listening.get_mut().take() {
            task.abort();
        }
        // Without their senders the connections end by themselves.
        lock(&self.shared.fates).clear();
    }
}

impl Shared {
    /// Decides the fate of all connections that are open.
    fn decree(&self, fate: Fate) {
        for sender in lock(&self.fates).values() {
            sender.send_replace(fate);
        }
    }

    /// Enters a connection into the list; the fate of new ones is read under the list's lock, so that no connection
    /// slips between [`FaultProxy::set_arrivals`] and [`Shared::decree`].
    fn enter(&self, number: u64) -> watch::Receiver<Fate> {
        let mut fates = lock(&self.fates);
        let (sender, receiver) = watch::channel(*lock(&self.fate_of_new));
        fates.insert(number, sender);
        lock(&self.counts).connections += 1;
        receiver
    }

    fn leave(&self, number: u64) {
        lock(&self.fates).remove(&number);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    for number in next_numbers(&shared) {
        let Ok((client, _)) = listener.accept().await else { return };
        let fate = shared.enter(number);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            Relay::new(&shared, fate).serve(client).await;
            shared.leave(number);
        });
    }
}

/// Numbers that no connection had; connections outlive the listener that accepted them.
fn next_numbers(shared: &Shared) -> std::ops::RangeFrom<u64> {
    lock(&shared.counts).connections..
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
