//! The keys that seal entries: AES-256-GCM, named by number, so that they can be exchanged without losing an entry.

use super::sampling::SamplingKey;
use aes_gcm::aead::{AeadInOut, Error, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use base64ct::{Base64, Encoding};
use medinsight_core::KeyId;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The length of a nonce, in bytes.
pub(super) const NONCE_BYTES: usize = 12;

/// The length of an authentication tag, in bytes.
pub(super) const TAG_BYTES: usize = 16;

const KEY_BYTES: usize = 32;
const MAX_KEYS: usize = 16;

/// The keys that seal and open entries: the first one seals, all of them open. Clones share the keys.
///
/// Nonces are 96 random bits, so one key may seal 2^32 entries at most (NIST SP 800-38D, section 8.3): more than a year
/// of 100 writes a second, seven weeks of 1,000. Exchange the first key well before that.
///
/// # Syntax
///
/// `id:key` pairs, separated by commas. An id is a whole number from 1 to 4294967295, used once; a key is 32 bytes in
/// standard base64 with padding. There are at most 16.
///
/// # Rotation
///
/// First add the new key at the end and let every process start with it; then move it to the front; take the old one
/// away when its entries have expired. In this order nobody meets an entry that it cannot open; entries that never
/// expire are computed anew.
///
/// ```
/// use medinsight_functions::cache::{InvalidKeyring, Keyring};
///
/// let one = "1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
/// assert_eq!(format!("{:?}", one.parse::<Keyring>()?), "Keyring([1])");
/// assert_eq!(format!("{one},{one}").parse::<Keyring>().err(), Some(InvalidKeyring::RepeatedId));
/// # Ok::<(), InvalidKeyring>(())
/// ```
#[derive(Clone)]
pub struct Keyring(Arc<Keys>);

struct Keys {
    first: SealingKey,
    others: Vec<SealingKey>,
}

/// One key. Its cipher wipes what was derived from the key when it goes.
pub(super) struct SealingKey {
    id: KeyId,
    cipher: Aes256Gcm,
    sampling_key: SamplingKey,
}

impl Keyring {
    /// One random key that nobody else has, for entries that do not outlive this process.
    ///
    /// # Errors
    ///
    /// What `fill` fails with; it has to fill a buffer with random bytes, as [`getrandom::fill`] does.
    pub fn ephemeral<E>(fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        fill(key.as_mut_slice())?;
        let first = SealingKey::new(KeyId(NonZeroU32::MIN), &key);
        Ok(Self(Arc::new(Keys { first, others: Vec::new() })))
    }

    /// The ids of the keys, that of the one that seals first.
    pub(crate) fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.0.all().map(SealingKey::id)
    }

    /// The key for samples of requests that is derived from the one that seals.
    pub(super) fn sampling_key(&self) -> SamplingKey {
        self.0.first.sampling_key
    }

    /// The key that seals.
    pub(super) fn sealing_key(&self) -> &SealingKey {
        &self.0.first
    }

    /// The key with this id.
    pub(super) fn find(&self, id: KeyId) -> Option<&SealingKey> {
        self.0.all().find(|key| key.id == id)
    }
}

impl Keys {
    fn all(&self) -> impl Iterator<Item = &SealingKey> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl FromStr for Keyring {
    type Err = InvalidKeyring;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pairs = text.split(',');
        if pairs.clone().count() > MAX_KEYS {
            return Err(InvalidKeyring::TooMany);
        }
        let mut keys = Vec::with_capacity(MAX_KEYS);
        for pair in pairs {
            let key: SealingKey = pair.parse()?;
            if keys.iter().any(|other: &SealingKey| other.id == key.id) {
                return Err(InvalidKeyring::RepeatedId);
            }
            keys.push(key);
        }
        let mut keys = keys.into_iter();
        let first = keys.next().ok_or(InvalidKeyring::NoPair)?;
        Ok(Self(Arc::new(Keys { first, others: keys.collect() })))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.0.all().map(|key| key.id.0.get()).collect();
        f.debug_tuple("Keyring").field(&format_args!("{ids:?}")).finish()
    }
}

impl SealingKey {
    fn new(id: KeyId, key: &[u8; KEY_BYTES]) -> Self {
        Self { id, cipher: Aes256Gcm::new(key.into()), sampling_key: SamplingKey::of_secret(key) }
    }

    /// The key's name.
    pub(super) fn id(&self) -> KeyId {
        self.id
    }

    /// Encrypts in place and returns the tag, which also authenticates the associated data.
    ///
    /// # Errors
    ///
    /// When the text is longer than 64 GiB.
    pub(super) fn seal(
        &self,
        nonce: [u8; NONCE_BYTES],
        associated: &[u8],
        text: &mut [u8],
    ) -> Result<[u8; TAG_BYTES], Error> {
        let tag = self.cipher.encrypt_inout_detached(&Nonce::from(nonce), associated, text.into())?;
        Ok(tag.into())
    }

