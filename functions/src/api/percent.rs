//! Percent-encoded text in paths and queries, read strictly: what is malformed is refused and never guessed at.

use std::borrow::Cow;

/// A part of a path or a query is no percent-encoded UTF-8.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Malformed;

/// Decodes a segment of a path.
pub(super) fn decode_segment(segment: &str) -> Result<String, Malformed> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = after.split_at_checked(2).ok_or(Malformed)?;
        let mut byte = [0];
        hex::decode_to_slice(digits, &mut byte).map_err(|_| Malformed)?;
        bytes.extend(byte);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| Malformed)
}

/// The value of a parameter of a query, if it is there. Of one that is given twice nobody can tell which counts.
pub(super) fn find_parameter(query: Option<&str>, name: &str) -> Result<Option<String>, Malformed> {
    let mut found = None;
    for pair in query.unwrap_or_default().split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if decode_pair(key)? != name {
            continue;
        }
        if found.replace(decode_pair(value)?).is_some() {
            return Err(Malformed);
        }
    }
    Ok(found)
}

/// In a query a plus sign stands for a space (WHATWG URL, `application/x-www-form-urlencoded`).
fn decode_pair(text: &str) -> Result<String, Malformed> {
    let spaced = if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    decode_segment(&spaced)
}

#[cfg(test)]
mod tests {
    use super::{Malformed, decode_segment, find_parameter};

    #[test]
    fn escapes_are_decoded_and_malformed_ones_refused() {
        assert_eq!(decode_segment("caf%C3%A9+a%2Fb"), Ok("caf\u{E9}+a/b".to_owned()));
        for text in ["%", "%4", "%zz", "a%+1", "%FF", "%C3"] {
            assert_eq!(decode_segment(text), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn a_parameter_is_found_by_its_name_and_given_at_most_once() {
        let found = |query| find_parameter(Some(query), "query");
        assert_eq!(found("limit=3&query=insulin+glargine%2B"), Ok(Some("insulin glargine+".to_owned())));
        assert_eq!((found("limit=3"), found("query")), (Ok(None), Ok(Some(String::new()))));
        assert_eq!((found("query=a&query=b"), found("query=%")), (Err(Malformed), Err(Malformed)));
        assert_eq!(find_parameter(None, "query"), Ok(None));
    }
}
