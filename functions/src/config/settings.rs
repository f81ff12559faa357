//! Names and values, and the few ways in which a value is read.

use super::InvalidSetting;
use crate::api::{Access, AdminToken};
use crate::cache::{EncryptionSetting, InvalidKeyring, Keyring};
use crate::monitoring::{NotAPrice, Price};
use medinsight_core::KeySecret;
use std::collections::HashMap;
use std::str::FromStr;
use std::time::Duration;

/// Names and values. An empty value is none.
pub(super) struct Settings<'a>(HashMap<&'a str, &'a str>);

impl<'a> Settings<'a> {
    /// Of a name given twice the later value counts.
    pub(super) fn of(variables: &'a [(String, String)]) -> Self {
        Self(variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect())
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().map(|(name, value)| (*name, *value))
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).copied().filter(|value| !value.is_empty())
    }

    pub(super) fn parse<T: FromStr>(
        &self,
        name: &'static str,
        rule: &'static str,
        default: T,
    ) -> Result<T, InvalidSetting> {
        match self.text(name) {
            Some(value) => value.parse().map_err(|_| InvalidSetting::rule(name, rule)),
            None => Ok(default),
        }
    }

    pub(super) fn number(&self, name: &'static str, min: u64, max: u64, default: u64) -> Result<u64, InvalidSetting> {
        let number = self.parse(name, "a whole number", default)?;
        if (min..=max).contains(&number) {
            Ok(number)
        } else {
            Err(InvalidSetting::rule(name, format!("from {min} to {max}")))
        }
    }

    pub(super) fn size(&self, name: &'static str, min: u64, max: u64, default: usize) -> Result<usize, InvalidSetting> {
        let number = self.number(name, min, max, u64::try_from(default).unwrap_or(max))?;
        Ok(usize::try_from(number).unwrap_or(usize::MAX))
    }

    pub(super) fn millis(&self, name: &'static str, default: u64) -> Result<Duration, InvalidSetting> {
        self.number(name, 0, 900_000, default).map(Duration::from_millis)
    }

    pub(super) fn price(&self, name: &'static str) -> Result<Option<Price>, InvalidSetting> {
        let price = self.text(name).map(str::parse).transpose();
        price.map_err(|_: NotAPrice| InvalidSetting::rule(name, "an amount and a currency, as 0.02 EUR"))
    }

    pub(super) fn key_secret(&self) -> Result<Option<KeySecret>, InvalidSetting> {
        let name = "CACHE_KEY_SECRET";
        let secret = self.text(name).map(KeySecret::new).transpose();
        secret.map_err(|_| InvalidSetting::rule(name, "at least 16 bytes"))
    }

    pub(super) fn access(&self) -> Result<Access, InvalidSetting> {
        let name = "MEDINSIGHT_ADMIN_TOKEN";
        let token = self.text(name).map(|token| AdminToken::new(token).ok_or(()));
        let token = token.transpose().map_err(|()| InvalidSetting::rule(name, "at least 16 bytes"))?;
        Ok(Access { token, scope: self.text("MEDINSIGHT_ADMIN_SCOPE").map(str::to_owned) })
    }

    pub(super) fn encryption(&self) -> Result<EncryptionSetting, InvalidSetting> {
        let name = "CACHE_ENCRYPTION";
        match (self.parse(name, "on or off", Switch::On)?, self.keyring()?) {
            (Switch::On, Some(keyring)) => Ok(EncryptionSetting::Keys(keyring)),
            (Switch::On, None) => Ok(EncryptionSetting::Unset),
            (Switch::Off, None) => Ok(EncryptionSetting::Off),
            (Switch::Off, Some(_)) => Err(InvalidSetting::rule(name, "on or absent when CACHE_ENCRYPTION_KEYS is set")),
        }
    }

    fn keyring(&self) -> Result<Option<Keyring>, InvalidSetting> {
        let name = "CACHE_ENCRYPTION_KEYS";
        let keyring = self.text(name).map(str::parse).transpose();
        keyring.map_err(|error: InvalidKeyring| InvalidSetting::rule(name, error.to_string()))
    }
}

/// Something that is on or off.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Switch {
    /// `on`
    On,
    /// `off`
    Off,
}

impl FromStr for Switch {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err(()),
        }
    }
}
