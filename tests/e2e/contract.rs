//! The OpenAPI document: it is the one that the code makes, it is served, and the router has what it says.
//!
//! What answers look like is compared with it by every other test, in `Service::send`.

use axum::body::Body;
use http::{Method, Request};
use medinsight_functions::api::{all_routes, document};
use medinsight_tests::contract::{DOCUMENT, operations};
use medinsight_tests::{Answered, Service, get};
use serde_json::json;

const PATH: &str = "/api/v1/openapi.json";
const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

#[test]
fn the_document_that_is_checked_in_is_the_one_that_the_code_makes() {
    let is_current = *DOCUMENT == document(&all_routes());
    assert!(is_current, "functions/openapi.json is not what the code says; `cargo xtask openapi` writes it anew");
}

#[tokio::test]
async fn the_document_is_served_to_everybody_and_names_its_version() {
    let service = Service::start();
    let answer = service.send(get(PATH)).await;
    assert_eq!(answer.json(), *DOCUMENT);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    for known in [answer.header("etag"), &format!("\"x\", W/{}", answer.header("etag")), "*"] {
        let again = ask_unless(&service, known).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{known}");
        assert_eq!(again.header("etag"), answer.header("etag"));
    }
    assert_eq!(ask_unless(&service, "\"x\"").await.status.as_u16(), 200);
}

async fn ask_unless(service: &Service, known: &str) -> Answered {
    let request = Request::get(PATH).header("if-none-match", known);
    service.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn the_router_has_the_methods_of_the_document_and_no_others() {
    let service = Service::start();
    for (_, template, _) in operations() {
        for method in METHODS {
            let is_documented = operations().any(|(other, path, _)| other == method && path == template);
            let answer = ask_bare(&service, &method, template).await;
            let body = answer.json_or_null();
            let code = body["code"].as_str().unwrap_or_default();
            assert_ne!(code, "unknown_route", "{method} {template}");
            assert_eq!(code != "wrong_method", is_documented, "{method} {template}");
        }
    }
}

#[tokio::test]
async fn the_routes_that_the_document_closes_and_no_others_refuse_who_has_no_token() {
    let service = Service::start();
    for (method, template, operation) in operations() {
        let is_closed = operation["security"] == json!([{ "operator": [] }]);
        let answer = ask_bare(&service, &method, template).await;
        assert_eq!(answer.status.as_u16() == 403, is_closed, "{method} {template}");
    }
}

/// Asks with no body and no token; the names of parameters are their values.
async fn ask_bare(service: &Service, method: &Method, template: &str) -> Answered {
    let path = template.replace(['{', '}'], "");
    let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
    service.send(request).await
}
