//! The id of a request, which every log line of it has.
//!
//! It travels with the task and not as a field of a span: a hit whose line is not written should not pay for one.

use crate::task_local;
use http::{HeaderMap, HeaderName};
use std::borrow::Cow;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

tokio::task_local! {
    static CURRENT: RequestId;
}

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// How long an id of a client may be.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=64;

/// The id of a request. Lambda gives it, or the client, or it is made up.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum RequestId {
    Given(Arc<str>),
    /// What this process calls itself, at random, and the number of the request: an id has to be another one than all
    /// others, and may be guessed. It becomes a text where a line is written.
    Made(u64),
}

impl RequestId {
    /// The id that the platform gave.
    #[must_use]
    pub(crate) fn of_platform(id: &str) -> Self {
        Self::Given(id.into())
    }

    /// The client's id, or a new one when there is none that may be logged.
    pub(crate) fn of_request(headers: &HeaderMap) -> Self {
        let claimed = headers.get(HEADER).and_then(|value| value.to_str().ok());
        claimed.filter(|id| may_be_logged(id)).map_or_else(Self::unique, |id| Self::Given(id.into()))
    }

    /// The id.
    #[must_use]
    pub(crate) fn text(&self) -> Cow<'_, str> {
        // Without randomness processes share ids, and answer all the same.
        static PROCESS: LazyLock<u64> = LazyLock::new(|| getrandom::u64().unwrap_or_default());
        match self {
            Self::Given(id) => Cow::Borrowed(id),
            Self::Made(number) => Cow::Owned(format!("{:016x}{number:016x}", *PROCESS)),
        }
    }

    /// The id of the request that the current task belongs to, if it belongs to one.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    /// Runs some work that belongs to the request.
    pub(crate) fn of<T>(self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        CURRENT.scope(self, work)
    }

    fn unique() -> Self {
        static REQUESTS: AtomicU64 = AtomicU64::new(0);
        Self::Made(REQUESTS.fetch_add(1, Ordering::Relaxed))
    }
}

/// The work with the id of the request that starts it, for a task of its own.
pub(crate) fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    task_local::carried(&CURRENT, work)
}

/// Hexadecimal digits and hyphens only, as in a UUID: nobody's name or complaint fits in there.
fn may_be_logged(id: &str) -> bool {
    LENGTHS.contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::{RequestId, carried};
    use http::{HeaderMap, HeaderValue};

    fn id_for(claim: &'static str) -> RequestId {
        RequestId::of_request(&HeaderMap::from_iter([(
            "x-request-id".parse().expect("a name"),
            HeaderValue::from_static(claim),
        )]))
    }

    #[test]
    fn an_id_of_digits_is_taken_over_and_words_are_not() {
        let uuid = "0a1b2c3d-0000-4000-8000-0123456789ab";
        assert_eq!(id_for(uuid).text(), uuid);
        for refused in ["john-doe-migraine", "", "abc", "0123456789abcdef\u{20}", "zz0123456789"] {
            let id = id_for(refused);
            assert_ne!(id.text(), refused);
            assert_eq!(id.text().len(), 32);
        }
        assert_ne!(RequestId::unique(), RequestId::unique());
    }

    #[tokio::test]
    async fn a_task_of_its_own_has_the_id_of_the_request_that_started_it() {
        let id = RequestId::of_platform("an-id");
        let task = id.clone().of(async { tokio::spawn(carried(async { RequestId::current() })).await });
        assert_eq!(task.await.expect("no panic"), Some(id));
        assert_eq!(RequestId::current(), None);
    }
}
