//! JSON strings and their escapes.

use super::parser::Parser;
use crate::request::RequestError;
use crate::scan;
use std::borrow::Cow;

impl<'a> Parser<'a> {
    /// Reads a string whose opening quotation mark is passed; it is borrowed from the body if it has no escapes.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, RequestError> {
        let plain = self.plain()?;
        if self.next() == Some(b'"') {
            return Ok(Cow::Borrowed(plain));
        }
        let mut unescaped = String::from(plain);
        loop {
            unescaped.push(self.escape()?);
            unescaped.push_str(self.plain()?);
            if self.next() == Some(b'"') {
                return Ok(Cow::Owned(unescaped));
            }
        }
    }

    /// Reads up to the closing quotation mark or to a backslash.
    fn plain(&mut self) -> Result<&'a str, RequestError> {
        let rest = self.text.get(self.position..).unwrap_or_default();
        let length = scan::first_special(rest.as_bytes()).unwrap_or(rest.len());
        self.position += length;
        match self.peek() {
            Some(b'"' | b'\\') => Ok(rest.get(..length).unwrap_or_default()),
            Some(_) => Err(self.error_ahead()),
            None => Err(self.error_here()),
        }
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> Result<char, RequestError> {
        match self.next() {
            Some(byte @ (b'"' | b'\\' | b'/')) => Ok(char::from(byte)),
            Some(b'b') => Ok('\u{8}'),
            Some(b'f') => Ok('\u{C}'),
            Some(b'n') => Ok('\n'),
            Some(b'r') => Ok('\r'),
            Some(b't') => Ok('\t'),
            Some(b'u') => self.code_point(),
            _ => Err(self.error_here()),
        }
    }

    /// Reads one or, for a surrogate pair, two UTF-16 code units. A lone surrogate is no character.
    fn code_point(&mut self) -> Result<char, RequestError> {
        let first = self.code_unit()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.error_here());
        }
        for expected in [b'\\', b'u'] {
            if self.next() != Some(expected) {
                return Err(self.error_here());
            }
        }
        let second = self.code_unit()?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(self.error_here());
        }
        char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)).ok_or_else(|| self.error_here())
    }

    fn code_unit(&mut self) -> Result<u32, RequestError> {
        let rest = self.text.as_bytes().get(self.position..).unwrap_or_default();
        let Some((digits, _)) = rest.split_first_chunk::<4>() else {
            self.position = self.text.len();
            return Err(self.error_here());
        };
        self.position += digits.len();
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        let value = digits.iter().try_fold(0, |value, byte| Some(value << 4 | digit(byte)?));
        value.ok_or_else(|| self.error_here())
    }
}
