//! The id of a request, which every log line of it has.

use http::HeaderMap;
use std::sync::Arc;

const HEADER: &str = "x-request-id";

/// How long an id of a client may be.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=64;

/// The id of a request. Lambda gives it, or the client, or it is made up.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id that the platform gave.
    #[must_use]
    pub fn of_platform(id: &str) -> Self {
        Self(id.into())
    }

    /// The client's id, or a new one when there is none that may be logged.
    pub(super) fn of_request(headers: &HeaderMap) -> Self {
        let claimed = headers.get(HEADER).and_then(|value| value.to_str().ok());
        claimed.filter(|id| may_be_logged(id)).map_or_else(Self::random, |id| Self(id.into()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn random() -> Self {
        let mut bytes = [0; 16];
        // Without randomness the requests of this moment share an id, and are answered all the same.
        let _ = getrandom::fill(&mut bytes);
        Self(hex::encode(bytes).into())
    }
}

/// Hexadecimal digits and hyphens only, as in a UUID: nobody's name or complaint fits in there.
fn may_be_logged(id: &str) -> bool {
    LENGTHS.contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::RequestId;
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
        assert_eq!(id_for(uuid).as_str(), uuid);
        for refused in ["john-doe-migraine", "", "abc", "0123456789abcdef\u{20}", "zz0123456789"] {
            let id = id_for(refused);
            assert_ne!(id.as_str(), refused);
            assert_eq!(id.as_str().len(), 32);
        }
        assert_ne!(RequestId::random(), RequestId::random());
    }
}
