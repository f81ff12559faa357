//! Which keys a pattern of Redis matches, by its documentation: `*`, `?`, `[...]` and `\`.

/// Whether Redis takes the key for one of the pattern's.
pub(crate) fn matches(glob: &[u8], key: &[u8]) -> bool {
    match (glob, key) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=key.len()).any(|skipped| matches(rest, &key[skipped..])),
        ([b'?', rest @ ..], [_, key @ ..]) => matches(rest, key),
        ([b'[', rest @ ..], [first, key @ ..]) => {
            let end = rest.iter().position(|byte| *byte == b']').unwrap_or(rest.len());
            rest[..end].contains(first) && matches(rest.get(end + 1..).unwrap_or_default(), key)
        }
        ([b'\\', escaped, rest @ ..] | [escaped, rest @ ..], [first, key @ ..]) => {
            escaped == first && matches(rest, key)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn it_matches_as_the_documentation_of_redis_says() {
        for (glob, key, expected) in [
            ("h?llo", "hallo", true),
            ("h?llo", "hllo", false),
            ("h*llo", "heeello", true),
            ("h*llo", "hllo", true),
            ("h[ae]llo", "hello", true),
            ("h[ae]llo", "hillo", false),
            ("h\\*llo", "h*llo", true),
            ("h\\*llo", "hello", false),
            ("hallo*", "hallo", true),
            ("hallo", "hallo!", false),
        ] {
            assert_eq!(matches(glob.as_bytes(), key.as_bytes()), expected, "{glob} {key}");
        }
    }
}
