//! The headers that answers have, as the document describes them.

use super::schema;
use crate::api::{conditional, ids};
use serde_json::{Map, Value, json};

/// A header of answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::api) enum Header {
    Age,
    CacheControl,
    CacheStatus,
    /// Of answers that may also have been made without the cache.
    CacheStatusIfAny,
    ETag,
    RetryAfter,
    WwwAuthenticate,
    XAccelBuffering,
    XCache,
    XCacheKeyDigest,
    XSessionId,
}

impl Header {
    const ALL: [Self; 11] = [
        Self::Age,
        Self::CacheControl,
        Self::CacheStatus,
        Self::CacheStatusIfAny,
        Self::ETag,
        Self::RetryAfter,
        Self::WwwAuthenticate,
        Self::XAccelBuffering,
        Self::XCache,
        Self::XCacheKeyDigest,
        Self::XSessionId,
    ];

    /// What facts about a drug have.
    pub(in crate::api) const OF_DRUG_INFO: [Self; 5] =
        [Self::XCache, Self::CacheStatus, Self::Age, Self::CacheControl, Self::ETag];

    /// What an answer to a health question has.
    pub(in crate::api) const OF_ANALYSES: [Self; 6] =
        [Self::XCache, Self::CacheStatus, Self::Age, Self::CacheControl, Self::ETag, Self::XCacheKeyDigest];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Age => "Age",
            Self::CacheControl => "Cache-Control",
            Self::CacheStatus | Self::CacheStatusIfAny => "Cache-Status",
            Self::ETag => "ETag",
            Self::RetryAfter => "Retry-After",
            Self::WwwAuthenticate => "WWW-Authenticate",
            Self::XAccelBuffering => "X-Accel-Buffering",
            Self::XCache => "X-Cache",
            Self::XCacheKeyDigest => "X-Cache-Key-Digest",
            Self::XSessionId => "X-Session-Id",
        }
    }

    /// The header that a response has under this name, unless it is none that is documented here.
    pub(super) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|header| header.name().eq_ignore_ascii_case(name))
    }

    /// The map of headers that a response refers to.
    pub(super) fn references(headers: &[Self]) -> Value {
        let reference = |header: &Self| {
            let name = header.name();
            (name.to_owned(), json!({ "$ref": format!("#/components/headers/{}", header.component()) }))
        };
        headers.iter().map(reference).collect::<Map<_, _>>().into()
    }

    /// The descriptions that [`Header::references`] refer to.
    pub(super) fn components() -> Value {
        Self::ALL
            .into_iter()
            .map(|header| (header.component().to_owned(), header.describe()))
            .collect::<Map<_, _>>()
            .into()
    }

    const fn component(self) -> &'static str {
        match self {
            Self::CacheStatusIfAny => "Cache-Status-If-Any",
            header => header.name(),
        }
    }

    fn describe(self) -> Value {
        let (description, schema) = self.meaning();
        json!({ "description": description, "schema": schema, "required": self.is_always_there() })
    }

    /// Only answers that come from the store have an age.
    const fn is_always_there(self) -> bool {
        !matches!(self, Self::Age | Self::CacheStatusIfAny)
    }

    fn meaning(self) -> (&'static str, Value) {
        match self {
            Self::Age => ("Seconds since the answer was computed, when it came from the store.", schema::seconds()),
            Self::CacheControl => ("Who may keep the answer, and for how long.", schema::text()),
            Self::CacheStatus | Self::CacheStatusIfAny => (
                "How the cache served the answer, in the words of RFC 9211.",
                json!({ "type": "string", "pattern": "^MedInsight; (hit|fwd=(miss|bypass))(; |$)" }),
            ),
            Self::ETag => ("Names the exact bytes of this answer.", conditional::tag_schema()),
            Self::RetryAfter => ("After how many seconds another attempt makes sense.", schema::seconds()),
            Self::WwwAuthenticate => ("How to authenticate (RFC 9110 section 11.6.1).", json!({ "const": "Bearer" })),
            Self::XAccelBuffering => ("Tells proxies to pass each event on at once.", json!({ "const": "no" })),
            Self::XCache => (
                "`HIT`: from the store. `STALE`: from the store, past its freshness. `MISS`: computed for this \
                 request. `COALESCED`: computed for an identical question at the same time. `BYPASS`: computed \
                 without the store.",
                json!({ "type": "string", "enum": ["HIT", "STALE", "MISS", "COALESCED", "BYPASS"] }),
            ),
            Self::XCacheKeyDigest => ("The digest of the question.", schema::digest()),
            Self::XSessionId => ("The session that the request belongs to.", ids::schema()),
        }
    }
}
