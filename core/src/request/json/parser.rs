//! The grammar of JSON (RFC 8259), by recursive descent.

use super::number::Number;
use super::{JsonValue, MAX_DEPTH, Members};
use crate::request::RequestError;
use crate::request::field::MAX_ITEMS;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// How many items of a list are kept: enough to see that there are too many.
pub(super) const MAX_KEPT_ITEMS: usize = MAX_ITEMS + 1;

/// A place in a text.
pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) position: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, position: 0, depth: 0 }
    }

    /// Reads one value with nothing but white space around it. `names` are the members that are wanted if it is an
    /// object; all others are checked and dropped.
    pub(super) fn document(&mut self, names: &[&'static str]) -> Result<JsonValue<'a>, RequestError> {
        let value = self.value(names, 0)?;
        if self.peek_token().is_some() { Err(self.error_ahead()) } else { Ok(value) }
    }

    /// Reads a value and keeps at most `kept` items if it is a list.
    fn value(&mut self, names: &[&'static str], kept: usize) -> Result<JsonValue<'a>, RequestError> {
        match self.peek_token() {
            Some(b'"') => {
                self.position += 1;
                self.string().map(JsonValue::Text)
            }
            Some(b'-' | b'0'..=b'9') => Number::read(self).map(JsonValue::Number),
            Some(b'[') => self.list(kept),
            Some(b'{') => self.object(names),
            Some(b'n') => self.literal("null", JsonValue::Null),
            Some(b't') => self.literal("true", JsonValue::Boolean(true)),
            Some(b'f') => self.literal("false", JsonValue::Boolean(false)),
            _ => Err(self.error_ahead()),
        }
    }

    fn literal(&mut self, literal: &str, value: JsonValue<'a>) -> Result<JsonValue<'a>, RequestError> {
        for expected in literal.bytes() {
            if self.next() != Some(expected) {
                return Err(self.error_here());
            }
        }
        Ok(value)
    }

    fn list(&mut self, kept: usize) -> Result<JsonValue<'a>, RequestError> {
        self.enter()?;
        // Most lists are short, and none is longer than a few dozen items.
        let mut items = Vec::with_capacity(kept.min(8));
        let mut is_first = true;
        while self.has_further(is_first, b']')? {
            is_first = false;
            let item = self.value(&[], 0)?;
            if items.len() < kept {
                items.push(item);
            }
        }
        self.leave();
        Ok(JsonValue::List(items))
    }

    fn object(&mut self, names: &[&'static str]) -> Result<JsonValue<'a>, RequestError> {
        self.enter()?;
        let mut members = Members::with_capacity(names.len());
        let mut others = BTreeSet::new();
        let mut is_first = true;
        while self.has_further(is_first, b'}')? {
            is_first = false;
            let name = self.name()?;
            let known = names.iter().copied().find(|known| *known == name);
            let is_new = known.map_or_else(|| others.insert(name), |known| !members.has(known));
            if !is_new {
                return Err(RequestError::DuplicateMember { field: known });
            }
            self.colon()?;
            let value = self.value(&[], if known.is_some() { MAX_KEPT_ITEMS } else { 0 })?;
            members.0.extend(known.map(|known| (known, value)));
        }
        self.leave();
        Ok(JsonValue::Object(members))
    }

    fn enter(&mut self) -> Result<(), RequestError> {
        if self.depth == MAX_DEPTH {
            return Err(RequestError::TooDeep);
        }
        self.depth += 1;
        self.position += 1;
        Ok(())
    }

    fn leave(&mut self) {
        self.depth -= 1;
        self.position += 1;
    }

    /// Whether another item or member follows; then the comma before it is passed.
    fn has_further(&mut self, is_first: bool, end: u8) -> Result<bool, RequestError> {
        match self.peek_token() {
            Some(token) if token == end => Ok(false),
            Some(_) if is_first => Ok(true),
            Some(b',') => {
                self.position += 1;
                if self.peek_token().is_none_or(|token| token == end) { Err(self.error_ahead()) } else { Ok(true) }
            }
            _ => Err(self.error_ahead()),
        }
    }

    fn name(&mut self) -> Result<Cow<'a, str>, RequestError> {
        if self.peek_token() != Some(b'"') {
            return Err(self.error_ahead());
        }
        self.position += 1;
        self.string()
    }

    fn colon(&mut self) -> Result<(), RequestError> {
        if self.peek_token() != Some(b':') {
            return Err(self.error_ahead());
        }
        self.position += 1;
        Ok(())
    }

    /// Skips white space and looks at what follows.
    fn peek_token(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.position += 1;
        }
        self.peek()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    pub(super) fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.position += 1;
        Some(byte)
    }

    /// The error that what was read last is wrong.
    pub(super) fn error_here(&self) -> RequestError {
        let before = self.text.as_bytes().get(..self.position).unwrap_or(self.text.as_bytes());
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        RequestError::NotJson { line, column: before.len() - line_start }
    }

    /// The error that what would be read next is wrong.
    pub(super) fn error_ahead(&mut self) -> RequestError {
        self.position += 1;
        self.error_here()
    }
}

#[cfg(test)]
mod tests {
    use super::Parser;
    use crate::request::RequestError;
    use proptest::prelude::*;

    /// What `serde_json` makes of a text: nothing, or the place of the first error.
    fn expected(text: &str) -> Result<(), RequestError> {
        let position = |error: serde_json::Error| (error.line(), error.column());
        let value = serde_json::from_str::<serde_json::Value>(text).map(|_| ());
        value.map_err(position).map_err(|(line, column)| RequestError::NotJson { line, column })
    }

    fn check(text: &str) -> Result<(), TestCaseError> {
        match Parser::new(text).document(&[]) {
            Err(RequestError::TooDeep | RequestError::DuplicateMember { .. }) => {}
            outcome => prop_assert_eq!(outcome.map(|_| ()), expected(text), "{}", text),
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_096))]

        #[test]
        fn broken_json_is_refused_at_the_same_place_as_by_serde_json(
            text in "[\\[\\]{}:,\"\\\\ntfu0-9.eE+-dD8cC\n\u{e9} ]{0,16}",
            name in "[a-c]",
        ) {
            check(&text)?;
            check(&format!("{{\"{name}\":{text}}}"))?;
            check(&format!("[{text}"))?;
        }

        #[test]
        fn broken_strings_are_refused_at_the_same_place_as_by_serde_json(
            text in "(\\\\(u(d[89][0-9a-f]{2}|D[CF]0[0-9]|00[0-9a-f]{2}|[0-9a-g]{0,4})|[\"\\\\/bfnrtx]?)|[a\u{e9}\u{1F600}\n\"]){0,8}",
        ) {
            check(&format!("\"{text}\""))?;
            check(&format!("\"{text}"))?;
        }

        #[test]
        fn broken_numbers_are_refused_at_the_same_place_as_by_serde_json(
            text in "-?[0-9]{0,3}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{0,12})?[0-9.e, ]{0,2}",
        ) {
            check(&text)?;
            check(&format!("[ {text} ]"))?;
        }

        #[test]
        fn strings_read_as_serde_json_reads_them(text in any::<String>(), other in "[\\x00-\\x7f]{0,20}") {
            for text in [text, other] {
                let literal = serde_json::Value::String(text.clone()).to_string();
                let read = Parser::new(&literal).document(&[]);
                prop_assert!(matches!(read, Ok(super::JsonValue::Text(read)) if read == text));
            }
        }
    }
}
