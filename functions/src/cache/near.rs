//! The near cache: what this process has just read from the store, at hand for a few seconds.

use super::envelope::MAX_ENTRY_BYTES;
use crate::bounded::{Bounded, Capacity, bounded};
use bytes::Bytes;
use medinsight_core::{CacheKey, DataClass, EntryHeader, UnixMillis};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long an entry is kept. An entry that was deleted by another process may be served for so long here; a category
/// that was cleared is not, because generations are read every second.
const MAX_AGE: Duration = Duration::from_secs(5);

/// What an entry costs besides its key and its bytes.
const OVERHEAD_BYTES: usize = 200;

/// What one usually has.
const USUAL_BYTES: u64 = 4_096;

/// Entries that were read within the last seconds.
#[derive(Debug)]
pub(super) struct Near {
    entries: Option<Bounded<CacheKey, Kept>>,
    last_used: AtomicU64,
    last_tidied: AtomicU64,
}

/// An entry as it is kept. What is about a person stays sealed in memory, too.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// As the store has it.
    AsStored(Bytes),
    /// Opened; it is the same for everybody.
    Open(EntryHeader, Bytes),
}

#[derive(Clone, Debug)]
struct Kept {
    content: Content,
    read_at: UnixMillis,
}

impl Near {
    /// A near cache of at most `max_bytes`; none at all when that is zero.
    pub(super) fn new(max_bytes: u64) -> Self {
        let capacity = Capacity { total: max_bytes, usual: USUAL_BYTES, heaviest: 2 * MAX_ENTRY_BYTES as u64 };
        let entries = (max_bytes > 0).then(|| bounded(capacity, weight));
        Self { entries, last_used: AtomicU64::new(0), last_tidied: AtomicU64::new(0) }
    }

    pub(super) fn is_off(&self) -> bool {
        self.entries.is_none()
    }

    /// An entry that was read within the last seconds.
    pub(super) fn find(&self, key: &CacheKey, now: UnixMillis) -> Option<Content> {
        let entries = self.entries.as_ref()?;
        self.drop_all_after_a_silence(entries, now);
        let kept = entries.get(key)?;
        now.is_within(MAX_AGE, kept.read_at).then_some(kept.content)
    }

    pub(super) fn keep(&self, key: &CacheKey, content: Content, read_at: UnixMillis) {
        if let Some(entries) = &self.entries {
            self.tidy(entries, read_at);
            entries.insert(key.clone(), Kept { content, read_at });
        }
    }

    pub(super) fn forget(&self, key: &CacheKey) {
        self.entries.iter().for_each(|entries| drop(entries.remove(key)));
    }

    pub(super) fn forget_all(&self) {
        self.entries.iter().for_each(Bounded::clear);
    }

    fn drop_all_after_a_silence(&self, entries: &Bounded<CacheKey, Kept>, now: UnixMillis) {
        let last_used = UnixMillis(self.last_used.swap(now.0, Ordering::Relaxed));
        if now.since(last_used) > MAX_AGE {
            entries.clear();
        }
    }

    /// Drops what is too old, as often as something may have become so.
    fn tidy(&self, entries: &Bounded<CacheKey, Kept>, now: UnixMillis) {
        if now.since(UnixMillis(self.last_tidied.load(Ordering::Relaxed))) > MAX_AGE {
            self.last_tidied.store(now.0, Ordering::Relaxed);
            entries.retain(|_, kept| now.is_within(MAX_AGE, kept.read_at));
        }
    }
}

/// In which form an entry under a key may be kept.
pub(super) const fn may_be_kept_open(key: &CacheKey) -> bool {
    matches!(key.kind().data_class(), DataClass::Public)
}

fn weight(key: &CacheKey, kept: &Kept) -> u64 {
    let (Content::AsStored(bytes) | Content::Open(_, bytes)) = &kept.content;
    (key.as_str().len() + bytes.len() + OVERHEAD_BYTES) as u64
}

#[cfg(test)]
mod tests {
    use super::{Content, Near};
    use bytes::Bytes;
    use medinsight_core::{CacheKey, UnixMillis};

    fn key() -> CacheKey {
        CacheKey::build("drug_info", "aspirin", None).expect("a key")
    }

    fn content() -> Content {
        Content::AsStored(Bytes::from_static(b"entry"))
    }

    #[test]
    fn an_entry_is_at_hand_for_less_than_five_seconds() {
        let near = Near::new(1_000_000);
        assert!(near.find(&key(), UnixMillis(10_000)).is_none());
        near.keep(&key(), content(), UnixMillis(10_000));
        assert!(near.find(&key(), UnixMillis(14_999)).is_some());
        assert!(near.find(&key(), UnixMillis(15_000)).is_none());
    }

    #[test]
    fn after_a_silence_of_its_life_everything_is_dropped() {
        let near = Near::new(1_000_000);
        assert!(near.find(&key(), UnixMillis(10_000)).is_none());
        near.keep(&key(), content(), UnixMillis(15_500));
        assert!(near.find(&key(), UnixMillis(16_000)).is_none());
    }

    #[test]
    fn without_room_nothing_is_kept() {
        let near = Near::new(0);
        near.keep(&key(), content(), UnixMillis(10_000));
        assert!(near.is_off() && near.find(&key(), UnixMillis(10_000)).is_none());
    }
}
