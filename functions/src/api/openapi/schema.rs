//! JSON Schemas: of bodies that are Rust types, by derive, and of what the core reads, from the core's own limits.

use medinsight_core::request::{MAX_ITEM_CHARS, MAX_ITEMS};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

/// What is not white space. The class is that of the Unicode property, spelled out because `\s` is another set in
/// each regular expression engine.
const NOT_WHITE_SPACE: &str = r"[^\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]";

/// Names have something in them that is neither white space nor a control character, and around it no control characters
/// but those that are white space.
const NO_CONTROL: &str = r"[^\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f]*";
const VISIBLE: &str = r"[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]";

/// Makes the schemas of Rust types and collects their definitions.
#[derive(Debug)]
pub(in crate::api) struct Schemas(SchemaGenerator);

/// How the schema of a type is made.
pub(in crate::api) type SchemaOf = fn(&mut Schemas) -> Value;

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        Self(settings.for_serialize().into_generator())
    }

    /// A reference to the schema of a type.
    pub(super) fn of<T: JsonSchema>(&mut self) -> Value {
        self.0.subschema_for::<T>().to_value()
    }

    pub(super) fn into_definitions(mut self) -> Value {
        self.0.take_definitions(true).into()
    }
}

/// A text.
pub(in crate::api) fn text() -> Value {
    json!({ "type": "string" })
}

/// A required text of at most `max_chars` code points that is not empty once it is normalised.
pub(in crate::api) fn filled_text(description: &str, max_chars: usize) -> Value {
    json!({
        "description": description,
        "type": "string",
        "minLength": 1,
        "maxLength": max_chars,
        "pattern": NOT_WHITE_SPACE,
    })
}

/// A text of at most `max_chars` code points that names something.
pub(in crate::api) fn name(description: &str, max_chars: usize) -> Value {
    json!({
        "description": description,
        "type": "string",
        "minLength": 1,
        "maxLength": max_chars,
        "pattern": format!("^{NO_CONTROL}{VISIBLE}{NO_CONTROL}$"),
    })
}

/// A text of at most `max_chars` code points, or null.
pub(in crate::api) fn optional_text(description: &str, max_chars: usize) -> Value {
    json!({ "description": description, "type": ["string", "null"], "maxLength": max_chars })
}

/// A whole number from 0 to `max`, or null.
pub(in crate::api) fn optional_number(description: &str, max: u8) -> Value {
    json!({ "description": description, "type": ["integer", "null"], "minimum": 0, "maximum": max })
}

/// True or false, or null.
pub(in crate::api) fn optional_flag(description: &str) -> Value {
    json!({ "description": description, "type": ["boolean", "null"] })
}

/// A reference to the schema of a type that an answer has, too.
pub(in crate::api) fn of_answer(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A set of texts, or null.
pub(in crate::api) fn optional_set(description: &str) -> Value {
    json!({
        "description": description,
        "type": ["array", "null"],
        "maxItems": MAX_ITEMS,
        "items": { "type": "string", "maxLength": MAX_ITEM_CHARS },
    })
}

/// The digest of a question.
pub(in crate::api) fn digest() -> Value {
    json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
}

/// Seconds in a header.
pub(super) fn seconds() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

#[cfg(test)]
mod tests {
    use super::NOT_WHITE_SPACE;
    use medinsight_core::text::normalise;

    /// Reads the class: code points and ranges of them behind `[^`.
    fn excluded() -> Vec<(char, char)> {
        let class = NOT_WHITE_SPACE.trim_start_matches("[^").trim_end_matches(']');
        let class = class.replace(r"\t", "\t").replace(r"\r", "\r");
        let mut units = class.split(r"\u").enumerate().flat_map(|(index, part)| unescape(index, part)).peekable();
        let mut ranges = Vec::new();
        while let Some(first) = units.next() {
            let last = units.next_if_eq(&'-').and_then(|_| units.next()).unwrap_or(first);
            ranges.push((first, last));
        }
        ranges
    }

    fn unescape(index: usize, part: &str) -> Vec<char> {
        let (code, rest) = part.split_at(if index == 0 { 0 } else { 4 });
        let escaped = u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
        escaped.into_iter().chain(rest.chars()).collect()
    }

    #[test]
    fn a_text_matches_the_pattern_exactly_if_something_is_left_when_it_is_normalised() {
        let excluded = excluded();
        for c in char::MIN..=char::MAX {
            let matches = !excluded.iter().any(|(first, last)| (*first..=*last).contains(&c));
            assert_eq!(matches, !normalise(&c.to_string()).is_empty(), "{c:?}");
        }
    }
}
