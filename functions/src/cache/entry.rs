//! Entries as they lie in the store: the header, then the payload.

use super::{Answer, CacheStatus};
use bytes::{BufMut, Bytes, BytesMut};
use medinsight_core::{Assessment, EntryHeader, Freshness, Generation, HEADER_BYTES, Lifetime, Sealing, UnixMillis};

/// The largest payload that is stored.
const MAX_PAYLOAD_BYTES: usize = 1 << 20;

/// An entry that was read, and what is known of its age.
#[derive(Debug)]
pub(super) struct Entry {
    payload: Bytes,
    assessment: Assessment,
}

impl Entry {
    /// Opens an entry; `None` when it is malformed or of another generation.
    pub(super) fn open(
        bytes: &Bytes,
        life: &Lifetime,
        generation: Generation,
        now: UnixMillis,
    ) -> Option<(Self, Freshness)> {
        let (header, _) = EntryHeader::split(bytes).ok()?;
        if header.generation != generation || header.compressed || header.sealing != Sealing::Plain {
            return None;
        }
        let assessment = Freshness::assess(life, &header, now);
        let payload = bytes.slice(HEADER_BYTES..);
        Some((Self { payload, assessment }, assessment.freshness))
    }

    /// The payload as an answer; it is the stored bytes as they are.
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

/// Frames a payload; `None` when it is too large to be stored.
pub(super) fn frame(
    payload: &[u8],
    written_at: UnixMillis,
    fresh_for_secs: u32,
    origin_cost_ms: u32,
    generation: Generation,
) -> Option<Bytes> {
    if payload.len() > MAX_PAYLOAD_BYTES {
        return None;
    }
    let header = EntryHeader {
        compressed: false,
        sealing: Sealing::Plain,
        written_at,
        fresh_for_secs,
        origin_cost_ms,
        generation,
    };
    let mut entry = BytesMut::with_capacity(HEADER_BYTES + payload.len());
    entry.put_slice(&header.encode());
    entry.put_slice(payload);
    Some(entry.freeze())
}
