//! What the doctor finds.

use serde::Serialize;

/// What was looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Whether the settings are valid and fit together.
    Configuration,
    /// Whether the database can be reached and lets us in.
    Connection,
    /// Whether the way there is encrypted.
    Tls,
    /// Whether the user may use every command that is needed, and the keys.
    Rights,
    /// Whether writes are taken.
    Writes,
    /// Whether memory is bounded, and what happens when it is full.
    Eviction,
    /// Whether entries are sealed, and with keys that are there.
    Encryption,
    /// Whether keys that come from what a person wrote are private.
    PrivateKeys,
    /// Whether the server's clock and ours agree.
    ClockSkew,
    /// How long the way there and back takes.
    Latency,
}

impl Check {
    /// The name, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::Rights => "rights",
            Self::Writes => "writes",
            Self::Eviction => "eviction",
            Self::Encryption => "encryption",
            Self::PrivateKeys => "private_keys",
            Self::ClockSkew => "clock_skew",
            Self::Latency => "latency",
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It is as it should be.
    Good,
    /// Nobody can tell.
    Unknown,
    /// It works, and should be mended.
    Warning,
    /// It does not work.
    Broken,
}

/// What was found. No text of it has a credential, a key or what is in an entry.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// The database that it is about, if it is about one.
    pub database: Option<&'static str>,
    /// How bad it is.
    pub severity: Severity,
    /// What is the case.
    pub text: String,
    /// How to mend it, where it is to be mended.
    pub mend: Option<String>,
}

impl Finding {
    pub(super) fn good(check: Check, text: impl Into<String>) -> Self {
        Self { check, database: None, severity: Severity::Good, text: text.into(), mend: None }
    }

    pub(super) fn unknown(check: Check, text: impl Into<String>) -> Self {
        Self { severity: Severity::Unknown, ..Self::good(check, text) }
    }

    pub(super) fn warning(check: Check, text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, mend: Some(mend.into()), ..Self::good(check, text) }
    }

    pub(super) fn broken(check: Check, text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { severity: Severity::Broken, mend: Some(mend.into()), ..Self::good(check, text) }
    }

    pub(super) fn of(self, database: &'static str) -> Self {
        Self { database: Some(database), ..self }
    }

    /// Whether there is something to mend.
    #[must_use]
    pub const fn is_to_be_mended(&self) -> bool {
        self.mend.is_some()
    }
}
