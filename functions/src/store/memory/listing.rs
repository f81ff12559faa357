//! Listing entries in memory, in the order of their keys.

use super::{Kept, MemoryStore};
use crate::store::StoreError;
use crate::store::listing::{Page, PageToken, Record};
use medinsight_core::{CacheKey, EntryHeader, Pattern};

impl MemoryStore {
    /// One page of what a pattern matches.
    pub(in crate::store) fn page(&self, pattern: &Pattern, from: PageToken, room: usize) -> Result<Page, StoreError> {
        self.reach()?;
        let mut found: Vec<_> = self.living().filter(|(key, _)| pattern.matches(key)).collect();
        found.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let end = from.skip.saturating_add(room);
        let next = (found.len() > end).then_some(PageToken { skip: end, ..from });
        let records = found.into_iter().skip(from.skip).take(room).map(|(key, kept)| record(&key, &kept));
        let generation = self.ledger().generations.get(&pattern.category()).copied();
        Ok(Page { records: records.collect(), next, generation })
    }
}

fn record(key: &CacheKey, kept: &Kept) -> Record {
    Record {
        key: key.as_str().to_owned(),
        header: EntryHeader::split(&kept.entry).ok().map(|(header, _)| header),
        size_bytes: kept.entry.len() as u64,
        expires_in: kept.keep_for.map(|keep_for| keep_for.saturating_sub(kept.kept_since.elapsed())),
    }
}
