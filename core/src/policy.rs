//! How long entries live: defaults, overrides from the environment, jitter.

use crate::kind::EntryKind;
use crate::{CacheKey, EntryHeader};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// The longest life that may be configured: a year.
const MAX_TTL_SECS: u32 = 31_536_000;

/// How long something may go on.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Window {
    /// For so many seconds.
    Secs(u32),
    /// For ever.
    Unbounded,
}

impl Window {
    /// Whether a duration is still within the window.
    #[must_use]
    pub fn contains(self, duration: Duration) -> bool {
        match self {
            Self::Secs(secs) => duration < Duration::from_secs(u64::from(secs)),
            Self::Unbounded => true,
        }
    }
}

/// How long entries of one kind are fresh, and how long they may be served after that. The two windows are those of
/// RFC 5861, counted from the end of freshness.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lifetime {
    /// Seconds for which an entry is fresh.
    pub fresh_for_secs: u32,
    /// How long a stale entry is served while one caller refreshes it.
    pub stale_while_revalidate: Window,
    /// How long a stale entry is served when the origin fails.
    pub stale_if_error: Window,
}

impl Lifetime {
    /// How long the store has to keep an entry that is fresh for `fresh_for_secs`; `None` when it never expires.
    #[must_use]
    pub fn retention(&self, fresh_for_secs: u32) -> Option<Duration> {
        match self.stale_while_revalidate.max(self.stale_if_error) {
            Window::Secs(secs) => Some(Duration::from_secs(u64::from(fresh_for_secs) + u64::from(secs))),
            Window::Unbounded => None,
        }
    }

    /// For how long the entry under `key` is fresh: up to 5 % less than the policy says, always the same for one key,
    /// so that entries written together do not expire together.
    #[must_use]
    pub fn jittered_secs(&self, key: &CacheKey) -> u32 {
        let spread = self.fresh_for_secs / 20;
        let hash: [u8; 32] = Sha256::digest(key.as_str()).into();
        let [a, b, c, d, ..] = hash;
        self.fresh_for_secs - u32::from_be_bytes([a, b, c, d]) % (spread + 1)
    }

    /// For how long a stored entry is fresh: never longer than the policy says now, whatever was written with it.
    #[must_use]
    pub fn fresh_for(&self, header: &EntryHeader) -> Duration {
        self.bounded(header.fresh_for_secs)
    }

    /// What an entry was written with, bounded by what the policy says now.
    pub(crate) fn bounded(&self, fresh_for_secs: u32) -> Duration {
        Duration::from_secs(u64::from(fresh_for_secs.min(self.fresh_for_secs)))
    }
}

/// How long entries of every kind live.
///
/// # Overrides
///
/// The time for which a kind is fresh can be set by the environment variable of its row in the key specification, in
/// whole seconds from 1 to 31,536,000.
///
/// ```
/// use medinsight_core::{EntryKind, TtlPolicy};
///
/// let policy = TtlPolicy::from_variables([("CACHE_TTL_AI_SUMMARY", "60"), ("HOME", "/")])?;
/// assert_eq!(policy.lifetime(EntryKind::AiSummary).map(|life| life.fresh_for_secs), Some(60));
/// # Ok::<(), medinsight_core::InvalidTtl>(())
/// ```
///
/// A bad value is an error that names the variable:
///
/// ```
/// use medinsight_core::TtlPolicy;
///
/// let error = TtlPolicy::from_variables([("CACHE_TTL_AI_SUMMARY", "soon")]).unwrap_err();
/// assert_eq!(error.to_string(), "CACHE_TTL_AI_SUMMARY: must be whole seconds from 1 to 31536000");
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TtlPolicy {
    /// In the order of [`EntryKind::ALL`].
    overrides: [Option<u32>; EntryKind::ALL.len()],
}

impl TtlPolicy {
    /// Reads the overrides among environment variables. Other variables are left alone, and so is an empty value.
    ///
    /// # Errors
    ///
    /// [`InvalidTtl`] for a bad value, and for a variable that begins with `CACHE_TTL_` or `CACHE_REVALIDATE_` and
    /// names nothing: a misspelt lifetime would otherwise be ignored in silence.
    pub fn from_variables<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, InvalidTtl> {
        let mut policy = Self::default();
        for (name, value) in variables {
            if !Self::is_variable(name) || value.is_empty() {
                continue;
            }
            let kind = |kind: &EntryKind| kind.ttl_variable() == Some(name);
            let position = EntryKind::ALL.iter().position(kind).ok_or_else(|| InvalidTtl::unknown(name))?;
            let secs = value.parse().ok().filter(|secs| (1..=MAX_TTL_SECS).contains(secs));
            let secs = secs.ok_or_else(|| InvalidTtl::bad_value(name))?;
            if let Some(place) = policy.overrides.get_mut(position) {
                *place = Some(secs);
            }
        }
        Ok(policy)
    }

    /// Whether a variable's name says that it sets a lifetime.
    #[must_use]
    pub fn is_variable(name: &str) -> bool {
        name.starts_with("CACHE_TTL_") || name.starts_with("CACHE_REVALIDATE_")
    }

    /// The life of a kind; counters have none, they stay.
    #[must_use]
    pub fn lifetime(&self, kind: EntryKind) -> Option<Lifetime> {
        let default = default_lifetime(kind)?;
        let fresh_for_secs = self.override_of(kind).unwrap_or(default.fresh_for_secs);
        Some(Lifetime { fresh_for_secs, ..default })
    }

