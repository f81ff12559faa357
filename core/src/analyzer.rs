//! The revision of whatever computes an answer.

use std::fmt;

/// The longest revision, in bytes.
const MAX_BYTES: usize = 128;

/// Names the origin, model, prompt and data that an answer was computed with, for example `embedded-3f2a`.
///
/// It is part of every digest of a computed answer, so that a new model never serves the old one's answers.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct AnalyzerRevision(String);

impl AnalyzerRevision {
    /// Takes a revision as it stands: it is not normalised.
    ///
    /// # Errors
    ///
    /// [`InvalidAnalyzerRevision`] unless it has 1 to 128 bytes.
    ///
    /// ```
    /// use medinsight_core::AnalyzerRevision;
    ///
    /// assert!(AnalyzerRevision::new("bedrock:claude-4:prompt-7").is_ok());
    /// assert!(AnalyzerRevision::new("").is_err());
    /// ```
    pub fn new(revision: impl Into<String>) -> Result<Self, InvalidAnalyzerRevision> {
        let revision = revision.into();
        if (1..=MAX_BYTES).contains(&revision.len()) { Ok(Self(revision)) } else { Err(InvalidAnalyzerRevision) }
    }

    /// The revision as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AnalyzerRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An analyzer revision that is empty or too long.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", self.message())]
pub struct InvalidAnalyzerRevision;

impl InvalidAnalyzerRevision {
    /// The text for people: the rule.
    #[must_use]
    pub const fn message(self) -> &'static str {
        "an analyzer revision has 1 to 128 bytes"
    }

    /// A stable name for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "invalid_analyzer"
    }
}
