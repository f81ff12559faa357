//! Reads a JSON object strictly: no repeated members at any level, no deep nesting, and errors without content.
//!
//! The parser is our own because a general one would decide things that belong to the key specification: which of two
//! members counts, how deep is too deep, how a number is rounded (with `serde_json` that depends on features, which any
//! other package in a build can switch on). It is also half as large in the WebAssembly module. Property tests hold it
//! against `serde_json`, down to the line and column of every syntax error.

mod number;
mod parser;
mod string;

use super::RequestError;
use number::Number;
pub(super) use number::Whole;
use parser::Parser;
use std::borrow::Cow;

/// The deepest nesting of a body; its own object is level 1.
pub const MAX_DEPTH: usize = 32;

/// A value in the body.
#[derive(Debug)]
pub(super) enum JsonValue<'a> {
    Null,
    Boolean(bool),
    Number(Number<'a>),
    Text(Cow<'a, str>),
    /// A list; of one in a known member, the first [`parser::MAX_KEPT_ITEMS`] items, of any other none.
    List(Vec<JsonValue<'a>>),
    Object(Members<'a>),
}

/// The members of an object that its reader knows.
#[derive(Debug)]
pub(super) struct Members<'a>(Vec<(&'static str, JsonValue<'a>)>);

impl<'a> Members<'a> {
    fn with_capacity(members: usize) -> Self {
        Self(Vec::with_capacity(members))
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| *known == name)
    }

    /// Takes a member out; `null` counts as absent.
    pub(super) fn take(&mut self, name: &str) -> Option<JsonValue<'a>> {
        let position = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.swap_remove(position).1).filter(|value| !matches!(value, JsonValue::Null))
    }
}

/// Reads the members called `names` of the object that `body` is.
pub(super) fn read_object<'a>(body: &'a [u8], names: &[&'static str]) -> Result<Members<'a>, RequestError> {
    let text = std::str::from_utf8(body).map_err(|_| RequestError::NotUtf8)?;
    match Parser::new(text).document(names)? {
        JsonValue::Object(members) => Ok(members),
        _ => Err(RequestError::NotAnObject),
    }
}

/// Checks that a body is a JSON object that every reader understands in the same way: UTF-8, no member repeated at any
/// level, at most [`MAX_DEPTH`] levels, no number that no double can hold.
///
/// # Errors
///
/// The first [`RequestError`] of those that are found while reading.
pub fn check_object(body: &[u8]) -> Result<(), RequestError> {
    read_object(body, &[]).map(|_| ())
}
