//! Ids in paths: of sessions and of analyses, and the digests of questions.

use super::{Problem, Services};
use crate::config::SessionIds;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use medinsight_core::{MAX_SESSION_ID_CHARS, RequestDigest, looks_random};
use serde_json::{Value, json};

/// The id that a path names: 1 to 128 visible ASCII characters.
pub(super) fn id_of_path(id: Result<Path<String>, PathRejection>, field: &'static str) -> Result<String, Problem> {
    let id = id.map(|Path(id)| id).map_err(|_| Problem::invalid_id(field))?;
    if is_id(id.as_bytes()) { Ok(id) } else { Err(Problem::invalid_id(field)) }
}

/// Whether a name may be an id, wherever it stands: 1 to 128 visible ASCII characters.
pub(super) fn is_id(name: &[u8]) -> bool {
    (1..=MAX_SESSION_ID_CHARS).contains(&name.len()) && name.iter().all(u8::is_ascii_graphic)
}

/// The digest of a question that a path names.
pub(super) fn digest_of_path(digest: Result<Path<String>, PathRejection>) -> Result<RequestDigest, Problem> {
    digest.ok().and_then(|Path(digest)| digest.parse().ok()).ok_or_else(Problem::invalid_digest)
}

/// Refuses to write under an id that could be guessed, unless the deployment allows it.
pub(super) fn check_writable(services: &Services, id: &str, field: &'static str) -> Result<(), Problem> {
    match services.exposure.session_ids {
        SessionIds::Strict if !looks_random(id) => Err(Problem::guessable_id(field)),
        SessionIds::Strict | SessionIds::Legacy => Ok(()),
    }
}

/// The rule of ids as a JSON Schema.
pub(super) fn schema() -> Value {
    json!({ "type": "string", "pattern": format!("^[!-~]{{1,{MAX_SESSION_ID_CHARS}}}$") })
}
