//! Which pages may use the service from a browser.

use super::routes;
use axum::body::Body;
use http::{Method, Request};
use medinsight_tests::{ANALYZE, Answered, Service, get, post, question};

const HUB: &str = "https://hub.example";

fn service() -> Service {
    Service::with(|config| config.exposure.cors_origins = vec![HUB.parse().expect("a value")])
}

fn preflight(path: &str, origin: &str, method: &str) -> Request<Body> {
    Request::builder()
        .method(Method::OPTIONS)
        .uri(path)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", "content-type,x-session-id")
        .body(Body::empty())
        .expect("a request")
}

fn mentions_cors(answer: &Answered) -> bool {
    answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"))
}

#[tokio::test]
async fn a_page_of_the_list_may_ask_and_read_the_headers() {
    let service = service();
    let answer = service.send(preflight(ANALYZE, HUB, "POST")).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (200, HUB));
    assert!(answer.header("access-control-allow-headers").contains("x-session-id"));
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    let mut ask = post(question().to_string());
    ask.headers_mut().insert("origin", HUB.parse().expect("a value"));
    let answer = service.send(ask).await;
    assert_eq!(answer.header("access-control-allow-origin"), HUB);
    assert!(answer.header("access-control-expose-headers").contains("x-cache"));
    assert!(answer.header("vary").contains("origin"));
    assert_eq!(service.origin.analyses(), 1);
}

#[tokio::test]
async fn another_page_is_told_nothing() {
    let service = service();
    for origin in ["https://hub.example.evil.example", "http://hub.example", "https://hub.example:8443", "null"] {
        let answer = service.send(preflight(ANALYZE, origin, "POST")).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        let mut read = get("/api/v1/cache/health");
        read.headers_mut().insert("origin", origin.parse().expect("a value"));
        assert_eq!(service.send(read).await.header("access-control-allow-origin"), "");
    }
}

#[tokio::test]
async fn the_routes_of_operators_are_for_no_page() {
    let service = service();
    for (method, path, _) in routes() {
        let answer = service.send(preflight(&path, HUB, method.as_str())).await;
        assert_eq!(answer.status.as_u16(), 405, "{method} {path}");
        assert!(!mentions_cors(&answer), "{method} {path}");
        let mut request = Request::builder().method(method).uri(&path).body(Body::empty()).expect("a request");
        request.headers_mut().insert("origin", HUB.parse().expect("a value"));
        assert!(!mentions_cors(&service.send(request).await), "{path}");
    }
    assert!(mentions_cors(&service.send(preflight("/api/v1/redis/health", HUB, "GET")).await));
}

#[tokio::test]
async fn without_a_list_no_page_may_and_preflights_are_not_answered() {
    let service = Service::start();
    let answer = service.send(preflight(ANALYZE, HUB, "POST")).await;
    assert_eq!(answer.status.as_u16(), 405);
    assert!(!mentions_cors(&answer));
}
