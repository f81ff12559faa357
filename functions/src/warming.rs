//! Warming: seeing to it that an answer is in the cache before somebody asks for it. What is fresh costs one look, and
//! nothing is computed that is computed somewhere else.

use crate::cache::{Answer, CacheStatus, Deadline};
use crate::origin::OriginError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::future::Future;

/// What became of an answer that is to be in the cache, the best first.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WarmingFate")]
pub enum Fate {
    /// The cache had it.
    Fresh,
    /// It was computed, and the cache has it now.
    Computed,
    /// It was computed, and the store did not take it.
    NotStored,
    /// There was no time left for it.
    Skipped,
    /// The origin failed.
    Failed,
    /// It is about a drug that is not known.
    UnknownDrug,
    /// It is no question, or no name of a drug.
    Invalid,
}

impl Fate {
    /// Whether the cache has a fresh answer now.
    #[must_use]
    pub const fn is_warm(self) -> bool {
        match self {
            Self::Fresh | Self::Computed => true,
            Self::NotStored | Self::Skipped | Self::Failed | Self::UnknownDrug | Self::Invalid => false,
        }
    }
}

impl From<Result<Answer, OriginError>> for Fate {
    fn from(result: Result<Answer, OriginError>) -> Self {
        match result {
            Ok(Answer { status: CacheStatus::Hit, .. }) => Self::Fresh,
            // It is served because the origin failed to renew it.
            Ok(Answer { status: CacheStatus::Stale, .. }) => Self::Failed,
            Ok(Answer { is_stored: true, .. }) => Self::Computed,
            Ok(_) => Self::NotStored,
            Err(OriginError::UnknownDrug) => Self::UnknownDrug,
            Err(OriginError::TimedOut | OriginError::Unavailable | OriginError::Failed) => Self::Failed,
        }
    }
}

/// Waits for the warming of one answer, at most until the deadline.
pub async fn by(deadline: Deadline, warming: impl Future<Output = Result<Answer, OriginError>>) -> Fate {
    if deadline.remaining().is_zero() {
        return Fate::Skipped;
    }
    tokio::time::timeout_at(deadline.0, warming).await.map_or(Fate::Skipped, Fate::from)
}

#[cfg(test)]
mod tests {
    use super::{Fate, by};
    use crate::cache::{Answer, CacheStatus, Deadline};
    use crate::origin::OriginError;
    use crate::store::FailureReason;
    use bytes::Bytes;
    use std::future::{pending, ready};
    use std::time::Duration;

    fn answer(status: CacheStatus, is_stored: bool) -> Result<Answer, OriginError> {
        Ok(Answer { body: Bytes::new(), status, age: None, is_stored, ttl_secs: None, origin_cost: None })
    }

    #[test]
    fn an_answer_is_warm_when_the_store_has_a_fresh_one() {
        for (result, expected) in [
            (answer(CacheStatus::Hit, true), Fate::Fresh),
            (answer(CacheStatus::Miss, true), Fate::Computed),
            (answer(CacheStatus::Coalesced, true), Fate::Computed),
            (answer(CacheStatus::Miss, false), Fate::NotStored),
            (answer(CacheStatus::Bypass(FailureReason::TimedOut), false), Fate::NotStored),
            (answer(CacheStatus::Stale, true), Fate::Failed),
            (Err(OriginError::Unavailable), Fate::Failed),
            (Err(OriginError::UnknownDrug), Fate::UnknownDrug),
        ] {
            assert_eq!(Fate::from(result), expected);
            assert_eq!(expected.is_warm(), expected <= Fate::Computed);
        }
    }

    #[tokio::test]
    async fn what_takes_longer_than_there_is_time_is_skipped() {
        let over = Deadline::after(Duration::ZERO);
        assert_eq!(by(over, ready(answer(CacheStatus::Hit, true))).await, Fate::Skipped);
        assert_eq!(by(Deadline::after(Duration::from_millis(5)), pending()).await, Fate::Skipped);
    }
}
