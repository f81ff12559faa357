//! Ids in paths: of sessions and of analyses.

use super::{Problem, Services};
use crate::config::SessionIds;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use medinsight_core::{MAX_SESSION_ID_CHARS, looks_random};
use serde_json::{Value, json};

/// The id that a path names: 1 to 128 visible ASCII characters.
pub(super) fn id_of_path(id: Result<Path<String>, PathRejection>, field: &'static str) -> Result<String, Problem> {
    let id = id.map(|Path(id)| id).map_err(|_| Problem::invalid_id(field))?;
    let is_valid = (1..=MAX_SESSION_ID_CHARS).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    if is_valid { Ok(id) } else { Err(Problem::invalid_id(field)) }
}

/// Refuses to write under an id that could be guessed, unless the deployment allows it.
pub(super) fn check_writable(services: &Services, id: &str, field: &'static str) -> Result<(), Problem> {
    match services.exposure.session_ids {
        SessionIds::Strict if !looks_random(id) => Err(Problem::guessable_id(field)),
        SessionIds::Strict | SessionIds::Legacy => Ok(()),
    }
}

/// The rule of ids in paths as a JSON Schema.
pub(super) fn schema() -> Value {
    json!({ "type": "string", "pattern": format!("^[!-~]{{1,{MAX_SESSION_ID_CHARS}}}$") })
}