    fn override_of(&self, kind: EntryKind) -> Option<u32> {
        EntryKind::ALL.iter().zip(self.overrides).find(|(known, _)| **known == kind)?.1
    }
}

impl EntryKind {
    /// The environment variable that sets for how long entries of this kind are fresh.
    #[must_use]
    pub const fn ttl_variable(self) -> Option<&'static str> {
        match self {
            Self::UserSession => Some("CACHE_TTL_USER_SESSION"),
            Self::UserPreferences => Some("CACHE_TTL_USER_PREFERENCES"),
            Self::SymptomInput => Some("CACHE_TTL_SYMPTOM_INPUT"),
            Self::AiSummary => Some("CACHE_TTL_AI_SUMMARY"),
            Self::HealthAnalysis => Some("CACHE_TTL_HEALTH_ANALYSIS"),
            Self::MedicationInteractions => Some("CACHE_TTL_MEDICATION_INTERACTIONS"),
            Self::DrugAnalysis => Some("CACHE_TTL_DRUG_ANALYSIS"),
            Self::DrugInfo => Some("CACHE_REVALIDATE_DRUG_INFO"),
            Self::SessionState => Some("CACHE_TTL_SESSION_STATE"),
            Self::AnalysisProgress => Some("CACHE_TTL_ANALYSIS_PROGRESS"),
            Self::Usage | Self::Errors => None,
        }
    }
}

/// The defaults. What a person wrote is never served stale. Answers about a person have short windows, a day at most:
/// past that, "unavailable" is safer than old. Facts about drugs change slowly and have long ones.
fn default_lifetime(kind: EntryKind) -> Option<Lifetime> {
    let stored = |secs| (secs, Window::Secs(0), Window::Secs(0));
    let (fresh_for_secs, stale_while_revalidate, stale_if_error) = match kind {
        EntryKind::UserSession => stored(3_600),
        EntryKind::UserPreferences => stored(86_400),
        EntryKind::SymptomInput | EntryKind::SessionState => stored(1_800),
        EntryKind::AiSummary => stored(7_200),
        EntryKind::AnalysisProgress => stored(300),
        EntryKind::HealthAnalysis => (3_600, Window::Secs(900), Window::Secs(86_400)),
        EntryKind::MedicationInteractions => (86_400, Window::Secs(3_600), Window::Secs(86_400)),
        EntryKind::DrugAnalysis => (86_400, Window::Secs(86_400), Window::Secs(604_800)),
        EntryKind::DrugInfo => (604_800, Window::Unbounded, Window::Unbounded),
        EntryKind::Usage | EntryKind::Errors => return None,
    };
    Some(Lifetime { fresh_for_secs, stale_while_revalidate, stale_if_error })
}

/// An environment variable that sets no lifetime.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", self.message())]
pub struct InvalidTtl {
    variable: String,
    rule: &'static str,
}

impl InvalidTtl {
    fn unknown(variable: &str) -> Self {
        Self { variable: variable.to_owned(), rule: "is not the name of a lifetime" }
    }

    fn bad_value(variable: &str) -> Self {
        Self { variable: variable.to_owned(), rule: "must be whole seconds from 1 to 31536000" }
    }

    /// The text for people: the variable and the rule.
    #[must_use]
    pub fn message(&self) -> String {
        [&self.variable, ": ", self.rule].concat()
    }

    /// A stable name for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "invalid_ttl"
    }

    /// The variable's name.
    #[must_use]
    pub fn variable(&self) -> &str {
        &self.variable
    }
}

#[cfg(test)]
mod tests {
    use super::TtlPolicy;
    use crate::{CacheKey, EntryKind};
    use proptest::prelude::*;

    #[test]
    fn every_variable_of_the_specification_sets_its_kind_and_no_other() {
        for kind in EntryKind::ALL {
            let Some(variable) = kind.ttl_variable() else { continue };
            let policy = TtlPolicy::from_variables([(variable, "77")]).unwrap_or_default();
            for other in EntryKind::ALL {
                let is_set = policy.lifetime(other).is_some_and(|life| life.fresh_for_secs == 77);
                assert_eq!(is_set, other == kind, "{variable} and {other:?}");
            }
        }
    }

    #[test]
    fn bad_values_and_misspelt_names_are_errors_that_name_the_variable() {
        for value in ["0", "-1", "1.5", "31536001", "1 h", "99999999999999999999"] {
            let error = TtlPolicy::from_variables([("CACHE_TTL_USER_SESSION", value)]);
            assert_eq!(error.map_err(|error| error.variable().to_owned()), Err("CACHE_TTL_USER_SESSION".into()));
        }
        let error = TtlPolicy::from_variables([("CACHE_TTL_USER_SESION", "60")]).map_err(|error| error.to_string());
        assert_eq!(error, Err("CACHE_TTL_USER_SESION: is not the name of a lifetime".into()));
    }

    proptest! {
        #[test]
        fn jitter_shortens_a_life_by_at_most_a_twentieth_and_is_the_same_each_time(
            secs in 1..=31_536_000_u32,
            drug in "[a-z]{1,20}",
        ) {
            let value = secs.to_string();
            let policy = TtlPolicy::from_variables([("CACHE_TTL_DRUG_ANALYSIS", value.as_str())]).unwrap_or_default();
            let key = CacheKey::build("drug_analysis", &drug, None);
            if let (Some(life), Ok(key)) = (policy.lifetime(EntryKind::DrugAnalysis), key) {
                let jittered = life.jittered_secs(&key);
                prop_assert!(jittered <= secs && jittered >= secs - secs / 20);
                prop_assert_eq!(jittered, life.jittered_secs(&key));
            }
        }
    }
}
