//! Entries as the engine sees them: the payload and what is known of its age.

use super::{Answer, CacheStatus, Envelope, Opened, Unreadable};
use crate::origin::OriginError;
use bytes::Bytes;
use medinsight_core::{Assessment, CacheKey, EntryHeader, Freshness, Generation, Lifetime, UnixMillis};
use std::time::Duration;

/// An entry that was read, and what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    payload: Bytes,
    /// None for a value of the earlier service, which says nothing of its age.
    known: Option<(EntryHeader, Assessment)>,
}

/// Why an entry is none for the engine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Unusable {
    /// It cannot be read.
    Unreadable(Unreadable),
    /// The category was cleared since.
    Cleared,
}

impl Entry {
    /// Opens an entry that was read under a key. A value of the earlier service is fresh for as long as the store keeps
    /// it: that service gave each value its time to live in the store, and nothing else.
    pub(super) fn open(
        envelope: &Envelope,
        key: &CacheKey,
        bytes: Bytes,
        life: &Lifetime,
        generation: Generation,
        now: UnixMillis,
    ) -> Result<(Self, Freshness), Unusable> {
        match envelope.open(key, bytes).map_err(Unusable::Unreadable)? {
            Opened::Legacy(payload) => Ok((Self { payload, known: None }, Freshness::Fresh)),
            Opened::Entry(header, payload) => Self::of(header, payload, life, generation, now),
        }
    }

    /// An entry that has been opened.
    pub(super) fn of(
        header: EntryHeader,
        payload: Bytes,
        life: &Lifetime,
        generation: Generation,
        now: UnixMillis,
    ) -> Result<(Self, Freshness), Unusable> {
        if header.generation != generation {
            return Err(Unusable::Cleared);
        }
        let assessment = Freshness::assess(life, &header, now);
        Ok((Self { payload, known: Some((header, assessment)) }, assessment.freshness))
    }

    pub(super) fn header(&self) -> Option<EntryHeader> {
        self.known.map(|(header, _)| header)
    }

    /// For how long it was meant to be fresh, if it says so.
    pub(super) fn fresh_for(&self) -> Option<Duration> {
        self.known.map(|(_, assessment)| assessment.fresh_for)
    }

    pub(super) const fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// The entry as a stale answer, because the origin failed. That there is no answer is no failure, and the entry of an
    /// earlier one must not hide it.
    pub(super) fn instead_of(self, error: OriginError) -> Result<Answer, OriginError> {
        match error {
            OriginError::UnknownDrug => Err(error),
            OriginError::TimedOut | OriginError::Unavailable | OriginError::Failed => {
                Ok(self.into_answer(CacheStatus::Stale))
            }
        }
    }

    /// The payload as an answer; it is the bytes that were stored as they are.
    pub(super) fn into_answer(self, status: CacheStatus) -> Answer {
        let assessment = self.known.map(|(_, assessment)| assessment);
        let ttl_secs = assessment.map(remaining_secs);
        let origin_cost = self.header().map(|header| Duration::from_millis(header.origin_cost_ms.into()));
        Answer {
            body: self.payload,
            status,
            age: assessment.map(|assessment| assessment.age),
            is_stored: true,
            // What is stale for another reason than its age has no time left either.
            ttl_secs: if status == CacheStatus::Stale { Some(ttl_secs.unwrap_or(0).min(0)) } else { ttl_secs },
            origin_cost,
        }
    }
}

fn remaining_secs(assessment: Assessment) -> i64 {
    let secs = |secs| i64::try_from(secs).unwrap_or(i64::MAX);
    secs(assessment.fresh_for.as_secs()).saturating_sub(secs(assessment.age.as_secs()))
}
