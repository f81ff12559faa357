//! Whether entries are sealed: what the settings say, and what follows for a store.

use super::Keyring;

/// Whether entries are sealed.
#[derive(Clone, Debug)]
pub enum Encryption {
    /// Every entry is, whatever it is about, and no other is read: whoever can write to the store could plant one.
    Sealed(Keyring),
    /// None is, also none about a person.
    Off,
}

impl Encryption {
    /// The name for logs and reports.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Sealed(_) => "sealed",
            Self::Off => "off",
        }
    }
}

/// What the settings say about encryption.
#[derive(Clone, Debug)]
pub enum EncryptionSetting {
    /// These keys are to be used.
    Keys(Keyring),
    /// It is turned off, by that name.
    Off,
    /// Nothing; then it depends on the store.
    Unset,
}

/// Who else can read a store.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StoreScope {
    /// It ends with this process.
    ThisProcess,
    /// It is shared and outlives the process.
    Shared,
}

impl EncryptionSetting {
    /// What holds for a store. Without keys, the entries of a store in memory are sealed with one of the moment.
    ///
    /// # Errors
    ///
    /// [`NoEncryption`] when a shared store has no keys, or the system no random bytes.
    pub fn decide(&self, scope: StoreScope) -> Result<Encryption, NoEncryption> {
        match (self, scope) {
            (Self::Keys(keyring), _) => Ok(Encryption::Sealed(keyring.clone())),
            (Self::Off, _) => Ok(Encryption::Off),
            (Self::Unset, StoreScope::Shared) => Err(NoEncryption::KeysMissing),
            (Self::Unset, StoreScope::ThisProcess) => {
                Keyring::ephemeral(getrandom::fill).map(Encryption::Sealed).map_err(|_| NoEncryption::NoRandomness)
            }
        }
    }
}

/// Why a process must not start.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoEncryption {
    /// Personal data would lie open in a shared store, and nobody said that they may.
    #[error("CACHE_ENCRYPTION_KEYS must be set when Redis is used, or CACHE_ENCRYPTION must be off")]
    KeysMissing,
    /// There is nothing to make a key of.
    #[error("the system gives no random bytes")]
    NoRandomness,
}

#[cfg(test)]
mod tests {
    use super::{Encryption, EncryptionSetting, NoEncryption, StoreScope};

    #[test]
    fn a_shared_store_needs_keys_or_the_word_off() {
        let unset = EncryptionSetting::Unset.decide(StoreScope::Shared);
        assert_eq!(unset.err(), Some(NoEncryption::KeysMissing));
        assert!(matches!(EncryptionSetting::Off.decide(StoreScope::Shared), Ok(Encryption::Off)));
        assert_eq!(
            NoEncryption::KeysMissing.to_string(),
            "CACHE_ENCRYPTION_KEYS must be set when Redis is used, or CACHE_ENCRYPTION must be off"
        );
    }

    #[test]
    fn a_store_in_memory_is_sealed_without_any_setting() {
        let unset = EncryptionSetting::Unset.decide(StoreScope::ThisProcess);
        assert!(matches!(unset, Ok(Encryption::Sealed(_))));
    }
}
