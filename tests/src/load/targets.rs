//! The servers that a load goes to; they may change while it runs.

use crate::waiting;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The servers that a load goes to, in turn. Clones are the same list.
#[derive(Clone, Debug, Default)]
pub struct Targets(Arc<Mutex<Vec<Target>>>);

/// A server while a request is under way to it.
#[derive(Clone, Debug)]
pub(super) struct Target(Arc<SocketAddr>);

impl Target {
    pub(super) fn address(&self) -> SocketAddr {
        *self.0
    }
}

impl Targets {
    /// These servers.
    pub fn new(addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        let targets = Self::default();
        addresses.into_iter().for_each(|address| targets.add(address));
        targets
    }

    /// One more server.
    pub fn add(&self, address: SocketAddr) {
        self.lock().push(Target(Arc::new(address)));
    }

    /// No more requests go to this server; returns when those under way have been answered.
    ///
    /// # Panics
    ///
    /// When they have not within `limit`.
    pub async fn remove(&self, address: SocketAddr, limit: Duration) {
        let removed: Vec<_> = self.lock().extract_if(.., |target| target.address() == address).collect();
        let is_idle = || removed.iter().all(|target| Arc::strong_count(&target.0) == 1);
        waiting::until("a server's requests are answered", limit, || async { is_idle() }).await;
    }

    /// The server whose turn it is.
    pub(super) fn take(&self, index: u64) -> Target {
        let targets = self.lock();
        let turn = usize::try_from(index).expect("a bounded number") % targets.len();
        targets[turn].clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Target>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
