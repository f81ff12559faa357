//! What can be said of the settings alone.

use super::{Check, Finding};
use crate::cache::{Encryption, EncryptionSetting, StoreScope};
use crate::config::{Config, InvalidSetting};
use std::error::Error;

const MAKE_A_KEY: &str = "set CACHE_ENCRYPTION_KEYS to 1:KEY, where KEY is made by `head -c 32 /dev/urandom | base64`, the \
     same in every process";

/// A setting that breaks its rule.
pub(super) fn broken(error: &InvalidSetting) -> Finding {
    Finding::broken(Check::Configuration, error.to_string(), "correct the setting; the README lists all of them")
}

/// Settings of which no store can be made: a file of certificates that cannot be read.
pub(super) fn unusable(error: &dyn Error) -> Finding {
    Finding::broken(Check::Tls, error.to_string(), "let REDIS_CA_FILE be a readable file of certificates in PEM")
}

/// What there is to say before anything is connected to.
pub(super) fn judge(config: &Config) -> Vec<Finding> {
    if config.redis.is_none() {
        let text = "the settings are valid; each process has a store of its own in memory, as REDIS_URL is not set";
        return vec![Finding::good(Check::Configuration, text)];
    }
    vec![Finding::good(Check::Configuration, "the settings are valid"), encryption(&config.encryption), keys(config)]
}

fn encryption(setting: &EncryptionSetting) -> Finding {
    match setting.decide(StoreScope::Shared) {
        Ok(Encryption::Sealed(_)) => Finding::good(Check::Encryption, "entries are sealed"),
        Ok(Encryption::Off) => Finding::warning(
            Check::Encryption,
            "entries about persons lie open in the store, because CACHE_ENCRYPTION is off",
            format!("remove CACHE_ENCRYPTION and {MAKE_A_KEY}"),
        ),
        Err(error) => Finding::broken(Check::Encryption, error.to_string(), MAKE_A_KEY),
    }
}

fn keys(config: &Config) -> Finding {
    match config.key_secret {
        Some(_) => Finding::good(Check::PrivateKeys, "keys of personal answers are private"),
        None => Finding::warning(
            Check::PrivateKeys,
            "whoever can list keys can confirm a guess of what somebody asked, and each process limits clients by itself",
            "set CACHE_KEY_SECRET to at least 16 random bytes, the same in every process",
        ),
    }
}
