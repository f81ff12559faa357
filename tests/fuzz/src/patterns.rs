//! Patterns of operators, and what they match.

use crate::glob;
use medinsight_core::{CacheKey, Category, MAX_PATTERN_BYTES, Pattern};

/// The input is a pattern and, in a second line, the key of an entry without `medinsight:`.
pub fn check(input: &[u8]) {
    let input = String::from_utf8_lossy(input);
    let (pattern, key) = input.split_once('\n').unwrap_or((&input, ""));
    let Ok(parsed) = pattern.parse::<Pattern>() else { return };
    assert!(pattern.len() <= MAX_PATTERN_BYTES);
    assert_eq!(spelling(&parsed).parse().as_ref(), Ok(&parsed));
    assert!(!matches!(parsed.category(), Category::Usage | Category::Errors), "counters are out of reach");
    let glob = parsed.to_redis_glob();
    assert!(glob.starts_with(&format!("medinsight:{}:", parsed.category())), "{glob}");
    if let Ok(key) = format!("medinsight:{key}").parse::<CacheKey>() {
        assert_eq!(parsed.matches(&key), glob::matches(glob.as_bytes(), key.as_str().as_bytes()), "{glob} {key}");
        assert!(!parsed.matches(&key) || parsed.category() == key.kind().category());
        assert!(!glob::matches(glob.as_bytes(), key.lease_key().as_bytes()), "leases are out of reach");
    }
}

fn spelling(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Category(category) => format!("{category}:*"),
        Pattern::Prefix(category, prefix) => format!("{category}:{prefix}*"),
        Pattern::Exact(key) => key.as_str().trim_start_matches("medinsight:").to_owned(),
    }
}
