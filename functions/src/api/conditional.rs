//! Conditional requests (RFC 9110 section 13): the tags that name answers, and 304 for a client that has one already.

use super::Problem;
use super::openapi::{Header, Operation, schema};
use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_128;

/// Names the exact bytes of an answer: a strong entity tag (RFC 9110 section 8.8.3).
///
/// It is a hash of the bytes and not the version of an entry. So it does not matter which process stored an entry and what
/// its clock said; a miss has the tag of the hits that follow; what was computed anew and came out the same is not sent
/// again; and what a handler puts around stored bytes is covered. A fast hash will do: 128 bits tell apart the few
/// answers that one address ever has, and whoever could choose two of them to have one tag had chosen what people read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct EntityTag(HeaderValue);

impl EntityTag {
    /// The tag of a body.
    pub(super) fn of(body: &[u8]) -> Result<Self, Problem> {
        let mut tag = [b'"'; 34];
        hex::encode_to_slice(xxh3_128(body).to_be_bytes(), &mut tag[1..33]).map_err(|_| Problem::internal())?;
        HeaderValue::from_bytes(&tag).map(Self).map_err(|_| Problem::internal())
    }

    pub(super) fn into_header(self) -> HeaderValue {
        self.0
    }

    /// Whether `If-None-Match` has this tag, or stands for any (section 13.1.2). Its comparison is the weak one, which a
    /// `W/` in front of a tag does not change. Tags of others may have commas in them; no piece of one is a whole tag of
    /// ours, which begins and ends with a quotation mark.
    fn is_known(&self, request: &HeaderMap) -> bool {
        let names_this = |tag: &[u8]| tag.strip_prefix(b"W/").unwrap_or(tag) == self.0.as_bytes();
        request
            .get_all(IF_NONE_MATCH)
            .iter()
            .map(HeaderValue::as_bytes)
            .any(|list| list == b"*" || list.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).any(names_this))
    }
}

/// The answer to a `GET` or `HEAD` with its tag, or 304 instead if the client has it already. A 304 keeps every header that
/// a cache updates its copy with (section 15.4.5, RFC 9111 section 4.3.4), the age among them, and has nothing that
/// describes a body.
pub(super) fn unless_known(tag: EntityTag, request: &HeaderMap, mut response: Response) -> Response {
    if tag.is_known(request) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(CONTENT_TYPE);
    }
    response.headers_mut().insert(ETAG, tag.into_header());
    response
}

impl Operation {
    /// The client may say which answers it has; `headers` are those of the answer.
    pub(super) fn conditional(self, headers: &[Header]) -> Self {
        self.header_parameter("If-None-Match", "The tags of the answers that the client has.", schema::text())
            .answer_of(StatusCode::NOT_MODIFIED, "The client has this answer already.", None, headers)
    }
}

/// The schema of a tag.
pub(super) fn tag_schema() -> Value {
    json!({ "type": "string", "pattern": "^\"[0-9a-f]{32}\"$" })
}

#[cfg(test)]
mod tests {
    use super::EntityTag;
    use http::header::IF_NONE_MATCH;
    use http::{HeaderMap, HeaderValue};
    use proptest::prelude::*;

    fn is_known(lists: &[&str], tag: &EntityTag) -> bool {
        let values = lists.iter().map(|list| HeaderValue::from_str(list).expect("a value"));
        tag.is_known(&values.map(|value| (IF_NONE_MATCH, value)).collect::<HeaderMap>())
    }

    fn tag_of(body: &[u8]) -> EntityTag {
        EntityTag::of(body).expect("a value")
    }

    fn text(tag: &EntityTag) -> &str {
        tag.0.to_str().expect("ASCII")
    }

    #[test]
    fn a_tag_is_pinned_so_that_a_release_does_not_make_every_copy_useless() {
        assert_eq!(text(&tag_of(b"{}")), "\"dc7048f8f8747f561349cde127705c16\"");
    }

    #[test]
    fn only_a_star_alone_stands_for_every_answer() {
        let tag = tag_of(b"{}");
        assert!(is_known(&["*"], &tag));
        assert!(!is_known(&["\"a,*,b\""], &tag) && !is_known(&["\"*\""], &tag) && !is_known(&[], &tag));
    }

    #[test]
    fn a_tag_without_its_quotation_marks_or_with_a_lower_case_w_is_none() {
        let tag = tag_of(b"{}");
        for wrong in
            [text(&tag).trim_matches('"').to_owned(), format!("w/{}", text(&tag)), format!("W/W/{}", text(&tag))]
        {
            assert!(!is_known(&[&wrong], &tag), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_tag_is_found_wherever_it_stands_in_a_list(
            before in prop::collection::vec("(W/)?\"[!#-~]{0,9}\"", 0..4),
            after in prop::collection::vec("(W/)?\"[!#-~]{0,9}\"", 0..4),
            body in any::<Vec<u8>>(),
            is_weak in any::<bool>(),
        ) {
            let tag = tag_of(&body);
            let others = [before.clone(), after.clone()].concat().join(",");
            prop_assert!(!is_known(&[&others], &tag));
            let own = [if is_weak { "W/" } else { "" }, text(&tag)].concat();
            let all = [before, vec![own.clone()], after].concat();
            prop_assert!(is_known(&[&all.join(" ,\t")], &tag));
            prop_assert!(is_known(&[&others, &own], &tag));
        }

        #[test]
        fn different_bodies_have_different_tags(one in any::<Vec<u8>>(), other in any::<Vec<u8>>()) {
            prop_assert_eq!(tag_of(&one) == tag_of(&other), one == other);
        }
    }
}
