//! One computation at a time for each key in this process.

use super::measures;
use crate::{request_id, trace_context};
use foldhash::HashMap;
use futures_util::FutureExt;
use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Flights under way, by key.
///
/// Each runs in a task of its own: a caller that goes away, because its client hung up, takes nobody's answer along.
pub(super) struct SingleFlight<K, V>(Arc<Mutex<Flights<K, V>>>);

type Flights<K, V> = HashMap<K, watch::Receiver<Option<V>>>;

/// Who a caller was in a flight.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role<W> {
    /// It started the flight.
    Leader,
    /// It joined one, and can still depart itself if that is of no use to it.
    Follower(W),
}

impl<K, V> SingleFlight<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Does the work that `depart` makes, or waits for the flight that is under way for `key`, and gives `depart` back. The
    /// value is `None` when the work panicked.
    pub(super) async fn run<D, W>(&self, key: K, depart: D) -> (Option<V>, Role<D>)
    where
        D: FnOnce() -> W,
        W: Future<Output = V> + Send + 'static,
    {
        let (mut arrival, role) = self.board(key, depart);
        let value = arrival.wait_for(Option::is_some).await.ok().and_then(|value| value.clone());
        (value, role)
    }

    /// Starts a flight that nobody waits for, unless one is under way for `key`.
    pub(super) fn start(&self, key: K, work: impl Future<Output = V> + Send + 'static) {
        self.board(key, || work);
    }

    /// Whether a flight is under way for `key`.
    pub(super) fn is_under_way(&self, key: &K) -> bool {
        lock(&self.0).contains_key(key)
    }

    /// Whether no flight is under way.
    pub(super) fn is_idle(&self) -> bool {
        lock(&self.0).is_empty()
    }

    /// Waits until no flight is under way, also none that departed meanwhile.
    pub(super) async fn landed(&self) {
        while let Some(mut arrival) = self.any() {
            // A flight that crashed has ended, too.
            let _ = arrival.wait_for(Option::is_some).await;
        }
    }

    fn any(&self) -> Option<watch::Receiver<Option<V>>> {
        lock(&self.0).values().next().cloned()
    }

    fn board<D, W>(&self, key: K, depart: D) -> (watch::Receiver<Option<V>>, Role<D>)
    where
        D: FnOnce() -> W,
        W: Future<Output = V> + Send + 'static,
    {
        let mut flights = lock(&self.0);
        if let Some(arrival) = flights.get(&key) {
            return (arrival.clone(), Role::Follower(depart));
        }
        // Made before the flight is on the board, where nothing would take it off if this panicked.
        let work = depart();
        let (departure, arrival) = watch::channel(None);
        flights.insert(key.clone(), arrival.clone());
        let landing = Landing { flights: Arc::clone(&self.0), key };
        let flight = work.map(move |value| {
            drop(landing);
            let _ = departure.send(Some(value));
        });
        // It belongs to the request that started it, in logs, metrics and traces.
        tokio::spawn(request_id::carried(measures::carried(trace_context::carried(flight))));
        (arrival, Role::Leader)
    }
}

/// Takes the flight off the board, also when its work panics.
struct Landing<K: Eq + Hash, V> {
    flights: Arc<Mutex<Flights<K, V>>>,
    key: K,
}

impl<K: Eq + Hash, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        lock(&self.flights).remove(&self.key);
    }
}

/// Nothing runs while the lock is held that could leave the map half-changed, so poisoning means nothing here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, V> Default for SingleFlight<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> fmt::Debug for SingleFlight<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SingleFlight(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{Role, SingleFlight};
    use std::future::Future;
    use std::task::{Context, Waker};
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn a_panic_ends_the_flight_for_everybody_and_the_next_caller_starts_another() {
        let flights = SingleFlight::<u8, u8>::default();
        let (release, released) = oneshot::channel::<()>();
        let failing = flights.run(1, || async move {
            let _ = released.await;
            panic!("invented");
        });
        let joined = async {
            let joined = flights.run(1, || async { 2 });
            let _ = release.send(());
            joined.await
        };
        let (failed, joined) = tokio::join!(failing, joined);
        assert!(matches!(failed, (None, Role::Leader)) && matches!(joined, (None, Role::Follower(_))));
        assert!(matches!(flights.run(1, || async { 3 }).await, (Some(3), Role::Leader)));
    }

    #[tokio::test]
    async fn a_leader_that_goes_away_takes_nobodys_answer_along() {
        let flights = SingleFlight::<u8, u8>::default();
        let (release, released) = oneshot::channel::<u8>();
        let mut leader = Box::pin(flights.run(1, || async move { released.await.unwrap_or_default() }));
        assert!(leader.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(leader);
        let follower = flights.run(1, || async { 0 });
        let _ = release.send(7);
        assert!(matches!(follower.await, (Some(7), Role::Follower(_))));
    }
}
