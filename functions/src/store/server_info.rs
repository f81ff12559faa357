//! What a server says about itself: the reply to `INFO`, read with patience for everything that is missing or new.

use std::collections::BTreeMap;

/// The longest value that is kept. Those that are of interest are numbers and versions.
const MAX_VALUE_BYTES: usize = 256;

/// Names and values of a reply to `INFO`. A managed Redis leaves out many of them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ServerInfo(BTreeMap<String, String>);

/// What a server says about the keys of one of its databases.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Serialize)]
pub struct Keyspace {
    /// Keys.
    pub keys: Option<u64>,
    /// Those of them that expire.
    pub expires: Option<u64>,
    /// Their average life in milliseconds.
    pub avg_ttl: Option<u64>,
}

impl ServerInfo {
    /// Reads any text. Lines that are not `name:value` say nothing, and of a name given twice the first value counts.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut values = BTreeMap::new();
        for (name, value) in text.lines().filter_map(pair) {
            values.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
        Self(values)
    }

    /// What is known of a server without its help.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = (&'static str, u64)>) -> Self {
        Self(values.into_iter().map(|(name, value)| (name.to_owned(), value.to_string())).collect())
    }

    /// A value as it stands.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A value that is a whole number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    /// A value that is a finite number.
    #[must_use]
    pub fn decimal(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// The databases that have keys, by name: `db0`.
    pub fn keyspaces(&self) -> impl Iterator<Item = (&str, Keyspace)> {
        let databases = self.0.iter().filter(|(name, _)| is_database(name));
        databases.map(|(name, value)| (name.as_str(), keyspace(value)))
    }
}

fn pair(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.trim().split_once(':')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_name && value.len() <= MAX_VALUE_BYTES).then_some((name, value))
}

fn is_database(name: &str) -> bool {
    name.strip_prefix("db").is_some_and(|number| number.parse::<u32>().is_ok())
}

/// Reads `keys=3,expires=1,avg_ttl=0`.
fn keyspace(value: &str) -> Keyspace {
    let field = |name| {
        let mut fields = value.split(',').filter_map(|field| field.split_once('='));
        fields.find(|(field, _)| *field == name)?.1.parse().ok()
    };
    Keyspace { keys: field("keys"), expires: field("expires"), avg_ttl: field("avg_ttl") }
}

#[cfg(test)]
mod tests {
    use super::{Keyspace, ServerInfo};
    use proptest::prelude::*;

    #[test]
    fn numbers_texts_and_databases_are_read_and_everything_else_says_nothing() {
        let info = ServerInfo::parse(
            "# Server\r\nredis_version:8.0.2\r\n\r\nused_memory:1024\r\nused_memory:7\r\nmem_fragmentation_ratio:1.25\r\n\
             no pair\r\n:nameless\r\nallocator:inf\r\ndb0:keys=3,expires=1,avg_ttl=9,subexpiry=0\r\ndbx:keys=1\r\ndb7:?\r\n",
        );
        assert_eq!(info.text("redis_version"), Some("8.0.2"));
        assert_eq!((info.number("used_memory"), info.number("redis_version")), (Some(1_024), None));
        assert_eq!((info.decimal("mem_fragmentation_ratio"), info.decimal("allocator")), (Some(1.25), None));
        let keyspaces: Vec<_> = info.keyspaces().collect();
        let db0 = Keyspace { keys: Some(3), expires: Some(1), avg_ttl: Some(9) };
        assert_eq!(keyspaces, [("db0", db0), ("db7", Keyspace::default())]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in any::<String>()) {
            let info = ServerInfo::parse(&text);
            prop_assert!(info.keyspaces().count() <= text.lines().count());
        }

        #[test]
        fn what_looks_like_an_info_is_read_whatever_its_values_are(
            lines in prop::collection::vec("(used_memory|db[0-9]{1,12}|[a-z_]{0,9}):?(keys=)?[0-9a-z,=.:\u{0}-\u{20}]{0,20}", 0..20),
        ) {
            let info = ServerInfo::parse(&lines.join("\r\n"));
            let _ = (info.number("used_memory"), info.decimal("used_memory"), info.keyspaces().count());
        }

        #[test]
        fn a_number_that_was_written_is_read(number in any::<u64>(), noise in "[^:\r\n]{0,20}") {
            let info = ServerInfo::parse(&format!("{noise}\r\nuptime_in_seconds:{number}\r\n{noise}"));
            prop_assert_eq!(info.number("uptime_in_seconds"), Some(number));
        }
    }
}
