//! Batches as the store has them.
//!
//! | bytes | |
//! |---|---|
//! | 0 | the format, 1 |
//! | 1-8 | the name of the sampling key |
//! | 9 | how often the share of sampled keys was halved |
//! | 10-17 | when the first request was, in milliseconds since 1970 |
//! | 18-21 | how many requests there were, sampled or not |
//! | 22- | 11 bytes for each event: hash (the upper 6), tenths of a second since the first request (3), class of the age (1), count (1) |
//!
//! Numbers are big-endian.

use super::age::AgeClass;
use super::gathering::MAX_EVENTS;
use bytes::{Buf, BufMut, Bytes};
use medinsight_core::UnixMillis;

const FORMAT: u8 = 1;
const HEAD_BYTES: usize = 22;
const EVENT_BYTES: usize = 11;
const HASH_BYTES: usize = 6;
/// The bits of a hash that are not kept.
const LOST_BITS: u32 = 16;
const TENTH_MS: u64 = 100;
/// The longest time that three bytes have: 19 days.
const MOST_TENTHS: u64 = (1 << 24) - 1;

/// What one process gathered for one endpoint.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Batch {
    /// The name of the key of the hashes.
    pub tag: u64,
    /// How often the share of sampled keys was halved: it is 2^-halvings.
    pub halvings: u8,
    /// When the first request was.
    pub started_at: UnixMillis,
    /// How many requests there were, sampled or not.
    pub requests: u32,
    /// Those for sampled keys.
    pub events: Vec<Event>,
}

/// Requests for one sampled key at about the same time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Event {
    /// When the first of them was.
    pub at: UnixMillis,
    /// The keyed hash of the entry's key; the store keeps its upper 48 bits.
    pub hash: u64,
    /// How old the entry was that answered.
    pub age: AgeClass,
    /// How many requests.
    pub count: u8,
}

impl Batch {
    /// The highest hash that is sampled after so many halvings.
    #[must_use]
    pub fn bound_after(halvings: u8) -> u64 {
        u64::MAX.checked_shr(halvings.into()).unwrap_or_default()
    }

    /// The batch as the store has it.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + EVENT_BYTES * self.events.len());
        bytes.put_u8(FORMAT);
        bytes.put_u64(self.tag);
        bytes.put_u8(self.halvings);
        bytes.put_u64(self.started_at.0);
        bytes.put_u32(self.requests);
        for event in &self.events {
            let tenths = event.at.0.saturating_sub(self.started_at.0) / TENTH_MS;
            bytes.put_uint(event.hash >> LOST_BITS, HASH_BYTES);
            bytes.put_uint(tenths.min(MOST_TENTHS), 3);
            bytes.put_u8(event.age.0);
            bytes.put_u8(event.count);
        }
        bytes.into()
    }

    /// A batch that the store has; `None` when it is none.
    #[must_use]
    pub fn decode(mut bytes: &[u8]) -> Option<Self> {
        let is_whole = bytes.len() >= HEAD_BYTES && (bytes.len() - HEAD_BYTES).is_multiple_of(EVENT_BYTES);
        let is_short = bytes.len() <= HEAD_BYTES + MAX_EVENTS * EVENT_BYTES;
        if !(is_whole && is_short && bytes.get_u8() == FORMAT) {
            return None;
        }
        let (tag, halvings) = (bytes.get_u64(), bytes.get_u8());
        let (started_at, requests) = (UnixMillis(bytes.get_u64()), bytes.get_u32());
        let mut events = Vec::with_capacity(bytes.len() / EVENT_BYTES);
        while bytes.has_remaining() {
            let hash = bytes.get_uint(HASH_BYTES) << LOST_BITS;
            let at = UnixMillis(started_at.0.saturating_add(bytes.get_uint(3) * TENTH_MS));
            events.push(Event { at, hash, age: AgeClass(bytes.get_u8()), count: bytes.get_u8() });
        }
        Some(Self { tag, halvings, started_at, requests, events })
    }
}

#[cfg(test)]
mod tests {
    use super::{AgeClass, Batch, Event, MAX_EVENTS};
    use medinsight_core::UnixMillis;
    use proptest::prelude::*;

    prop_compose! {
        fn events(started_at: u64)(
            parts in prop::collection::vec((0_u64..1 << 48, 0_u64..1 << 24, any::<u8>(), any::<u8>()), 0..=MAX_EVENTS)
        ) -> Vec<Event> {
            let event = |(hash, tenths, age, count)| {
                let at = UnixMillis(started_at + tenths * 100);
                Event { at, hash: hash << 16, age: AgeClass(age), count }
            };
            parts.into_iter().map(event).collect()
        }
    }

    proptest! {
        #[test]
        fn a_batch_is_read_as_it_was_written(
            events in events(7), tag in any::<u64>(), halvings in any::<u8>(), requests in any::<u32>(),
        ) {
            let batch = Batch { tag, halvings, started_at: UnixMillis(7), requests, events };
            prop_assert_eq!(Batch::decode(&batch.encode()), Some(batch));
        }

        #[test]
        fn bytes_of_others_are_no_batch_or_another_one_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some(batch) = Batch::decode(&bytes) {
                prop_assert_eq!(batch.encode().len(), bytes.len());
            }
        }
    }
}
