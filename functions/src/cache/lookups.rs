//! Lookups under way, which others who ask for the same key at the same moment share: of a thousand people who ask the
//! same question, one for each process reads the entry and opens it.

use super::Found;
use foldhash::HashMap;
use medinsight_core::CacheKey;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The lookups of this process that are under way.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    under_way: Mutex<UnderWay>,
    closed: AtomicU64,
}

#[derive(Debug, Default)]
struct UnderWay {
    by_key: HashMap<CacheKey, Lookup>,
    begun: u64,
}

#[derive(Debug)]
struct Lookup {
    number: u64,
    /// None until the first one joins, which most lookups never see.
    joined: Option<watch::Sender<Option<Found>>>,
}

/// How a request takes part in a lookup.
#[derive(Debug)]
pub(super) enum Part<'a> {
    /// It looks, and tells the others.
    Looks(Looking<'a>),
    /// It is told.
    Joins(Joining),
}

/// The lookup of whoever came first. Dropped before it has found out, those who joined look for themselves.
#[derive(Debug)]
pub(super) struct Looking<'a> {
    lookups: &'a Lookups,
    key: &'a CacheKey,
    number: u64,
}

/// A lookup that was joined.
#[derive(Debug)]
pub(super) struct Joining(watch::Receiver<Option<Found>>);

impl Lookups {
    /// Begins a lookup, or joins the one that is under way.
    pub(super) fn take_part<'a>(&'a self, key: &'a CacheKey) -> Part<'a> {
        let mut under_way = self.under_way();
        if let Some(lookup) = under_way.by_key.get_mut(key) {
            let joined = lookup.joined.get_or_insert_with(|| watch::channel(None).0);
            return Part::Joins(Joining(joined.subscribe()));
        }
        under_way.begun += 1;
        let number = under_way.begun;
        under_way.by_key.insert(key.clone(), Lookup { number, joined: None });
        Part::Looks(Looking { lookups: self, key, number })
    }

    /// Sees to it that nobody joins a lookup that began before now, and that nothing of what it finds is kept at hand: it may
    /// be cleared. What is at hand already has to be forgotten after that.
    pub(super) fn close(&self) {
        self.closed.fetch_add(1, Ordering::SeqCst);
        self.under_way().by_key.clear();
    }

    /// How often lookups were closed. One that began with another number may have found what is cleared.
    pub(super) fn closed(&self) -> u64 {
        self.closed.load(Ordering::SeqCst)
    }

    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Looking<'_> {
    /// Ends the lookup with what it has found.
    pub(super) fn found(self, found: &Found) {
        if let Some(joined) = self.take().and_then(|lookup| lookup.joined) {
            joined.send_replace(Some(found.clone()));
        }
    }

    /// Takes this lookup off, unless it was closed and another one has its place.
    fn take(&self) -> Option<Lookup> {
        let mut under_way = self.lookups.under_way();
        let is_this_one = under_way.by_key.get(self.key).is_some_and(|lookup| lookup.number == self.number);
        is_this_one.then(|| under_way.by_key.remove(self.key)).flatten()
    }
}

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        self.take();
    }
}

impl Joining {
    /// What the lookup has found; nothing when it was closed, or given up by who made it.
    pub(super) async fn told(mut self) -> Option<Found> {
        self.0.wait_for(Option::is_some).await.ok().and_then(|found| found.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::{Joining, Lookups, Part};
    use crate::cache::Found;
    use medinsight_core::CacheKey;
    use std::future::Future;
    use std::task::{Context, Waker};

    fn key(drug: &str) -> CacheKey {
        CacheKey::build("drug_info", drug, None).expect("a key")
    }

    fn joining(part: Part<'_>) -> Joining {
        match part {
            Part::Joins(joining) => joining,
            Part::Looks(_) => panic!("a lookup is under way"),
        }
    }

    #[tokio::test]
    async fn who_asks_meanwhile_is_told_what_the_first_one_found_and_who_asks_later_looks() {
        let (lookups, key) = (Lookups::default(), key("aspirin"));
        let Part::Looks(looking) = lookups.take_part(&key) else { panic!("nobody else looks") };
        let joined = [(); 2].map(|()| joining(lookups.take_part(&key)));
        looking.found(&Found::Nothing);
        for joining in joined {
            assert!(matches!(joining.told().await, Some(Found::Nothing)));
        }
        assert!(matches!(lookups.take_part(&key), Part::Looks(_)));
    }

    #[tokio::test]
    async fn other_keys_are_other_lookups() {
        let (lookups, one, other) = (Lookups::default(), key("aspirin"), key("ibuprofen"));
        let _looking = lookups.take_part(&one);
        assert!(matches!(lookups.take_part(&other), Part::Looks(_)));
    }

    #[tokio::test]
    async fn who_joined_looks_for_itself_when_the_first_one_goes_away() {
        let (lookups, key) = (Lookups::default(), key("aspirin"));
        let looking = lookups.take_part(&key);
        let joined = joining(lookups.take_part(&key));
        drop(looking);
        assert!(joined.told().await.is_none());
    }

    #[tokio::test]
    async fn after_a_clear_nobody_joins_what_began_before_it() {
        let (lookups, key) = (Lookups::default(), key("aspirin"));
        let Part::Looks(before) = lookups.take_part(&key) else { panic!("nobody else looks") };
        let joined = joining(lookups.take_part(&key));
        let closed = lookups.closed();
        lookups.close();
        assert_ne!(lookups.closed(), closed);
        let after = lookups.take_part(&key);
        assert!(matches!(after, Part::Looks(_)));
        before.found(&Found::Nothing);
        assert!(joined.told().await.is_none());
        let mut waits = Box::pin(joining(lookups.take_part(&key)).told());
        assert!(waits.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(after);
    }
}
