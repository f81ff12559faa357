//! Why a body is no request.

/// Why a body is no request. The text names the field and the rule, never the content: the content is health data.
///
/// Errors that are found while reading come first, then those of the fields in the order of the specification.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RequestError {
    /// The body is not UTF-8.
    NotUtf8,
    /// The body is not JSON.
    NotJson {
        /// Line of the first error, from 1.
        line: usize,
        /// Column of the first error, from 1; 0 where a line ends too early.
        column: usize,
    },
    /// The body is JSON, but not an object.
    NotAnObject,
    /// An object names a member twice; the field is told when it is one of the request's own.
    DuplicateMember {
        /// The repeated field.
        field: Option<&'static str>,
    },
    /// Arrays and objects are nested too deeply.
    TooDeep,
    /// A required field is absent or null.
    MissingField {
        /// The field.
        field: &'static str,
    },
    /// A field has another type than it should.
    WrongType {
        /// The field.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A required field is empty once it is normalised.
    EmptyField {
        /// The field.
        field: &'static str,
    },
    /// A text, or a text in a list, is too long.
    TextTooLong {
        /// The field.
        field: &'static str,
        /// The longest text, in Unicode code points as sent.
        max_chars: usize,
    },
    /// A list has too many items.
    ListTooLong {
        /// The field.
        field: &'static str,
        /// The longest list.
        max_items: usize,
    },
    /// A list has too few or too many items.
    WrongCount {
        /// The field.
        field: &'static str,
        /// The shortest list.
        min: usize,
        /// The longest list.
        max: usize,
    },
    /// A list has an item twice.
    RepeatedItem {
        /// The field.
        field: &'static str,
    },
    /// A number is out of range.
    OutOfRange {
        /// The field.
        field: &'static str,
        /// The largest value.
        max: u8,
    },
    /// A field has none of its allowed values.
    UnknownValue {
        /// The field.
        field: &'static str,
        /// The allowed values, for people.
        allowed: &'static str,
    },
    /// The key that a field makes is too long.
    KeyTooLong {
        /// The field.
        field: &'static str,
    },
}

impl RequestError {
    /// The text for people: the field and the rule.
    ///
    /// It is put together by hand: the formatting machinery is a twentieth of the WebAssembly module, and nothing else
    /// in it needs any.
    #[must_use]
    pub fn message(self) -> String {
        let (before, number, after) = self.rule();
        let number = number.map(|number| number.to_string()).unwrap_or_default();
        match self {
            Self::NotUtf8 | Self::NotAnObject | Self::TooDeep => ["the body ", before, &number, after].concat(),
            Self::NotJson { column, .. } => ["the body ", before, &number, after, &column.to_string()].concat(),
            Self::WrongCount { field, max, .. } => {
                [field, ": ", before, &number, after, &max.to_string(), " items"].concat()
            }
            _ => [self.field().unwrap_or("the body"), ": ", before, &number, after].concat(),
        }
    }

    /// The rule: a text, perhaps a number, and perhaps another text.
    fn rule(self) -> (&'static str, Option<usize>, &'static str) {
        match self {
            Self::NotUtf8 => ("must be UTF-8", None, ""),
            Self::NotJson { line, .. } => ("must be JSON: syntax error at line ", Some(line), ", column "),
            Self::NotAnObject => ("must be a JSON object", None, ""),
            Self::DuplicateMember { .. } => ("members must not be repeated", None, ""),
            Self::TooDeep => ("must not be nested more than ", Some(super::MAX_DEPTH), " levels deep"),
            Self::MissingField { .. } => ("is required", None, ""),
            Self::WrongType { expected, .. } => ("must be ", None, expected),
            Self::EmptyField { .. } => ("must not be empty", None, ""),
            Self::TextTooLong { max_chars, .. } => ("a text must have at most ", Some(max_chars), " characters"),
            Self::ListTooLong { max_items, .. } => ("must have at most ", Some(max_items), " items"),
            Self::WrongCount { min, .. } => ("must have ", Some(min), " to "),
            Self::RepeatedItem { .. } => ("items must not be repeated", None, ""),
            Self::OutOfRange { max, .. } => ("must be from 0 to ", Some(usize::from(max)), ""),
            Self::UnknownValue { allowed, .. } => ("must be one of ", None, allowed),
            Self::KeyTooLong { .. } => ("makes a key of more than ", Some(crate::MAX_KEY_BYTES), " bytes"),
        }
    }

