//! Entries as they lie in the store (format v1): the header, then the payload, compressed when that pays, then sealed.
//!
//! | bytes | of a sealed entry |
//! |---|---|
//! | 0-31 | the header, see [`EntryHeader`] |
//! | 32-43 | the nonce, random |
//! | 44- | the payload, encrypted with AES-256-GCM |
//! | the last 16 | the tag |
//!
//! The tag also authenticates the header and the entry's key in the store (associated data: the 32 bytes of the header,
//! then the key). So an entry cannot be moved to another key, given a longer life or another generation, or changed in
//! any bit. What shows without the keys is the header and how long the compressed payload is. In an entry that is not sealed the payload follows the header directly.

#[cfg(test)]
mod tests;

use super::keyring::{NONCE_BYTES, TAG_BYTES};
use super::nonces::{Entropy, Nonces};
use super::{Encryption, Keyring, compression};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use medinsight_core::request::check_object;
use medinsight_core::{CacheKey, EntryHeader, Generation, HEADER_BYTES, InvalidHeader, KeyId, Sealing, UnixMillis};
use std::cell::RefCell;

/// The longest payload that is stored, in bytes.
pub(super) const MAX_PAYLOAD_BYTES: usize = 1 << 20;

/// The longest entry, in bytes.
pub(super) const MAX_ENTRY_BYTES: usize = 1 << 20;

/// Where the payload of a sealed entry begins.
const SEALED_AT: usize = HEADER_BYTES + NONCE_BYTES;

/// Makes entries of payloads, and payloads of entries. Clones share the keys.
#[derive(Clone, Debug)]
pub struct Envelope {
    encryption: Encryption,
    /// Only tests have another source than the system.
    entropy: Entropy,
}

/// What a writer knows of an entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stamp {
    /// When it is written.
    pub written_at: UnixMillis,
    /// For how many seconds it is fresh.
    pub fresh_for_secs: u32,
    /// What it cost the origin to compute the answer, in milliseconds.
    pub origin_cost_ms: u32,
    /// The category's generation that was read before the computation began.
    pub generation: Generation,
}

/// What an entry holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Opened {
    /// An entry of this format: its header and its payload.
    Entry(EntryHeader, Bytes),
    /// A JSON object as the earlier service stored it. Nothing is known of its age.
    Legacy(Bytes),
}

impl Envelope {
    /// Entries as `encryption` wants them.
    #[must_use]
    pub fn new(encryption: Encryption) -> Self {
        Self { encryption, entropy: getrandom::fill }
    }

    /// Whether entries are sealed.
    #[must_use]
    pub fn encryption(&self) -> &Encryption {
        &self.encryption
    }

    /// Makes an entry, which can be opened only under the same key.
    ///
    /// # Errors
    ///
    /// [`NotWrapped`] when the entry is not to be stored.
    pub fn wrap(&self, key: &CacheKey, stamp: &Stamp, payload: &[u8]) -> Result<Bytes, NotWrapped> {
        self.wrap_as(key.as_str(), stamp, payload, &mut self.nonces(1))
    }

    /// Nonces for so many entries that are made one after the other.
    pub(super) const fn nonces(&self, entries: usize) -> Nonces {
        Nonces::new(self.entropy, entries)
    }

