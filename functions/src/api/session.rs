//! The session that a request belongs to.

use super::Problem;
use super::ids::is_id;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Names the session; answers carry it back.
pub(super) const SESSION_HEADER: HeaderName = HeaderName::from_static("x-session-id");

/// A session's name: 1 to 128 visible ASCII characters.
pub(super) struct SessionId(HeaderValue);

impl SessionId {
    /// The session that the header names, or a new one.
    pub(super) fn of_request(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut named = headers.get_all(SESSION_HEADER).iter();
        match (named.next(), named.next()) {
            (None, _) => Self::random(),
            (Some(name), None) if is_id(name.as_bytes()) => Ok(Self(name.clone())),
            _ => Err(Problem::invalid_session()),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(super) fn into_header(self) -> HeaderValue {
        self.0
    }

    /// 128 random bits: whoever holds the name may read the session, so it must not be guessed.
    fn random() -> Result<Self, Problem> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|_| Problem::internal())?;
        let mut name = [0; 32];
        hex::encode_to_slice(bytes, &mut name).map_err(|_| Problem::internal())?;
        HeaderValue::from_bytes(&name).map(Self).map_err(|_| Problem::internal())
    }
}
