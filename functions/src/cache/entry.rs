//! Entries as the engine sees them: the payload and what is known of its age.

use super::{Answer, CacheStatus, Envelope, Opened, Unreadable};
use bytes::Bytes;
use medinsight_core::{Assessment, CacheKey, Freshness, Generation, Lifetime, UnixMillis};

/// An entry that was read, and what is known of its age.
#[derive(Debug)]
pub(super) struct Entry {
    payload: Bytes,
    assessment: Assessment,
}

/// Why an entry is none for the engine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Unusable {
    /// It cannot be read.
    Unreadable(Unreadable),
    /// The category was cleared since.
    Cleared,
    /// The earlier service wrote it; it says neither how old it is nor whether it was cleared.
    Legacy,
}

impl Entry {
    /// Opens an entry that was read under a key.
    pub(super) fn open(
        envelope: &Envelope,
        key: &CacheKey,
        bytes: Bytes,
        life: &Lifetime,
        generation: Generation,
        now: UnixMillis,
    ) -> Result<(Self, Freshness), Unusable> {
        match envelope.open(key, bytes).map_err(Unusable::Unreadable)? {
            Opened::Legacy(_) => Err(Unusable::Legacy),
            Opened::Entry(header, _) if header.generation != generation => Err(Unusable::Cleared),
            Opened::Entry(header, payload) => {
                let assessment = Freshness::assess(life, &header, now);
                Ok((Self { payload, assessment }, assessment.freshness))
            }
        }
    }

    /// The payload as an answer; it is the bytes that were stored as they are.
    pub(super) fn into_answer(self, status: CacheStatus) -> Answer {
        let Assessment { age, fresh_for, .. } = self.assessment;
        let secs = |secs| i64::try_from(secs).unwrap_or(i64::MAX);
        Answer {
            body: self.payload,
            status,
            age: Some(age),
            is_stored: true,
            ttl_secs: Some(secs(fresh_for.as_secs()).saturating_sub(secs(age.as_secs()))),
        }
    }
}
