//! The rules of single fields.

use super::RequestError;
use super::json::{JsonValue, Members, Whole};
use crate::text;
use std::borrow::Cow;

/// The most items of a list in a request.
pub const MAX_ITEMS: usize = 64;
/// The longest text in a list, in code points.
pub const MAX_ITEM_CHARS: usize = 256;

/// A required text of at most `max_chars` code points, as it was sent.
pub(super) fn required_raw_text(
    members: &mut Members<'_>,
    field: &'static str,
    max_chars: usize,
) -> Result<String, RequestError> {
    let value = members.take(field).ok_or(RequestError::MissingField { field })?;
    let JsonValue::Text(text) = value else {
        return Err(RequestError::WrongType { field, expected: "text" });
    };
    check_length(&text, field, max_chars)?;
    Ok(text.into_owned())
}

/// A required text, normalised, which must not be empty then.
pub(super) fn required_text(
    members: &mut Members<'_>,
    field: &'static str,
    max_chars: usize,
) -> Result<String, RequestError> {
    optional_text(members, field, max_chars)?
        .ok_or(RequestError::MissingField { field })
        .and_then(|text| if text.is_empty() { Err(RequestError::EmptyField { field }) } else { Ok(text) })
}

/// An optional text, normalised; it may be empty then.
pub(super) fn optional_text(
    members: &mut Members<'_>,
    field: &'static str,
    max_chars: usize,
) -> Result<Option<String>, RequestError> {
    match members.take(field) {
        None => Ok(None),
        Some(JsonValue::Text(text)) => {
            check_length(&text, field, max_chars)?;
            Ok(Some(text::normalise(&text)))
        }
        Some(_) => Err(RequestError::WrongType { field, expected: "text" }),
    }
}

/// An optional whole number from 0 to `max`; `35.0` is `35`, as in RFC 8785, where numbers are doubles.
pub(super) fn optional_number(
    members: &mut Members<'_>,
    field: &'static str,
    max: u8,
) -> Result<Option<u8>, RequestError> {
    let whole = match members.take(field) {
        None => return Ok(None),
        Some(JsonValue::Number(number)) => number.whole(),
        Some(_) => Whole::No,
    };
    match whole {
        Whole::Small(value) if value <= max => Ok(Some(value)),
        Whole::Small(_) | Whole::Other => Err(RequestError::OutOfRange { field, max }),
        Whole::No => Err(RequestError::WrongType { field, expected: "a whole number" }),
    }
}

/// An optional boolean.
pub(super) fn optional_boolean(members: &mut Members<'_>, field: &'static str) -> Result<Option<bool>, RequestError> {
    match members.take(field) {
        None => Ok(None),
        Some(JsonValue::Boolean(value)) => Ok(Some(value)),
        Some(_) => Err(RequestError::WrongType { field, expected: "true or false" }),
    }
}

/// An optional list of texts as a set: normalised, without empty items and duplicates, sorted by code point.
pub(super) fn optional_set(
    members: &mut Members<'_>,
    field: &'static str,
) -> Result<Option<Vec<String>>, RequestError> {
    match members.take(field) {
        None => Ok(None),
        Some(JsonValue::List(items)) if items.len() > MAX_ITEMS => {
            Err(RequestError::ListTooLong { field, max_items: MAX_ITEMS })
        }
        Some(JsonValue::List(items)) => to_set(items, field).map(Some),
        Some(_) => Err(RequestError::WrongType { field, expected: "a list of texts" }),
    }
}

/// The items one by one, each put where it belongs: of at most [`MAX_ITEMS`] that is as fast as sorting them, and takes
/// less code. The bytes of UTF-8 sort as its code points do.
fn to_set(items: Vec<JsonValue<'_>>, field: &'static str) -> Result<Vec<String>, RequestError> {
    let mut set = Vec::with_capacity(items.len());
    for item in items {
        let item = text::normalise(&list_item(item, field, MAX_ITEM_CHARS)?);
        if let (false, Err(place)) = (item.is_empty(), set.binary_search(&item)) {
            set.insert(place, item);
        }
    }
    Ok(set)
}

/// A required list of `min` to `max` texts of at most `max_chars` code points each, as they were sent.
pub(super) fn required_raw_list<'a>(
    members: &mut Members<'a>,
    field: &'static str,
    (min, max): (usize, usize),
    max_chars: usize,
) -> Result<Vec<Cow<'a, str>>, RequestError> {
    match members.take(field).ok_or(RequestError::MissingField { field })? {
        JsonValue::List(items) if (min..=max).contains(&items.len()) => {
            items.into_iter().map(|item| list_item(item, field, max_chars)).collect()
        }
        JsonValue::List(_) => Err(RequestError::WrongCount { field, min, max }),
        _ => Err(RequestError::WrongType { field, expected: "a list of texts" }),
    }
}

fn list_item<'a>(item: JsonValue<'a>, field: &'static str, max_chars: usize) -> Result<Cow<'a, str>, RequestError> {
    let JsonValue::Text(text) = item else {
        return Err(RequestError::WrongType { field, expected: "a list of texts" });
    };
    check_length(&text, field, max_chars)?;
    Ok(text)
}

fn check_length(text: &str, field: &'static str, max_chars: usize) -> Result<(), RequestError> {
    // A text has at least as many bytes as code points, so short ones need no counting.
    if text.len() > max_chars && code_points(text) > max_chars {
        return Err(RequestError::TextTooLong { field, max_chars });
    }
    Ok(())
}

/// Counts the bytes that begin a code point; `chars().count()` does the same in ten times the code.
fn code_points(text: &str) -> usize {
    text.bytes().filter(|byte| byte & 0xC0 != 0x80).count()
}
