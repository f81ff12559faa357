//! Clearing within the time of a request. A clear is effective at once; removing the bytes may take longer than the
//! client waits, and goes on without it. A Lambda environment is frozen then, and the store forgets what is left by
//! itself.

use super::audit::Outcome;
use crate::cache::{Cache, Deadline};
use crate::store::{StoreError, Swept, Tally};
use medinsight_core::Pattern;
use std::sync::Arc;
use std::time::Duration;

/// How much of a request's time is left for its answer.
const TIME_TO_ANSWER: Duration = Duration::from_secs(2);

/// How far the removal of bytes has got.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sweeping {
    pub(super) swept: Swept,
    pub(super) is_over: bool,
}

impl Sweeping {
    pub(super) const fn over(swept: Swept) -> Self {
        Self { swept, is_over: true }
    }

    pub(super) const fn outcome(&self) -> Outcome {
        if self.is_over { Outcome::Done } else { Outcome::GoesOn }
    }
}

/// Clears what patterns match. All categories among them are cleared before the first byte is removed.
pub(super) async fn sweep_within(
    cache: &Cache,
    patterns: Vec<Pattern>,
    deadline: Deadline,
) -> Result<Sweeping, StoreError> {
    let (mut cleared, mut others, mut failure) = (Vec::new(), Vec::new(), None);
    for pattern in patterns {
        match pattern {
            Pattern::Category(category) => match cache.clear(category).await {
                Ok(category) => cleared.push(category),
                // The others are cleared all the same: the operator wanted as much gone as possible.
                Err(error) => failure = Some(error),
            },
            other => others.push(other),
        }
    }
    let tally = Arc::new(Tally::default());
    let (cache, noted) = (cache.clone(), Arc::clone(&tally));
    let mut sweep = tokio::spawn(async move {
        for category in cleared {
            category.sweep_noting(&noted).await?;
        }
        for pattern in others {
            cache.clear_matching_noting(&pattern, &noted).await?;
        }
        Ok(noted.so_far())
    });
    let limit = deadline.remaining().checked_sub(TIME_TO_ANSWER).unwrap_or(deadline.remaining() / 2);
    let swept = match tokio::time::timeout(limit, &mut sweep).await {
        Ok(Ok(swept)) => Sweeping::over(swept?),
        // It goes on, or it panicked, which supervision cannot see in a task of its own.
        Ok(Err(_)) | Err(_) => Sweeping { swept: tally.so_far(), is_over: false },
    };
    failure.map_or(Ok(swept), Err)
}
