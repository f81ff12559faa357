//! Percent-encoding of the parts of a key.
//!
//! The unreserved bytes of RFC 3986 stand for themselves, every other byte is `%XX` with upper-case digits. Each text
//! has exactly one spelling, so a part can hold neither a `:` nor a glob character of Redis.

/// The text with every byte that is not unreserved in RFC 3986 written `%XX`: a segment of a path, or a value of a query.
///
/// ```
/// assert_eq!(medinsight_core::percent_encode("a b/c"), "a%20b%2Fc");
/// ```
#[must_use]
pub fn percent_encode(text: &str) -> String {
    percent_encode_unless(text, is_unreserved)
}

/// The text with every byte written `%XX` that does not stand for itself.
///
/// ```
/// assert_eq!(medinsight_core::percent_encode_unless("a b/c", |byte| byte.is_ascii_graphic()), "a%20b/c");
/// ```
#[must_use]
pub fn percent_encode_unless(text: &str, stands_for_itself: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    encode_unless(&mut out, text, stands_for_itself);
    out
}

/// Appends `text` to `out`, encoded.
pub(crate) fn encode_into(out: &mut String, text: &str) {
    encode_unless(out, text, is_unreserved);
}

fn encode_unless(out: &mut String, text: &str, stands_for_itself: impl Fn(u8) -> bool) {
    // Digests, sessions and most names need no encoding.
    if text.bytes().all(&stands_for_itself) {
        return out.push_str(text);
    }
    for byte in text.bytes() {
        if stands_for_itself(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(hex_digit(byte >> 4));
            out.push(hex_digit(byte & 0x0F));
        }
    }
}

/// The text that `encoded` spells, or `None` when it is not the one spelling that [`encode_into`] gives.
pub(crate) fn decode(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let value = (hex_value(rest.next()?)? << 4) | hex_value(rest.next()?)?;
            Some(value).filter(|value| !is_unreserved(*value))?
        } else {
            Some(byte).filter(|byte| is_unreserved(*byte))?
        });
    }
    String::from_utf8(bytes).ok()
}

/// Whether a byte stands for itself in a key.
pub(crate) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

fn hex_digit(nibble: u8) -> char {
    char::from(if nibble < 10 { b'0' + nibble } else { b'A' - 10 + nibble })
}

/// The value of an upper-case hexadecimal digit.
pub(crate) fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, encode_into};
    use proptest::prelude::*;

    fn encode(text: &str) -> String {
        let mut out = String::new();
        encode_into(&mut out, text);
        out
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for spelling in ["%", "%4", "%41", "%2a", "%GG", "a b", "a:b", "*", "%FF", "é"] {
            assert_eq!(decode(spelling), None, "{spelling}");
        }
    }

    proptest! {
        #[test]
        fn decoding_is_the_inverse_of_encoding(text in any::<String>()) {
            prop_assert_eq!(decode(&encode(&text)), Some(text));
        }

        #[test]
        fn what_decodes_is_spelled_the_one_way(spelling in "[a-zA-Z0-9%:*._~-]{0,24}") {
            if let Some(text) = decode(&spelling) {
                prop_assert_eq!(encode(&text), spelling);
            }
        }
    }
}
