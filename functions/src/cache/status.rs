//! How the cache served an answer, from which headers, counters and logs are derived.

use crate::store::FailureReason;
use std::borrow::Cow;

/// How the cache served an answer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CacheStatus {
    /// From the store, fresh.
    Hit,
    /// From the store, past its freshness.
    Stale,
    /// Computed for this request.
    Miss,
    /// Computed for another request that asked the same at the same time.
    Coalesced,
    /// Computed without the store, for a reason.
    Bypass(FailureReason),
}

impl CacheStatus {
    /// The value of the `X-Cache` header.
    #[must_use]
    pub const fn x_cache(self) -> &'static str {
        match self {
            Self::Hit => "HIT",
            Self::Stale => "STALE",
            Self::Miss => "MISS",
            Self::Coalesced => "COALESCED",
            Self::Bypass(_) => "BYPASS",
        }
    }

    /// The parameters of the `Cache-Status` header that say what the cache did (RFC 9211 section 2). Its `fwd` tells
    /// why the request went to the origin, `collapsed` that it went there together with another one, and `detail` what
    /// was wrong with the store.
    #[must_use]
    pub fn forward_parameters(self) -> Cow<'static, str> {
        match self {
            Self::Hit | Self::Stale => "hit".into(),
            Self::Miss => "fwd=miss".into(),
            Self::Coalesced => "fwd=miss; collapsed".into(),
            Self::Bypass(reason) => format!("fwd=bypass; detail={reason}").into(),
        }
    }

    /// Whether the answer came from the store, which is what the `hits` counters count.
    #[must_use]
    pub const fn is_from_store(self) -> bool {
        matches!(self, Self::Hit | Self::Stale)
    }
}
