//! The fixed header in front of every stored payload (format v1).
//!
//! | bytes | field |
//! |---|---|
//! | 0-1 | magic `MI` |
//! | 2 | version, 1 |
//! | 3 | flags: bit 0 compressed, bit 1 encrypted, the others zero |
//! | 4-7 | key id; zero unless encrypted |
//! | 8-15 | written at, milliseconds since 1970 |
//! | 16-19 | fresh for, seconds |
//! | 20-23 | origin cost, milliseconds |
//! | 24-31 | generation |
//!
//! Numbers are big-endian. The header is part of what a sealed payload is authenticated with, so each header has
//! exactly one encoding.

use crate::UnixMillis;

/// The length of the header, in bytes.
pub const HEADER_BYTES: usize = 32;

const MAGIC: [u8; 2] = *b"MI";
const VERSION: u8 = 1;
const COMPRESSED: u8 = 0b01;
const ENCRYPTED: u8 = 0b10;

/// Names a sealing key. It is never zero: zero marks a payload that is not sealed.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct KeyId(pub std::num::NonZeroU32);

/// A category's generation: a random token that is compared for equality and never ordered.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Generation(pub u64);

/// Whether a payload is sealed, and with which key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sealing {
    /// It lies open.
    Plain,
    /// It is encrypted and authenticated with this key.
    Sealed(KeyId),
}

/// What is known of an entry without opening it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EntryHeader {
    /// Whether the payload is compressed (before it was sealed).
    pub compressed: bool,
    /// Whether and how the payload is sealed.
    pub sealing: Sealing,
    /// When the entry was written.
    pub written_at: UnixMillis,
    /// For how many seconds it is fresh.
    pub fresh_for_secs: u32,
    /// What it cost the origin to compute the answer, in milliseconds: what every hit saves.
    pub origin_cost_ms: u32,
    /// The category's generation that was read before the computation began.
    pub generation: Generation,
}

impl EntryHeader {
    /// The header's bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        let fields = [
            MAGIC.as_slice(),
            &[VERSION, self.flags()],
            &self.key_id().to_be_bytes(),
            &self.written_at.0.to_be_bytes(),
            &self.fresh_for_secs.to_be_bytes(),
            &self.origin_cost_ms.to_be_bytes(),
            &self.generation.0.to_be_bytes(),
        ];
        for (byte, value) in out.iter_mut().zip(fields.into_iter().flatten()) {
            *byte = *value;
        }
        out
    }

    /// Splits a stored entry into its header and its payload.
    ///
    /// # Errors
    ///
    /// [`InvalidHeader`] when the bytes are too few, or are not the encoding of a header.
    ///
    /// ```
    /// use medinsight_core::{EntryHeader, InvalidHeader};
    ///
    /// assert_eq!(EntryHeader::split(b"{\"an\": \"older value\", \"written\": \"as JSON\"}"), Err(InvalidHeader::Foreign));
    /// ```
    pub fn split(entry: &[u8]) -> Result<(Self, &[u8]), InvalidHeader> {
        let mut rest = entry;
        if take::<2>(&mut rest)? != MAGIC {
            return Err(InvalidHeader::Foreign);
        }
        let [version, flags] = take(&mut rest)?;
        if version != VERSION {
            return Err(InvalidHeader::UnknownVersion);
        }
        let header = Self {
            compressed: flags & COMPRESSED != 0,
            sealing: sealing(flags, u32::from_be_bytes(take(&mut rest)?))?,
            written_at: UnixMillis(u64::from_be_bytes(take(&mut rest)?)),
            fresh_for_secs: u32::from_be_bytes(take(&mut rest)?),
            origin_cost_ms: u32::from_be_bytes(take(&mut rest)?),
            generation: Generation(u64::from_be_bytes(take(&mut rest)?)),
        };
        Ok((header, rest))
    }

    fn flags(&self) -> u8 {
        let compressed = if self.compressed { COMPRESSED } else { 0 };
        match self.sealing {
            Sealing::Plain => compressed,
            Sealing::Sealed(_) => compressed | ENCRYPTED,
        }
    }

    fn key_id(&self) -> u32 {
        match self.sealing {
            Sealing::Plain => 0,
            Sealing::Sealed(KeyId(id)) => id.get(),
        }
    }
}

