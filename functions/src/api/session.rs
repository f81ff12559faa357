//! The session that a request belongs to.

use super::Problem;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

/// Names the session; answers carry it back.
pub(super) const SESSION_HEADER: HeaderName = HeaderName::from_static("x-session-id");

const MAX_CHARS: usize = 128;

/// A session's name: 1 to 128 visible ASCII characters.
pub(super) struct SessionId(HeaderValue);

impl SessionId {
    /// The session that the header names, or a new one.
    pub(super) fn of_request(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut named = headers.get_all(SESSION_HEADER).iter();
        match (named.next(), named.next()) {
            (None, _) => Self::random(),
            (Some(name), None) if is_valid(name) => Ok(Self(name.clone())),
            _ => Err(Problem::invalid_session()),
        }
    }

    /// The rule as a JSON Schema.
    pub(super) fn schema() -> Value {
        json!({ "type": "string", "pattern": format!("^[!-~]{{1,{MAX_CHARS}}}$") })
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
        HeaderValue::try_from(hex::encode(bytes)).map(Self).map_err(|_| Problem::internal())
    }
}

fn is_valid(name: &HeaderValue) -> bool {
    let bytes = name.as_bytes();
    (1..=MAX_CHARS).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
}