    /// [`Envelope::wrap`] with a given source of nonces, also for what is no entry of the store, under a name that is
    /// no key.
    pub(super) fn wrap_as(
        &self,
        name: &str,
        stamp: &Stamp,
        payload: &[u8],
        nonces: &mut Nonces,
    ) -> Result<Bytes, NotWrapped> {
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(NotWrapped::TooLarge);
        }
        let compressed = compression::compress(payload);
        let header = self.header(stamp, compressed.is_some()).encode();
        let payload = compressed.as_deref().unwrap_or(payload);
        let entry = match &self.encryption {
            Encryption::Sealed(keyring) => seal(keyring, nonces.draw()?, &header, name, payload)?,
            Encryption::Off => [header.as_slice(), payload].concat().into(),
        };
        if entry.len() > MAX_ENTRY_BYTES { Err(NotWrapped::TooLarge) } else { Ok(entry) }
    }

    /// Opens an entry that was read under a key.
    ///
    /// It takes the bytes and not a reference, because they are decrypted where they lie when nobody else has them.
    ///
    /// # Errors
    ///
    /// [`Unreadable`]: nothing of the entry may be used then.
    pub fn open(&self, key: &CacheKey, entry: Bytes) -> Result<Opened, Unreadable> {
        self.open_as(key.as_str(), entry)
    }

    /// [`Envelope::open`] for what is no entry of the store.
    pub(super) fn open_as(&self, name: &str, entry: Bytes) -> Result<Opened, Unreadable> {
        if entry.len() > MAX_ENTRY_BYTES {
            return Err(Unreadable::TooLarge);
        }
        let header = match EntryHeader::split(&entry) {
            Ok((header, _)) => header,
            Err(InvalidHeader::Foreign) => return self.legacy(entry),
            Err(error) => return Err(error.into()),
        };
        let decompressed = |text: &[u8]| compression::decompress(text).map(Bytes::from);
        let payload = match (&self.encryption, header.sealing) {
            (Encryption::Sealed(keyring), Sealing::Sealed(id)) => {
                let text = unseal(keyring, id, name, entry)?;
                if header.compressed { decompressed(&text)? } else { text.freeze() }
            }
            (Encryption::Off, Sealing::Plain) if header.compressed => decompressed(&entry[HEADER_BYTES..])?,
            (Encryption::Off, Sealing::Plain) => entry.slice(HEADER_BYTES..),
            (Encryption::Sealed(_), Sealing::Plain) => return Err(Unreadable::NotSealed),
            (Encryption::Off, Sealing::Sealed(_)) => return Err(Unreadable::UnknownKey),
        };
        Ok(Opened::Entry(header, payload))
    }

    fn header(&self, stamp: &Stamp, compressed: bool) -> EntryHeader {
        let Stamp { written_at, fresh_for_secs, origin_cost_ms, generation } = *stamp;
        let sealing = match &self.encryption {
            Encryption::Sealed(keyring) => Sealing::Sealed(keyring.sealing_key().id()),
            Encryption::Off => Sealing::Plain,
        };
        EntryHeader { compressed, sealing, written_at, fresh_for_secs, origin_cost_ms, generation }
    }

    /// What the earlier service stored is read while encryption is off; else whoever can write could plant it.
    fn legacy(&self, entry: Bytes) -> Result<Opened, Unreadable> {
        match &self.encryption {
            // By the rules that questions are read by: whoever gets it has to be able to read it.
            Encryption::Off if check_object(&entry).is_ok() => Ok(Opened::Legacy(entry)),
            Encryption::Off | Encryption::Sealed(_) => Err(Unreadable::Foreign),
        }
    }
}

fn seal(
    keyring: &Keyring,
    nonce: [u8; NONCE_BYTES],
    header: &[u8; HEADER_BYTES],
    name: &str,
    payload: &[u8],
) -> Result<Bytes, NotWrapped> {
    let mut entry = BytesMut::with_capacity(SEALED_AT + payload.len() + TAG_BYTES);
    entry.put_slice(header);
    entry.put_slice(&nonce);
    entry.put_slice(payload);
    let text = &mut entry[SEALED_AT..];
    let tag = with_associated_data(header, name, |associated| keyring.sealing_key().seal(nonce, associated, text));
    entry.put_slice(&tag.map_err(|_| NotWrapped::TooLarge)?);
    Ok(entry.freeze())
}