/// Takes the first `N` bytes off.
fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], InvalidHeader> {
    let (first, others) = rest.split_first_chunk::<N>().ok_or(InvalidHeader::Truncated)?;
    *rest = others;
    Ok(*first)
}

fn sealing(flags: u8, key_id: u32) -> Result<Sealing, InvalidHeader> {
    if flags & !(COMPRESSED | ENCRYPTED) != 0 {
        return Err(InvalidHeader::Malformed);
    }
    match (flags & ENCRYPTED != 0, std::num::NonZeroU32::new(key_id)) {
        (false, None) => Ok(Sealing::Plain),
        (true, Some(id)) => Ok(Sealing::Sealed(KeyId(id))),
        (false, Some(_)) | (true, None) => Err(InvalidHeader::Malformed),
    }
}

/// Why some bytes do not begin with a header.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidHeader {
    /// Something else wrote them.
    #[error("the entry has not the format's magic bytes")]
    Foreign,
    /// They are of a version that this build does not know.
    #[error("the entry is of an unknown version")]
    UnknownVersion,
    /// They end before the header does.
    #[error("the entry is shorter than its header")]
    Truncated,
    /// Flags and key id contradict each other, or flags are set that mean nothing.
    #[error("the entry's flags are malformed")]
    Malformed,
}

#[cfg(test)]
mod tests {
    use super::{EntryHeader, Generation, HEADER_BYTES, InvalidHeader, KeyId, Sealing};
    use crate::UnixMillis;
    use proptest::prelude::*;
    use std::num::NonZeroU32;

    fn any_header() -> impl Strategy<Value = EntryHeader> {
        (any::<bool>(), any::<u32>(), any::<u64>(), any::<u32>(), any::<u32>(), any::<u64>()).prop_map(
            |(compressed, key_id, written_at, fresh_for_secs, origin_cost_ms, generation)| EntryHeader {
                compressed,
                sealing: NonZeroU32::new(key_id % 4).map_or(Sealing::Plain, |id| Sealing::Sealed(KeyId(id))),
                written_at: UnixMillis(written_at),
                fresh_for_secs,
                origin_cost_ms,
                generation: Generation(generation),
            },
        )
    }

    #[test]
    fn the_bytes_of_a_known_header_are_pinned() {
        let header = EntryHeader {
            compressed: true,
            sealing: NonZeroU32::new(3).map_or(Sealing::Plain, |id| Sealing::Sealed(KeyId(id))),
            written_at: UnixMillis(0x0102_0304_0506_0708),
            fresh_for_secs: 3_600,
            origin_cost_ms: 3_000,
            generation: Generation(0xFFEE_DDCC_BBAA_9988),
        };
        let expected = "4d4901030000000301020304050607080000 0e1000000bb8ffeeddccbbaa9988".replace(' ', "");
        assert_eq!(hex::encode(header.encode()), expected);
    }

    proptest! {
        #[test]
        fn a_header_survives_its_round_trip(header in any_header(), payload in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut entry = header.encode().to_vec();
            entry.extend_from_slice(&payload);
            prop_assert_eq!(EntryHeader::split(&entry), Ok((header, payload.as_slice())));
        }

        #[test]
        fn every_header_has_exactly_one_encoding(bytes in prop::collection::vec(any::<u8>(), HEADER_BYTES - 4)) {
            let mut entry = vec![b'M', b'I', 1, bytes.first().copied().unwrap_or(0) & 0b111];
            entry.extend_from_slice(&bytes);
            if let Ok((header, _)) = EntryHeader::split(&entry) {
                prop_assert_eq!(header.encode().to_vec(), entry);
            }
        }

        #[test]
        fn a_truncated_header_is_refused(header in any_header(), length in 0..HEADER_BYTES) {
            let bytes = header.encode();
            prop_assert_eq!(EntryHeader::split(bytes.split_at(length).0), Err(InvalidHeader::Truncated));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = EntryHeader::split(&bytes);
        }
    }
}
