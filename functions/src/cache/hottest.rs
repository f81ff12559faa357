//! Which entries are hit most, counted in bounded memory by the algorithm `SpaceSaving` (Metwally, Agrawal, El Abbadi,
//! 2005): a new key takes the place of the rarest one and inherits its count, which is how much too high its own may be.

use foldhash::HashMap;
use medinsight_core::CacheKey;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// How many keys are counted at once. A key that has more than a 64th of the hits is always among them.
const PLACES: usize = 64;

/// How many keys of a minute are told.
const TOLD: usize = 8;

/// Counts keys.
#[derive(Debug, Default)]
pub(super) struct Hottest(Mutex<HashMap<CacheKey, Count>>);

#[derive(Clone, Copy, Debug)]
struct Count {
    /// How often it was hit at most.
    at_most: u64,
    /// How much of that may be another key's.
    inherited: u64,
}

impl Hottest {
    /// Counts a hit. Where another thread is just counting, it is left out: nobody waits for statistics.
    pub(super) fn note(&self, key: &CacheKey) {
        let mut counts = match self.0.try_lock() {
            Ok(counts) => counts,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        if let Some(count) = counts.get_mut(key) {
            count.at_most += 1;
            return;
        }
        let inherited = if counts.len() < PLACES { 0 } else { make_room(&mut counts) };
        counts.insert(key.clone(), Count { at_most: inherited + 1, inherited });
    }

    /// The keys that were hit most, and how often at least.
    pub(super) fn look(&self) -> Vec<(CacheKey, u64)> {
        hottest(self.counts().clone())
    }

    /// Halves all counts, so that what was hit long ago makes room.
    pub(super) fn age(&self) {
        self.counts().retain(|_, count| {
            *count = Count { at_most: count.at_most / 2, inherited: count.inherited / 2 };
            count.at_most > 0
        });
    }

    /// Forgets a key.
    pub(super) fn forget(&self, key: &CacheKey) {
        self.counts().remove(key);
    }

    /// Forgets all keys.
    pub(super) fn forget_all(&self) {
        self.counts().clear();
    }

    /// The keys that were hit most since the last time, and how often at least.
    pub(super) fn take(&self) -> Vec<(CacheKey, u64)> {
        hottest(std::mem::take(&mut *self.counts()))
    }

    /// Counts are right as far as they go, whatever panicked, so poisoning means nothing here.
    fn counts(&self) -> MutexGuard<'_, HashMap<CacheKey, Count>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One hit is no heat.
fn hottest(counts: HashMap<CacheKey, Count>) -> Vec<(CacheKey, u64)> {
    let sure = counts.into_iter().map(|(key, count)| (key, count.at_most.saturating_sub(count.inherited)));
    let mut hottest: Vec<_> = sure.filter(|(_, hits)| *hits > 1).collect();
    hottest.sort_unstable_by(|(key, count), (other_key, other)| other.cmp(count).then_with(|| key.cmp(other_key)));
    hottest.truncate(TOLD);
    hottest
}

/// Removes the rarest key; the count that it had.
fn make_room(counts: &mut HashMap<CacheKey, Count>) -> u64 {
    let rarest = counts.iter().min_by_key(|(_, count)| count.at_most).map(|(key, _)| key.clone());
    rarest.and_then(|key| counts.remove(&key)).map_or(0, |count| count.at_most)
}

#[cfg(test)]
mod tests {
    use super::{Hottest, PLACES, TOLD};
    use medinsight_core::CacheKey;
    use proptest::prelude::*;

    fn key(drug: usize) -> CacheKey {
        CacheKey::build("drug_info", &format!("drug{drug}"), None).expect("a key")
    }

    #[test]
    fn a_key_that_is_hit_often_is_found_among_many_that_are_hit_once() {
        let hottest = Hottest::default();
        for hit in 0..10_000 {
            hottest.note(&key(if hit % 10 == 0 { 0 } else { hit }));
        }
        let told = hottest.take();
        assert_eq!(told.first().map(|(key, _)| key.clone()), Some(key(0)));
        assert!(told[0].1 > 500 && told[0].1 <= 1_000, "{told:?}");
        assert_eq!(hottest.take(), []);
    }

    #[test]
    fn what_is_hit_once_is_not_told() {
        let hottest = Hottest::default();
        (0..10).for_each(|drug| hottest.note(&key(drug)));
        assert_eq!(hottest.take(), []);
    }

    #[test]
    fn what_is_forgotten_is_not_told_and_what_ages_is_told_less() {
        let hottest = Hottest::default();
        (0..8).for_each(|hit| hottest.note(&key(hit % 2)));
        hottest.forget(&key(0));
        hottest.age();
        assert_eq!(hottest.look(), [(key(1), 2)]);
        hottest.age();
        hottest.age();
        assert!(hottest.0.lock().is_ok_and(|counts| counts.is_empty()));
    }

    proptest! {
        #[test]
        fn no_count_is_too_high_and_memory_is_bounded(hits in prop::collection::vec(0_usize..200, 0..2_000)) {
            let hottest = Hottest::default();
            hits.iter().for_each(|drug| hottest.note(&key(*drug)));
            prop_assert!(hottest.0.lock().is_ok_and(|counts| counts.len() <= PLACES));
            let told = hottest.take();
            prop_assert!(told.len() <= TOLD);
            for (told, count) in told {
                let exact = hits.iter().filter(|drug| key(**drug) == told).count();
                prop_assert!(count <= exact as u64);
            }
        }
    }
}
