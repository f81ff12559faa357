//! Why a body is no request.

/// Why a body is no request. The text names the field and the rule, never the content: the content is health data.
///
/// Errors that are found while reading come first, then those of the fields in the order of the specification.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The body is not UTF-8.
    #[error("the body must be UTF-8")]
    NotUtf8,
    /// The body is not JSON.
    #[error("the body must be JSON: syntax error at line {line}, column {column}")]
    NotJson {
        /// Line of the first error, from 1.
        line: usize,
        /// Column of the first error, from 1; 0 where a line ends too early.
        column: usize,
    },
    /// The body is JSON, but not an object.
    #[error("the body must be a JSON object")]
    NotAnObject,
    /// An object names a member twice; the field is told when it is one of the request's own.
    #[error("{}: members must not be repeated", field.unwrap_or("the body"))]
    DuplicateMember {
        /// The repeated field.
        field: Option<&'static str>,
    },
    /// Arrays and objects are nested too deeply.
    #[error("the body must not be nested more than {max} levels deep", max = super::MAX_DEPTH)]
    TooDeep,
    /// A required field is absent or null.
    #[error("{field}: is required")]
    MissingField {
        /// The field.
        field: &'static str,
    },
    /// A field has another type than it should.
    #[error("{field}: must be {expected}")]
    WrongType {
        /// The field.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A required field is empty once it is normalised.
    #[error("{field}: must not be empty")]
    EmptyField {
        /// The field.
        field: &'static str,
    },
    /// A text, or a text in a list, is too long.
    #[error("{field}: a text must have at most {max_chars} characters")]
    TextTooLong {
        /// The field.
        field: &'static str,
        /// The longest text, in Unicode code points as sent.
        max_chars: usize,
    },
    /// A list has too many items.
    #[error("{field}: must have at most {max_items} items")]
    ListTooLong {
        /// The field.
        field: &'static str,
        /// The longest list.
        max_items: usize,
    },
    /// A list has too few or too many items.
    #[error("{field}: must have {min} to {max} items")]
    WrongCount {
        /// The field.
        field: &'static str,
        /// The shortest list.
        min: usize,
        /// The longest list.
        max: usize,
    },
    /// A list has an item twice.
    #[error("{field}: items must not be repeated")]
    RepeatedItem {
        /// The field.
        field: &'static str,
    },
    /// A number is out of range.
    #[error("{field}: must be from 0 to {max}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// The largest value.
        max: u8,
    },
    /// A field has none of its allowed values.
    #[error("{field}: must be one of {allowed}")]
    UnknownValue {
        /// The field.
        field: &'static str,
        /// The allowed values, for people.
        allowed: &'static str,
    },
    /// The key that a field makes is too long.
    #[error("{field}: makes a key of more than {max} bytes", max = crate::MAX_KEY_BYTES)]
    KeyTooLong {
        /// The field.
        field: &'static str,
    },
}

impl RequestError {
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