fn unseal(keyring: &Keyring, id: KeyId, name: &str, entry: Bytes) -> Result<BytesMut, Unreadable> {
    let sealing_key = keyring.find(id).ok_or(Unreadable::UnknownKey)?;
    let mut entry = entry.try_into_mut().unwrap_or_else(|shared| BytesMut::from(shared.as_ref()));
    let (header, sealed) = entry.split_first_chunk_mut::<HEADER_BYTES>().ok_or(Unreadable::Malformed)?;
    let (nonce, sealed) = sealed.split_first_chunk_mut::<NONCE_BYTES>().ok_or(Unreadable::Malformed)?;
    let (text, tag) = sealed.split_last_chunk_mut::<TAG_BYTES>().ok_or(Unreadable::Malformed)?;
    let opened = with_associated_data(header, name, |associated| sealing_key.open(*nonce, associated, text, *tag));
    opened.map_err(|_| Unreadable::NotAuthentic)?;
    entry.truncate(entry.len() - TAG_BYTES);
    entry.advance(SEALED_AT);
    Ok(entry)
}

/// The header has one length and one encoding, so that no two pairs have the same bytes. They are put together in
/// memory that each thread keeps for that.
fn with_associated_data<T>(header: &[u8; HEADER_BYTES], name: &str, act: impl FnOnce(&[u8]) -> T) -> T {
    thread_local! {
        static ASSOCIATED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    ASSOCIATED.with_borrow_mut(|associated| {
        associated.clear();
        associated.extend_from_slice(header);
        associated.extend_from_slice(name.as_bytes());
        act(associated)
    })
}

/// Why a payload is not made an entry.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotWrapped {
    /// The payload or the entry is longer than 1 MiB.
    #[error("the entry is too large to be stored")]
    TooLarge,
    /// The system gives no random bytes, and without them nothing is sealed.
    #[error("the system gives no random bytes")]
    NoRandomness,
}

impl NotWrapped {
    /// Every reason.
    pub const ALL: [Self; 2] = [Self::TooLarge, Self::NoRandomness];

    /// The name for counters and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::NoRandomness => "no-randomness",
        }
    }
}

/// Why an entry cannot be read. It is a miss.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// Something else wrote it.
    #[error("the entry is not of this format")]
    Foreign,
    /// A later release wrote it.
    #[error("the entry is of an unknown version")]
    UnknownVersion,
    /// It is damaged in a way that shows without a key.
    #[error("the entry is malformed")]
    Malformed,
    /// It lies open although entries are sealed here. Somebody may have planted it.
    #[error("the entry is not sealed")]
    NotSealed,
    /// It is sealed with a key that is not on the keyring.
    #[error("the entry is sealed with an unknown key")]
    UnknownKey,
    /// It, its header or its place was changed after it was sealed.
    #[error("the entry is not authentic")]
    NotAuthentic,
    /// It is compressed with a dictionary that this release does not have.
    #[error("the entry is compressed with an unknown dictionary")]
    UnknownDictionary,
    /// It is longer than 1 MiB, or would be when decompressed.
    #[error("the entry is too large")]
    TooLarge,
}

impl Unreadable {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::Foreign,
        Self::UnknownVersion,
        Self::Malformed,
        Self::NotSealed,
        Self::UnknownKey,
        Self::NotAuthentic,
        Self::UnknownDictionary,
        Self::TooLarge,
    ];

    /// The name for counters and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Foreign => "foreign",
            Self::UnknownVersion => "unknown-version",
            Self::Malformed => "malformed",
            Self::NotSealed => "not-sealed",
            Self::UnknownKey => "unknown-key",
            Self::NotAuthentic => "not-authentic",
            Self::UnknownDictionary => "unknown-dictionary",
            Self::TooLarge => "too-large",
        }
    }
}

impl From<InvalidHeader> for Unreadable {
    fn from(error: InvalidHeader) -> Self {
        match error {
            InvalidHeader::Foreign => Self::Foreign,
            InvalidHeader::UnknownVersion => Self::UnknownVersion,
            _ => Self::Malformed,
        }
    }
}
