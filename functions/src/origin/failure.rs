//! Why a call of an origin came to nothing.

use super::OriginError;
use std::time::Duration;

/// Why a call of an origin came to nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CallFailure {
    /// Its budget does not allow another call in time. Nothing was sent.
    OverBudget,
    /// It failed too often a moment ago. Nothing was sent.
    CircuitOpen,
    /// No connection could be made. Nothing was sent.
    NotConnected,
    /// There is nothing to sign the request with. Nothing was sent.
    #[cfg_attr(not(feature = "bedrock"), expect(dead_code, reason = "only requests to AWS are signed"))]
    NoCredentials,
    /// The connection broke, or the answer ended before its end.
    Broken,
    /// There was no answer in time.
    TimedOut,
    /// It asks to be left alone for a while (429, 503).
    Throttled {
        /// For how long, if it says so.
        retry_after: Option<Duration>,
    },
    /// It broke down (another 5xx).
    ServerError,
    /// It does not want the question (a 3xx or 4xx), or declines to answer it.
    Refused,
    /// The answer is longer than may be read.
    TooLarge,
    /// The answer is of another media type.
    WrongType,
    /// The answer is none, or does not keep to the rules for answers.
    Malformed,
    /// It says that there is no such drug.
    UnknownDrug,
}

/// Whether a call may be made a second time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Repeatable {
    /// It reads what is there.
    Always,
    /// It has something computed, which costs money: only when the origin has not begun.
    Unbegun,
}

impl CallFailure {
    /// The name for logs.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::OverBudget => "over-budget",
            Self::CircuitOpen => "circuit-open",
            Self::NotConnected => "not-connected",
            Self::NoCredentials => "no-credentials",
            Self::Broken => "broken",
            Self::TimedOut => "timed-out",
            Self::Throttled { .. } => "throttled",
            Self::ServerError => "server-error",
            Self::Refused => "refused",
            Self::TooLarge => "too-large",
            Self::WrongType => "wrong-type",
            Self::Malformed => "malformed",
            Self::UnknownDrug => "unknown-drug",
        }
    }

    /// Whether it says that the origin is down or overloaded, and not that one question went wrong.
    pub(super) const fn is_outage(self) -> bool {
        match self {
            Self::NotConnected
            | Self::NoCredentials
            | Self::Broken
            | Self::TimedOut
            | Self::Throttled { .. }
            | Self::ServerError => true,
            Self::OverBudget
            | Self::CircuitOpen
            | Self::Refused
            | Self::TooLarge
            | Self::WrongType
            | Self::Malformed
            | Self::UnknownDrug => false,
        }
    }

    /// Whether the origin has not even begun to answer.
    pub(super) const fn costs_nothing(self) -> bool {
        match self {
            Self::OverBudget
            | Self::CircuitOpen
            | Self::NotConnected
            | Self::NoCredentials
            | Self::Throttled { .. }
            | Self::Refused => true,
            Self::Broken
            | Self::TimedOut
            | Self::ServerError
            | Self::TooLarge
            | Self::WrongType
            | Self::Malformed
            | Self::UnknownDrug => false,
        }
    }

    /// After how long at least another attempt may be made; none when there may be no other.
    pub(super) fn repeatable_after(self, call: Repeatable) -> Option<Duration> {
        match (self, call) {
            (Self::NotConnected, _) | (Self::Broken | Self::ServerError, Repeatable::Always) => Some(Duration::ZERO),
            (Self::Throttled { retry_after }, _) => retry_after,
            _ => None,
        }
    }
}

impl From<CallFailure> for OriginError {
    fn from(failure: CallFailure) -> Self {
        match failure {
            CallFailure::TimedOut => Self::TimedOut,
            CallFailure::OverBudget
            | CallFailure::CircuitOpen
            | CallFailure::NotConnected
            | CallFailure::NoCredentials
            | CallFailure::Throttled { .. } => Self::Unavailable,
            CallFailure::UnknownDrug => Self::UnknownDrug,
            CallFailure::Broken
            | CallFailure::ServerError
            | CallFailure::Refused
            | CallFailure::TooLarge
            | CallFailure::WrongType
            | CallFailure::Malformed => Self::Failed,
        }
    }
}
