//! What came of one request.

use http::{HeaderMap, StatusCode};
use std::time::Duration;

/// How the cache said that it served an answer.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum XCache {
    /// From the store.
    Hit,
    /// From the store, past its freshness.
    Stale,
    /// Computed.
    Miss,
    /// Computed for somebody else at the same time.
    Coalesced,
    /// Computed without the store.
    Bypass,
    /// It did not say.
    #[default]
    Unsaid,
}

impl XCache {
    /// Reads the value of the header.
    #[must_use]
    pub fn of(value: Option<&str>) -> Self {
        match value {
            Some("HIT") => Self::Hit,
            Some("STALE") => Self::Stale,
            Some("MISS") => Self::Miss,
            Some("COALESCED") => Self::Coalesced,
            Some("BYPASS") => Self::Bypass,
            _ => Self::Unsaid,
        }
    }

    /// Reads the headers of an answer.
    #[must_use]
    pub fn of_headers(headers: &HeaderMap) -> Self {
        Self::of(headers.get("x-cache").and_then(|value| value.to_str().ok()))
    }

    /// Whether the answer was computed for this request.
    #[must_use]
    pub fn is_computed(self) -> bool {
        matches!(self, Self::Miss | Self::Bypass)
    }

    /// Whether the request waited for a computation, its own or another's.
    #[must_use]
    pub fn waited_for_origin(self) -> bool {
        self.is_computed() || self == Self::Coalesced
    }
}

/// What came of one request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sample {
    /// Its number in the load.
    pub index: u64,
    /// When it should have departed, from the start of the load.
    pub scheduled: Duration,
    /// How long after that its answer was complete, or was given up.
    pub latency: Duration,
    /// The status, if there was an answer.
    pub status: Option<StatusCode>,
    /// How the cache said that it served it.
    pub x_cache: XCache,
}

impl Sample {
    pub(super) fn new(
        index: u64,
        scheduled: Duration,
        answered: Duration,
        answer: Option<(StatusCode, XCache)>,
    ) -> Self {
        let (status, x_cache) = answer.map_or((None, XCache::Unsaid), |(status, x_cache)| (Some(status), x_cache));
        Self { index, scheduled, latency: answered.saturating_sub(scheduled), status, x_cache }
    }

    /// Whether it was answered as it should be.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| status.is_success())
    }

    /// When the answer was complete, from the start of the load.
    #[must_use]
    pub fn answered(&self) -> Duration {
        self.scheduled + self.latency
    }

    /// The latency without what the origin takes, if the request waited for it.
    #[must_use]
    pub fn added(&self, origin_delay: Duration) -> Duration {
        if self.x_cache.waited_for_origin() { self.latency.saturating_sub(origin_delay) } else { self.latency }
    }
}
