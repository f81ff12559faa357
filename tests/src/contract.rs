//! The contract: the OpenAPI document as it is checked in. Every answer that a test gets is compared with it.

use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The document that the service serves.
pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../functions/openapi.json")).expect("the document is JSON"));

/// Headers that any answer may have and that say nothing about the interface.
const GENERAL: [&str; 6] =
    ["content-type", "content-length", "allow", "vary", "access-control-allow-origin", "access-control-expose-headers"];

/// Every method and path of the document.
pub fn operations() -> impl Iterator<Item = (Method, &'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().expect("paths by name").iter();
    paths.flat_map(|(path, operations)| {
        let operations = operations.as_object().expect("operations by method").iter();
        operations.map(move |(method, operation)| {
            (method.to_ascii_uppercase().parse().expect("a method"), path.as_str(), operation)
        })
    })
}

/// Checks that the document knows an answer: its status, its headers, its media type, and a problem's code.
///
/// # Panics
///
/// When it does not.
#[track_caller]
pub fn check(method: &Method, path: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) {
    // What is asked with HEAD is answered as with GET, without a body. Other methods and paths are no operations.
    let Some((template, operation)) = find(method, path) else { return };
    let name = format!("{method} {template} {status}");
    let response = &operation["responses"][status.as_str()];
    assert!(response.is_object(), "the OpenAPI document does not have {name}");
    check_headers(&name, response, headers);
    let media_type = headers.get("content-type").map(|value| value.to_str().expect("a media type"));
    assert_eq!(
        media_type,
        response["content"].as_object().and_then(|content| content.keys().next().map(String::as_str)),
        "{name}"
    );
    if media_type == Some("application/problem+json") {
        let code = serde_json::from_slice::<Value>(body).expect("problems are JSON")["code"].clone();
        let codes =
            &response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"]["enum"];
        assert!(codes.as_array().is_some_and(|codes| codes.contains(&code)), "{name} does not have the code {code}");
    }
}

#[track_caller]
fn check_headers(name: &str, response: &Value, headers: &HeaderMap) {
    let described = response["headers"].as_object().into_iter().flatten();
    let described: BTreeMap<_, _> =
        described.map(|(header, reference)| (header.to_ascii_lowercase(), is_required(reference))).collect();
    for header in headers.keys().map(http::HeaderName::as_str).filter(|header| !GENERAL.contains(header)) {
        assert!(described.contains_key(header), "the OpenAPI document does not have {header} of {name}");
    }
    for (header, _) in described.iter().filter(|(_, is_required)| **is_required) {
        assert!(headers.contains_key(header), "{name} is without {header}");
    }
}

fn is_required(header: &Value) -> bool {
    let pointer = header["$ref"].as_str().expect("a reference").trim_start_matches('#');
    DOCUMENT.pointer(pointer).is_some_and(|header| header["required"] == true)
}

/// The operation that a request is one of, as method and template.
#[must_use]
pub fn operation_of(method: &Method, path: &str) -> Option<String> {
    find(method, path).map(|(template, _)| format!("{method} {template}"))
}

fn find(method: &Method, path: &str) -> Option<(&'static str, &'static Value)> {
    let found = operations().find(|(other, template, _)| other == method && fits(template, path));
    found.map(|(_, template, operation)| (template, operation))
}

fn fits(template: &str, path: &str) -> bool {
    let (mut expected, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(given)) if part == given || part.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}
