//! The restricted patterns with which operators list and clear entries.

use crate::escape::{hex_value, is_unreserved};
use crate::kind::Category;
use crate::{CacheKey, KeyError};
use std::str::FromStr;

/// The longest pattern, in bytes. Long glob patterns have crashed Redis (CVE-2024-31228).
pub const MAX_PATTERN_BYTES: usize = 128;

/// Which entries are meant: a category, the entries of a category whose keys begin alike, or one entry.
///
/// # Syntax
///
/// `category`, `category:*`, `category:prefix*`, or an exact key without its `medinsight:`. Nothing else: no other
/// glob, no escape, and no encoded glob character. Counters, leases and generations are out of reach.
///
/// ```
/// use medinsight_core::Pattern;
///
/// let pattern: Pattern = "drug_info:asp*".parse()?;
/// assert_eq!(pattern.to_redis_glob(), "medinsight:drug_info:asp*");
/// assert!("drug_*".parse::<Pattern>().is_err());
/// assert!("usage:*".parse::<Pattern>().is_err());
/// # Ok::<(), medinsight_core::InvalidPattern>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Pattern {
    /// Every entry of a category.
    Category(Category),
    /// The entries of a category whose keys go on with a prefix, in the spelling of the key.
    Prefix(Category, String),
    /// One entry.
    Exact(CacheKey),
}

impl Pattern {
    /// The category that the pattern is confined to.
    #[must_use]
    pub fn category(&self) -> Category {
        match self {
            Self::Category(category) | Self::Prefix(category, _) => *category,
            Self::Exact(key) => key.kind().category(),
        }
    }

    /// The pattern as Redis understands it, for `SCAN ... MATCH`; special characters are escaped.
    #[must_use]
    pub fn to_redis_glob(&self) -> String {
        match self {
            Self::Category(category) => format!("medinsight:{category}:*"),
            Self::Prefix(category, prefix) => format!("medinsight:{category}:{}*", escape_glob(prefix)),
            Self::Exact(key) => escape_glob(key.as_str()),
        }
    }

    /// Whether a key is meant.
    #[must_use]
    pub fn matches(&self, key: &CacheKey) -> bool {
        match self {
            Self::Category(category) => key.kind().category() == *category,
            Self::Prefix(category, prefix) => key
                .as_str()
                .strip_prefix("medinsight:")
                .and_then(|rest| rest.strip_prefix(category.as_str()))
                .and_then(|rest| rest.strip_prefix(':'))
                .is_some_and(|rest| rest.starts_with(prefix)),
            Self::Exact(exact) => exact == key,
        }
    }
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_PATTERN_BYTES {
            return Err(InvalidPattern::TooLong);
        }
        let (category, rest) = match text.split_once(':') {
            Some((category, rest)) => (category, Some(rest)),
            None => (text, None),
        };
        let category: Category = category.parse().map_err(|_| InvalidPattern::UnknownCategory)?;
        if category.is_counter() {
            return Err(InvalidPattern::OutOfReach);
        }
        match rest {
            None | Some("*") => Ok(Self::Category(category)),
            Some(rest) => parse_rest(category, rest, text),
        }
    }
}

fn parse_rest(category: Category, rest: &str, text: &str) -> Result<Pattern, InvalidPattern> {
    let prefix = rest.strip_suffix('*');
    if !is_plain(prefix.unwrap_or(rest)) {
        return Err(InvalidPattern::Glob);
    }
    match prefix {
        Some(prefix) => Ok(Pattern::Prefix(category, prefix.to_owned())),
        None => format!("medinsight:{text}").parse().map(Pattern::Exact).map_err(InvalidPattern::NotAKey),
    }
}

/// Whether a text has only what can stand in a key, escapes being whole, upper-case, and not of glob characters.
fn is_plain(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let is_allowed = if byte == b'%' {
            let digits = (bytes.next().and_then(hex_value), bytes.next().and_then(hex_value));
            matches!(digits, (Some(high), Some(low)) if !is_special(high << 4 | low) && !is_unreserved(high << 4 | low))
        } else {
            is_unreserved(byte) || byte == b':'
        };
        if !is_allowed {
            return false;
        }
    }
    true
}

