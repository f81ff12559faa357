//! This process's copies of the categories' generations.

use foldhash::HashMap;
use medinsight_core::{Category, Generation, UnixMillis};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a copy decides what is served: a clear takes effect everywhere within this time.
const MAX_COPY_AGE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Generations(Mutex<HashMap<Category, Kept>>);

#[derive(Clone, Copy, Debug)]
struct Kept {
    generation: Generation,
    read_at: UnixMillis,
    /// What was read by a trip that began until then says nothing new.
    settled_at: UnixMillis,
}

/// What this process knows of a category's generation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Known {
    /// It was read within the last second.
    Current(Generation),
    /// It was read earlier, and may have changed.
    Earlier(Generation),
    /// It was never read.
    Not,
}

impl Generations {
    pub(super) fn known(&self, category: Category, now: UnixMillis) -> Known {
        match self.copies().get(&category) {
            Some(kept) if now.is_within(MAX_COPY_AGE, kept.read_at) => Known::Current(kept.generation),
            Some(kept) => Known::Earlier(kept.generation),
            None => Known::Not,
        }
    }

    /// Keeps what a trip that began at `read_at` brought, unless this process has cleared the category since: the trip may
    /// have read what was there before.
    pub(super) fn learn(&self, generations: &[(Category, Generation)], read_at: UnixMillis) {
        let mut copies = self.copies();
        for (category, generation) in generations {
            let is_outdated = copies
                .get(category)
                .is_some_and(|kept| read_at <= kept.settled_at && kept.settled_at.is_within(MAX_COPY_AGE, read_at));
            if !is_outdated {
                let kept = Kept { generation: *generation, read_at, settled_at: UnixMillis(0) };
                copies.insert(*category, kept);
            }
        }
    }

    /// Keeps the generation that a category has since a clear, which began and was acknowledged at these times.
    pub(super) fn renewed(
        &self,
        category: Category,
        generation: Generation,
        began: UnixMillis,
        settled_at: UnixMillis,
    ) {
        self.copies().insert(category, Kept { generation, read_at: began, settled_at });
    }

    fn copies(&self) -> MutexGuard<'_, HashMap<Category, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Generations, Known};
    use medinsight_core::{Category, Generation, UnixMillis};

    #[test]
    fn a_copy_decides_for_one_second_and_not_when_the_clock_has_been_set_back() {
        let generations = Generations::default();
        let known = |now| generations.known(Category::DrugInfo, UnixMillis(now));
        assert_eq!(known(5_000), Known::Not);
        generations.learn(&[(Category::DrugInfo, Generation(7))], UnixMillis(5_000));
        assert_eq!(known(5_999), Known::Current(Generation(7)));
        assert_eq!(known(6_000), Known::Earlier(Generation(7)));
        assert_eq!(known(4_999), Known::Earlier(Generation(7)));
    }

    #[test]
    fn a_trip_that_began_before_a_clear_was_acknowledged_does_not_bring_the_earlier_generation_back() {
        let generations = Generations::default();
        let known = |now| generations.known(Category::DrugInfo, UnixMillis(now));
        let learn = |generation, at| generations.learn(&[(Category::DrugInfo, Generation(generation))], UnixMillis(at));
        learn(1, 4_900);
        generations.renewed(Category::DrugInfo, Generation(2), UnixMillis(5_000), UnixMillis(5_040));
        for began in [4_990, 5_010, 5_040] {
            learn(1, began);
            assert_eq!(known(5_050), Known::Current(Generation(2)));
        }
        learn(3, 5_041);
        assert_eq!(known(5_050), Known::Current(Generation(3)));
    }

    #[test]
    fn a_clear_of_the_future_is_forgotten_when_the_clock_is_set_back() {
        let generations = Generations::default();
        generations.renewed(Category::DrugInfo, Generation(2), UnixMillis(90_000), UnixMillis(90_040));
        generations.learn(&[(Category::DrugInfo, Generation(3))], UnixMillis(5_000));
        assert_eq!(generations.known(Category::DrugInfo, UnixMillis(5_010)), Known::Current(Generation(3)));
    }
}
