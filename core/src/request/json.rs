//! Reads a JSON object strictly: no repeated members at any level, no deep nesting, and errors without content.
//!
//! `serde_json` quotes the input in some of its errors, and its `Value` silently keeps the last of two members. So the
//! tree is built by a visitor of our own, which notes its own verdicts beside the parser's.

use super::RequestError;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;

/// The deepest nesting of a body; its own object is level 1.
pub const MAX_DEPTH: usize = 32;

/// A value in the body. Numbers are floating point because RFC 8785 gives JSON no others.
#[derive(Debug)]
pub(super) enum JsonValue<'a> {
    Null,
    Boolean(bool),
    Number(f64),
    Text(Cow<'a, str>),
    List(Vec<JsonValue<'a>>),
    Object(Members<'a>),
}

/// The members of an object that its reader knows.
#[derive(Debug, Default)]
pub(super) struct Members<'a>(Vec<(&'static str, JsonValue<'a>)>);

impl<'a> Members<'a> {
    /// Takes a member out; `null` counts as absent.
    pub(super) fn take(&mut self, name: &str) -> Option<JsonValue<'a>> {
        let position = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.swap_remove(position).1).filter(|value| !matches!(value, JsonValue::Null))
    }
}

/// Reads the members called `names` of the object that `body` is.
pub(super) fn read_object<'a>(body: &'a [u8], names: &[&'static str]) -> Result<Members<'a>, RequestError> {
    let text = std::str::from_utf8(body).map_err(|_| RequestError::NotUtf8)?;
    let verdict = Cell::new(None);
    let mut parser = serde_json::Deserializer::from_str(text);
    let seed = ValueSeed { names, depth: 0, verdict: &verdict };
    let value = seed.deserialize(&mut parser).and_then(|value| parser.end().map(|()| value));
    match value {
        Ok(JsonValue::Object(members)) => Ok(members),
        Ok(_) => Err(RequestError::NotAnObject),
        Err(error) => {
            Err(verdict.get().unwrap_or(RequestError::NotJson { line: error.line(), column: error.column() }))
        }
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

/// Reads one value. Only the outermost object has known members; deeper ones are checked and dropped.
#[derive(Clone, Copy)]
struct ValueSeed<'s> {
    names: &'s [&'static str],
    depth: usize,
    verdict: &'s Cell<Option<RequestError>>,
}

impl ValueSeed<'_> {
    fn refuse<E: Error>(&self, verdict: RequestError) -> E {
        self.verdict.set(Some(verdict));
        E::custom("")
    }

    fn descend<E: Error>(&self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(self.refuse(RequestError::TooDeep));
        }
        Ok(Self { names: &[], depth: self.depth + 1, verdict: self.verdict })
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = JsonValue<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = JsonValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(JsonValue::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(JsonValue::Boolean(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 only the magnitude matters, and it is out of range")]
    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(JsonValue::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 only the magnitude matters, and it is out of range")]
    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(JsonValue::Number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(JsonValue::Number(value))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(JsonValue::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(JsonValue::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let inner = self.descend()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(JsonValue::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let inner = self.descend()?;
        let mut members = Members::default();
        let mut others = BTreeSet::new();
        while let Some(NameSeed(name)) = map.next_key_seed(NameSeed(Cow::Borrowed("")))? {
            let known = self.names.iter().copied().find(|known| *known == name);
            let is_new = match known {
                Some(known) => !members.0.iter().any(|(seen, _)| *seen == known),
                None => others.insert(name),
            };
            if !is_new {
                return Err(self.refuse(RequestError::DuplicateMember { field: known }));
            }
            let value = map.next_value_seed(inner)?;
            members.0.extend(known.map(|known| (known, value)));
        }
        Ok(JsonValue::Object(members))
    }
}

/// Reads a member's name, borrowed from the body where it has no escapes.
struct NameSeed<'a>(Cow<'a, str>);

impl<'de> DeserializeSeed<'de> for NameSeed<'de> {
    type Value = Self;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for NameSeed<'de> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Self(Cow::Borrowed(name)))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Self(Cow::Owned(name.to_owned())))
    }
}
