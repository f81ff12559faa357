//! Problems of the routes that list, clear and keep entries.

use super::Problem;
use crate::budget::{Expense, NotAnswered, OverBudget};
use crate::cache::NotKept;
use crate::store::StoreError;
use http::StatusCode;
use medinsight_core::{InvalidPattern, KeyError, MIN_SESSION_ID_CHARS};
use std::time::Duration;

impl Problem {
    pub(in crate::api) fn over_budget(expense: Expense) -> Self {
        OverBudget { expense, retry_after: Duration::ZERO }.into()
    }

    pub(in crate::api) fn not_a_pattern() -> Self {
        let rule = "pattern: must be percent-encoded UTF-8";
        Self::new(StatusCode::BAD_REQUEST, "invalid_pattern", rule).of_field("pattern")
    }

    /// Each way in which a text is no pattern.
    pub(in crate::api) fn of_patterns() -> [Self; 5] {
        [
            InvalidPattern::TooLong,
            InvalidPattern::UnknownCategory,
            InvalidPattern::OutOfReach,
            InvalidPattern::Glob,
            InvalidPattern::NotAKey(KeyError::EmptyIdentifier),
        ]
        .map(Self::from)
    }

    /// Each way in which parts make no key.
    pub(in crate::api) fn of_keys() -> [Self; 8] {
        [
            KeyError::UnknownCategory,
            KeyError::EmptyIdentifier,
            KeyError::EmptySubKey,
            KeyError::MissingSubKey,
            KeyError::UnexpectedSubKey,
            KeyError::UnknownSubKey,
            KeyError::NotADigest,
            KeyError::KeyTooLong,
        ]
        .map(Self::from)
    }

    pub(in crate::api) fn invalid_cursor() -> Self {
        let rule = "cursor: must be the next_cursor of an earlier page";
        Self::new(StatusCode::BAD_REQUEST, "invalid_cursor", rule).of_field("cursor")
    }

    pub(in crate::api) fn invalid_window() -> Self {
        let rule = "window: must be hour or day, and be given once";
        Self::new(StatusCode::BAD_REQUEST, "invalid_window", rule).of_field("window")
    }

    pub(in crate::api) fn invalid_entry_query() -> Self {
        let rule = "value: must be true or false; sub_key: must be given once";
        Self::new(StatusCode::BAD_REQUEST, "invalid_query", rule)
    }

    pub(in crate::api) fn counters_are_out_of_reach() -> Self {
        let rule = "category: counters are out of reach";
        Self::new(StatusCode::BAD_REQUEST, "out_of_reach", rule).of_field("category")
    }

    pub(in crate::api) fn invalid_id(field: &'static str) -> Self {
        let rule = format!("{field}: must be 1 to 128 visible ASCII characters");
        Self::new(StatusCode::BAD_REQUEST, "invalid_id", rule).of_field(field)
    }

    pub(in crate::api) fn guessable_id(field: &'static str) -> Self {
        let rule = format!(
            "{field}: must have at least {MIN_SESSION_ID_CHARS} random-looking letters and digits, such as a version-4 UUID"
        );
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "guessable_id", rule).of_field(field)
    }

    pub(in crate::api) fn value_too_large(field: &'static str, max_bytes: usize) -> Self {
        let rule = format!("{field}: must have at most {max_bytes} bytes of JSON");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "value_too_large", rule).of_field(field)
    }

    pub(in crate::api) fn number_out_of_range(field: &'static str, max: u32) -> Self {
        let rule = format!("{field}: must be from 1 to {max}");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "out_of_range", rule).of_field(field)
    }

    pub(in crate::api) fn too_many(field: &'static str, max: usize) -> Self {
        let rule = format!("{field}: must have at most {max} items");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "list_too_long", rule).of_field(field)
    }

    pub(in crate::api) fn not_kept(what: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_kept", format!("no {what} is kept under this id"))
    }

    pub(in crate::api) fn store_failed() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", "the store did not do it; it may later")
    }
}

impl From<InvalidPattern> for Problem {
    fn from(error: InvalidPattern) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_pattern", format!("pattern: {error}")).of_field("pattern")
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        let field = match error {
            KeyError::UnknownCategory => "category",
            KeyError::EmptySubKey | KeyError::MissingSubKey | KeyError::UnexpectedSubKey | KeyError::UnknownSubKey => {
                "sub_key"
            }
            _ => "identifier",
        };
        Self::new(StatusCode::BAD_REQUEST, error.code(), format!("{field}: {error}")).of_field(field)
    }
}

impl From<StoreError> for Problem {
    fn from(_: StoreError) -> Self {
        Self::store_failed()
    }
}

impl From<NotKept> for Problem {
    fn from(_: NotKept) -> Self {
        Self::store_failed()
    }
}

impl From<OverBudget> for Problem {
    fn from(error: OverBudget) -> Self {
        let rule = match error.expense {
            Expense::Computation => "too many answers had to be computed for this client",
            Expense::Write => "too much had to be kept for this client",
        };
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "over_budget", rule);
        Self { retry_after_secs: Some(whole_secs(error.retry_after)), ..problem }
    }
}

impl From<NotAnswered> for Problem {
    fn from(error: NotAnswered) -> Self {
        match error {
            NotAnswered::OverBudget(error) => error.into(),
            NotAnswered::Origin(error) => error.into(),
        }
    }
}

/// Rounded up: who comes back after them is not refused again.
fn whole_secs(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