/// The characters with a meaning in Redis glob patterns.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'*' | b'?' | b'[' | b']' | b'\\' | b'^')
}

/// Escapes the special characters. A key has none, so this only matters should the alphabet of keys ever grow.
fn escape_glob(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if u8::try_from(c).is_ok_and(is_special) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPattern {
    /// It has more than [`MAX_PATTERN_BYTES`].
    #[error("a pattern has at most 128 bytes")]
    TooLong,
    /// It does not begin with a category.
    #[error("a pattern begins with a category")]
    UnknownCategory,
    /// It means counters.
    #[error("counters are out of reach of patterns")]
    OutOfReach,
    /// It has a glob other than one closing `*`, or characters that no key has.
    #[error("a pattern is category, category:*, category:prefix* or an exact key")]
    Glob,
    /// It has no `*` and is not an exact key.
    #[error("not an exact key: {0}")]
    NotAKey(KeyError),
}

#[cfg(test)]
mod tests {
    use super::{InvalidPattern, Pattern};
    use crate::{CacheKey, Category};
    use proptest::prelude::*;

    #[test]
    fn the_four_forms_are_understood() {
        assert_eq!("user".parse(), Ok(Pattern::Category(Category::User)));
        assert_eq!("user:*".parse(), Ok(Pattern::Category(Category::User)));
        assert_eq!("user:12*".parse(), Ok(Pattern::Prefix(Category::User, "12".into())));
        let key = CacheKey::build("user", "12", Some("session"));
        assert_eq!("user:12:session".parse().ok(), key.ok().map(Pattern::Exact));
    }

    #[test]
    fn everything_else_is_refused() {
        let hostile = [
            "*",
            "",
            ":",
            "medinsight:*",
            "medinsight:user:*",
            "use*",
            "user:?",
            "user:[a]*",
            "user:a*b*",
            "user:**",
            "user:\\*",
            "user:%2A*",
            "user:%2a*",
            "user:%5B",
            "user:%3F*",
            "user:%5E*",
            "user:%*",
            "user:a\0*",
            "user:\u{E9}*",
            "gen:user",
            "lease:*",
            "usage",
            "usage:*",
            "errors:x:failures",
            "user:12",
            "drug_info:A",
        ];
        for pattern in hostile {
            assert!(pattern.parse::<Pattern>().is_err(), "{pattern}");
        }
        assert_eq!(format!("user:{}*", "a".repeat(123)).parse::<Pattern>(), Err(InvalidPattern::TooLong));
    }

    proptest! {
        #[test]
        fn a_pattern_is_confined_to_its_category(text in "(user|symptom|drug_info|usage|gen|medinsight)?:?[a-z*?%:\\\\\\[\\]^0-9A-F]{0,20}") {
            if let Ok(pattern) = text.parse::<Pattern>() {
                let glob = pattern.to_redis_glob();
                let head = format!("medinsight:{}:", pattern.category());
                let rest = glob.strip_prefix(&head);
                prop_assert!(rest.is_some());
                let body = rest.map(|rest| rest.strip_suffix('*').unwrap_or(rest));
                prop_assert!(body.is_some_and(|body| !body.contains(['*', '?', '[', ']', '\\', '^'])));
            }
        }

        #[test]
        fn a_prefix_matches_exactly_the_keys_that_begin_with_it(name in "[a-z]{1,8}", other in "[a-z]{1,8}") {
            let pattern = format!("drug_info:{name}*").parse::<Pattern>();
            let key = CacheKey::build("drug_info", &other, None);
            if let (Ok(pattern), Ok(key)) = (pattern, key) {
                prop_assert_eq!(pattern.matches(&key), other.starts_with(&name));
            }
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = text.parse::<Pattern>();
        }
    }
}