    /// A stable name for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::NotJson { .. } => "not_json",
            Self::NotAnObject => "not_an_object",
            Self::DuplicateMember { .. } => "duplicate_member",
            Self::TooDeep => "too_deep",
            Self::MissingField { .. } => "missing_field",
            Self::WrongType { .. } => "wrong_type",
            Self::EmptyField { .. } => "empty_field",
            Self::TextTooLong { .. } => "text_too_long",
            Self::ListTooLong { .. } => "list_too_long",
            Self::WrongCount { .. } => "wrong_count",
            Self::RepeatedItem { .. } => "repeated_item",
            Self::OutOfRange { .. } => "out_of_range",
            Self::UnknownValue { .. } => "unknown_value",
            Self::KeyTooLong { .. } => "key_too_long",
        }
    }

    /// The field that is to blame, when it is one.
    #[must_use]
    pub const fn field(self) -> Option<&'static str> {
        match self {
            Self::NotUtf8 | Self::NotJson { .. } | Self::NotAnObject | Self::TooDeep => None,
            Self::DuplicateMember { field } => field,
            Self::MissingField { field }
            | Self::WrongType { field, .. }
            | Self::EmptyField { field }
            | Self::TextTooLong { field, .. }
            | Self::ListTooLong { field, .. }
            | Self::WrongCount { field, .. }
            | Self::RepeatedItem { field }
            | Self::OutOfRange { field, .. }
            | Self::UnknownValue { field, .. }
            | Self::KeyTooLong { field } => Some(field),
        }
    }
}

impl std::fmt::Display for RequestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for RequestError {}

#[cfg(test)]
mod tests {
    use super::RequestError;

    #[test]
    fn the_texts_of_errors_are_pinned() {
        let field = "concern";
        let texts = [
            (RequestError::NotUtf8, "the body must be UTF-8"),
            (RequestError::NotJson { line: 2, column: 0 }, "the body must be JSON: syntax error at line 2, column 0"),
            (RequestError::NotAnObject, "the body must be a JSON object"),
            (RequestError::DuplicateMember { field: None }, "the body: members must not be repeated"),
            (RequestError::DuplicateMember { field: Some(field) }, "concern: members must not be repeated"),
            (RequestError::TooDeep, "the body must not be nested more than 32 levels deep"),
            (RequestError::MissingField { field }, "concern: is required"),
            (RequestError::WrongType { field, expected: "text" }, "concern: must be text"),
            (RequestError::EmptyField { field }, "concern: must not be empty"),
            (RequestError::TextTooLong { field, max_chars: 9 }, "concern: a text must have at most 9 characters"),
            (RequestError::ListTooLong { field, max_items: 64 }, "concern: must have at most 64 items"),
            (RequestError::WrongCount { field, min: 2, max: 5 }, "concern: must have 2 to 5 items"),
            (RequestError::RepeatedItem { field }, "concern: items must not be repeated"),
            (RequestError::OutOfRange { field, max: 150 }, "concern: must be from 0 to 150"),
            (RequestError::UnknownValue { field, allowed: "a, b" }, "concern: must be one of a, b"),
            (RequestError::KeyTooLong { field }, "concern: makes a key of more than 512 bytes"),
        ];
        for (error, text) in texts {
            assert_eq!(error.to_string(), text);
        }
    }
}
