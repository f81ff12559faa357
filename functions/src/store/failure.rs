//! Why the store did not do what was asked.

use std::time::Duration;

/// A trip that failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the store failed: {reason}")]
pub struct StoreError {
    /// What went wrong.
    pub reason: FailureReason,
    /// Whether some of the trip may have been done all the same.
    pub doubt: Doubt,
}

impl StoreError {
    /// A failure before anything was sent.
    #[must_use]
    pub const fn nothing_done(reason: FailureReason) -> Self {
        Self { reason, doubt: Doubt::NothingDone }
    }

    /// A failure after something was sent.
    #[must_use]
    pub const fn in_doubt(reason: FailureReason) -> Self {
        Self { reason, doubt: Doubt::InDoubt }
    }
}

/// Whether a failed trip may have been done in part or in whole. A command that timed out is not cancelled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Doubt {
    /// Nothing was done.
    NothingDone,
    /// Nobody knows.
    InDoubt,
}

/// What went wrong with the store. Each has a name for headers, counters and logs.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, thiserror::Error)]
#[error("{}", self.as_str())]
#[non_exhaustive]
pub enum FailureReason {
    /// No connection could be made.
    Unreachable,
    /// No reply came in time.
    TimedOut,
    /// The connection broke while a reply was awaited.
    Disconnected,
    /// Too many trips failed before this one; it was not tried.
    CircuitOpen,
    /// The request has spent the time that the cache may cost it.
    BudgetSpent,
    /// The server has no memory left (`OOM`).
    OutOfMemory,
    /// The server is a replica or may not write (`READONLY`).
    ReadOnly,
    /// The server reads its data from disk (`LOADING`), or waits for its primary (`MASTERDOWN`).
    Loading,
    /// The credentials were refused (`NOAUTH`, `WRONGPASS`).
    Unauthenticated,
    /// The user may not use a command or a key (`NOPERM`).
    NotPermitted,
    /// The server has no connection left.
    TooManyClients,
    /// A script blocks the server (`BUSY`).
    Busy,
    /// The key is on another node (`MOVED`, `ASK`, `TRYAGAIN`, `CLUSTERDOWN`).
    Redirected,
    /// The reply was not understood.
    Garbled,
    /// The server refused for another reason.
    Refused,
}

impl FailureReason {
    /// Every reason.
    pub const ALL: [Self; 15] = [
        Self::Unreachable,
        Self::TimedOut,
        Self::Disconnected,
        Self::CircuitOpen,
        Self::BudgetSpent,
        Self::OutOfMemory,
        Self::ReadOnly,
        Self::Loading,
        Self::Unauthenticated,
        Self::NotPermitted,
        Self::TooManyClients,
        Self::Busy,
        Self::Redirected,
        Self::Garbled,
        Self::Refused,
    ];

    /// The reason's name: a token of `Cache-Status` (RFC 9211), of a counter and of logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "store-unreachable",
            Self::TimedOut => "store-timed-out",
            Self::Disconnected => "store-disconnected",
            Self::CircuitOpen => "store-circuit-open",
            Self::BudgetSpent => "store-budget-spent",
            Self::OutOfMemory => "store-out-of-memory",
            Self::ReadOnly => "store-read-only",
            Self::Loading => "store-loading",
            Self::Unauthenticated => "store-unauthenticated",
            Self::NotPermitted => "store-not-permitted",
            Self::TooManyClients => "store-too-many-clients",
            Self::Busy => "store-busy",
            Self::Redirected => "store-redirected",
            Self::Garbled => "store-garbled",
            Self::Refused => "store-refused",
        }
    }

    /// Whether another connection may do better than the one that failed.
    #[must_use]
    pub const fn may_heal_by_reconnecting(self) -> bool {
        matches!(self, Self::TimedOut | Self::Disconnected | Self::ReadOnly | Self::Garbled)
    }
}

/// Until when the store may keep a caller waiting.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// When the caller stops waiting.
    pub until: tokio::time::Instant,
}

impl Patience {
    /// Patience that is over after `duration`.
    #[must_use]
    pub fn of(duration: Duration) -> Self {
        Self { until: tokio::time::Instant::now() + duration }
    }

    /// This patience, but no more than `duration` from now.
    #[must_use]
    pub fn at_most(self, duration: Duration) -> Self {
        Self { until: self.until.min(tokio::time::Instant::now() + duration) }
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(self) -> bool {
        tokio::time::Instant::now() >= self.until
    }
}
