//! Canonical JSON (RFC 8785, JCS) of the request objects.
//!
//! The objects hold only texts, lists of texts, whole numbers and booleans, so a writer of a few lines is enough and no
//! floating-point code has to travel in the WebAssembly module. A property test holds it against a general
//! implementation of the RFC.

use crate::scan;

/// Writes one JSON object. Members have to be written in the order of RFC 8785 section 3.2.3: by their names' UTF-16
/// code units, which for the ASCII names used here is alphabetical order.
pub(crate) struct ObjectWriter {
    text: String,
}

impl ObjectWriter {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        let mut text = String::with_capacity(bytes);
        text.push('{');
        Self { text }
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        write_text(&mut self.text, value);
    }

    pub(crate) fn number(&mut self, name: &str, value: u8) {
        self.name(name);
        self.text.push_str(&value.to_string());
    }

    pub(crate) fn boolean(&mut self, name: &str, value: bool) {
        self.name(name);
        self.text.push_str(if value { "true" } else { "false" });
    }

    pub(crate) fn list(&mut self, name: &str, items: &[String]) {
        self.name(name);
        self.text.push('[');
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                self.text.push(',');
            }
            write_text(&mut self.text, item);
        }
        self.text.push(']');
    }

    pub(crate) fn finish(mut self) -> String {
        self.text.push('}');
        self.text
    }

    fn name(&mut self, name: &str) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        write_text(&mut self.text, name);
        self.text.push(':');
    }
}

/// Writes a text with the escapes of RFC 8785 section 3.2.2.2 and no others.
fn write_text(out: &mut String, value: &str) {
    out.push('"');
    let mut rest = value;
    while let Some((plain, special, after)) = split_at_special(rest) {
        out.push_str(plain);
        write_escape(out, special);
        rest = after;
    }
    out.push_str(rest);
    out.push('"');
}

fn split_at_special(text: &str) -> Option<(&str, char, &str)> {
    let position = scan::first_special(text.as_bytes())?;
    let (plain, from_special) = text.split_at_checked(position)?;
    let mut chars = from_special.chars();
    let special = chars.next()?;
    Some((plain, special, chars.as_str()))
}

fn write_escape(out: &mut String, special: char) {
    let short = match special {
        '"' => '"',
        '\\' => '\\',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{C}' => 'f',
        '\r' => 'r',
        control => return write_control(out, u32::from(control)),
    };
    out.push('\\');
    out.push(short);
}

fn write_control(out: &mut String, control: u32) {
    out.push_str("\\u00");
    for digit in [control >> 4, control & 0xF] {
        out.push(char::from_digit(digit, 16).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::ObjectWriter;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_writer_agrees_with_a_general_implementation_of_rfc_8785(
            text in any::<String>(),
            control in "[\\x00-\\x1F\"\\\\]{0,8}",
            items in prop::collection::vec(any::<String>(), 0..4),
            number: u8,
            flag: bool,
        ) {
            let mut writer = ObjectWriter::with_capacity(0);
            writer.boolean("a", flag);
            writer.text("b", &text);
            writer.list("c", &items);
            writer.text("d", &control);
            writer.number("e", number);
            let value = serde_json::json!({"e": number, "d": control, "c": items, "b": text, "a": flag});
            prop_assert_eq!(writer.finish(), serde_json_canonicalizer::to_string(&value).unwrap_or_default());
        }
    }
}
