//! The events of `tests/events`, as Lambda delivers them.

use serde_json::Value;
use std::fs;
use std::path::Path;

/// An event, by the name of its file.
///
/// # Panics
///
/// When there is no such file, or it is no JSON.
#[must_use]
pub fn event(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("events").join(name).with_extension("json");
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("an event is JSON")
}

/// The event of a health question of its own for each number.
#[must_use]
pub fn numbered_question(number: u64) -> Value {
    let mut event = event("http-health");
    let body = crate::load::numbered_question(number);
    event["body"] = String::from_utf8_lossy(&body).into_owned().into();
    event
}