    /// Decrypts in place.
    ///
    /// # Errors
    ///
    /// When any bit is not the one that was sealed; then the text is untouched.
    pub(super) fn open(
        &self,
        nonce: [u8; NONCE_BYTES],
        associated: &[u8],
        text: &mut [u8],
        tag: [u8; TAG_BYTES],
    ) -> Result<(), Error> {
        self.cipher.decrypt_inout_detached(&Nonce::from(nonce), associated, text.into(), &Tag::from(tag))
    }
}

impl FromStr for SealingKey {
    type Err = InvalidKeyring;

    fn from_str(pair: &str) -> Result<Self, Self::Err> {
        let (id, key) = pair.split_once(':').ok_or(InvalidKeyring::NoPair)?;
        // `parse` alone would also take a sign.
        let is_number = id.bytes().all(|byte| byte.is_ascii_digit());
        let id = id.parse().ok().filter(|_| is_number).ok_or(InvalidKeyring::BadId)?;
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        // The decoder's time does not depend on the text, and it takes no key that has a second spelling.
        match Base64::decode(key, bytes.as_mut_slice()) {
            Ok(decoded) if decoded.len() == KEY_BYTES => Ok(Self::new(KeyId(id), &bytes)),
            _ => Err(InvalidKeyring::BadKey),
        }
    }
}

/// The rule that a text breaks as a [`Keyring`]. It never says with what.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKeyring {
    /// Something is no pair.
    #[error("pairs id:key, separated by commas")]
    NoPair,
    /// There are too many pairs.
    #[error("at most {MAX_KEYS} pairs id:key")]
    TooMany,
    /// An id is malformed.
    #[error("pairs id:key whose ids are whole numbers from 1 to 4294967295")]
    BadId,
    /// Two keys have the same id.
    #[error("pairs id:key whose ids differ")]
    RepeatedId,
    /// A key is malformed.
    #[error("pairs id:key whose keys are 32 bytes in base64 with padding")]
    BadKey,
}

#[cfg(test)]
mod tests {
    use super::{InvalidKeyring, Keyring};
    use base64ct::{Base64, Encoding};

    fn key(byte: u8, length: usize) -> String {
        Base64::encode_string(&vec![byte; length])
    }

    fn error(text: &str) -> Option<InvalidKeyring> {
        text.parse::<Keyring>().err()
    }

    #[test]
    fn keys_have_exactly_32_bytes_in_base64_with_padding() {
        let key_32 = key(0xAA, 32);
        assert_eq!(error(&format!("1:{key_32}")), None);
        let no_padding = key_32.trim_end_matches('=').to_owned();
        let url_alphabet = Base64::encode_string(&[0xFB; 32]).replace('+', "-").replace('/', "_");
        // The last character of a key has two bits that mean nothing; they have to be zero.
        let second_spelling = key_32.replace("o=", "p=");
        assert_ne!(second_spelling, key_32);
        let blank = format!(" {key_32}");
        for bad in [key(0, 0), key(0, 31), key(0, 33), key(0, 64), no_padding, url_alphabet, second_spelling, blank] {
            assert_eq!(error(&format!("1:{bad}")), Some(InvalidKeyring::BadKey), "{bad}");
        }
    }

    #[test]
    fn ids_are_whole_numbers_from_1_that_differ() {
        let key = key(1, 32);
        assert_eq!(error(&format!("4294967295:{key}")), None);
        for id in ["", "0", "00", "-1", "+1", " 1", "1 ", "4294967296", "one"] {
            assert_eq!(error(&format!("{id}:{key}")), Some(InvalidKeyring::BadId), "{id}");
        }
        assert_eq!(error(&format!("7:{key},07:{key}")), Some(InvalidKeyring::RepeatedId));
    }

    #[test]
    fn a_keyring_has_1_to_16_keys() {
        let pairs = |count: u32| (1..=count).map(|id| format!("{id}:{}", key(1, 32))).collect::<Vec<_>>().join(",");
        assert_eq!(error(&pairs(16)), None);
        assert_eq!(error(&pairs(17)), Some(InvalidKeyring::TooMany));
        for text in ["", ",", "1", &format!("{},", pairs(1)), &format!(",{}", pairs(1))] {
            assert_eq!(error(text), Some(InvalidKeyring::NoPair), "{text}");
        }
    }

    #[test]
    fn debug_output_shows_the_ids_and_nothing_of_the_keys() {
        let keyring: Keyring = format!("2:{},1:{}", key(0x41, 32), key(0x42, 32)).parse().expect("a keyring");
        assert_eq!(format!("{keyring:?}"), "Keyring([2, 1])");
    }

    #[test]
    fn an_ephemeral_key_is_as_random_as_its_source() {
        assert_eq!(Keyring::ephemeral(|_| Err("no randomness")).err(), Some("no randomness"));
        let mut bytes_asked_for = 0;
        let filled = Keyring::ephemeral(|key| {
            bytes_asked_for = key.len();
            Ok::<_, ()>(())
        });
        assert!(filled.is_ok());
        assert_eq!(bytes_asked_for, 32);
    }
}
