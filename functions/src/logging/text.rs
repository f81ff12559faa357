//! Text inside of JSON.

use std::fmt::{self, Write};

/// A text as JSON has it, with its quotation marks.
pub(crate) struct JsonText<'a>(pub(crate) &'a str);

impl fmt::Display for JsonText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        Escaping(&mut *f).write_str(self.0)?;
        f.write_str("\"")
    }
}

/// Escapes what is written through it, as it has to be between quotation marks (RFC 8259 section 7).
pub(super) struct Escaping<W>(pub(super) W);

impl<W: Write> Write for Escaping<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut written = 0;
        for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| is_escaped(*byte)) {
            self.0.write_str(text.get(written..at).unwrap_or_default())?;
            match byte {
                b'"' | b'\\' => write!(self.0, "\\{}", char::from(byte))?,
                b'\n' => self.0.write_str("\\n")?,
                _ => write!(self.0, "\\u{byte:04x}")?,
            }
            written = at + 1;
        }
        self.0.write_str(text.get(written..).unwrap_or_default())
    }
}

const fn is_escaped(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

#[cfg(test)]
mod tests {
    use super::JsonText;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_can_be_read_back(text in any::<String>(), control in "[\\x00-\\x1f\"\\\\]*") {
            let text = text + &control;
            let read: String = serde_json::from_str(&JsonText(&text).to_string()).expect("JSON");
            prop_assert_eq!(read, text);
        }
    }
}
