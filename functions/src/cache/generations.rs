//! This process's copies of the categories' generations.

use medinsight_core::{Category, Generation, UnixMillis};
use std::collections::HashMap;
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

    /// Keeps what a trip that began at `read_at` brought.
    pub(super) fn learn(&self, generations: &[(Category, Generation)], read_at: UnixMillis) {
        let mut copies = self.copies();
        copies.extend(
            generations.iter().map(|(category, generation)| (*category, Kept { generation: *generation, read_at })),
        );
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
}
