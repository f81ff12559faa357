//! Requests of operators, and requests as they come through the gateway.

use axum::body::Body;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use medinsight_functions::api::Gateway;
use medinsight_functions::lambda::HttpEvent;
use serde_json::{Value, json};

/// An invented admin token.
pub const TOKEN: &str = "an-invented-Admin-token-0123456789";

/// An invented scope of operators.
pub const SCOPE: &str = "medinsight:admin";

/// A request with the admin token.
#[must_use]
pub fn with_token(mut request: Request<Body>) -> Request<Body> {
    let value = format!("Bearer {TOKEN}").parse().expect("a header value");
    request.headers_mut().insert(AUTHORIZATION, value);
    request
}

/// A request of a method without a body, or with JSON.
#[must_use]
pub fn request(method: Method, path: &str, body: Option<&Value>) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    match body {
        None => request.body(Body::empty()),
        Some(body) => request.header(CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
    }
    .expect("a request")
}

/// The request as it comes through the gateway, from an address and with the claims of a JWT that the gateway verified.
/// The context is read from an event as API Gateway sends it.
///
/// # Panics
///
/// When the event is none.
#[must_use]
pub fn through_gateway(mut request: Request<Body>, source_ip: &str, claims: Option<Value>) -> Request<Body> {
    request.extensions_mut().insert(context(source_ip, claims));
    request
}

fn context(source_ip: &str, claims: Option<Value>) -> Gateway {
    let http = json!({
        "method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": source_ip, "userAgent": "invented",
    });
    let mut context = json!({
        "accountId": "123456789012", "apiId": "api-id", "domainName": "id.execute-api.invented", "domainPrefix": "id",
        "http": http, "requestId": "a-request-of-the-gateway", "routeKey": "$default", "stage": "$default",
        "time": "12/Mar/2026:19:03:58 +0000", "timeEpoch": 1_583_348_638_390_i64,
    });
    if let Some(claims) = claims {
        // The list of scopes is the route's, and must not count.
        context["authorizer"] = json!({"jwt": {"claims": claims, "scopes": [SCOPE]}});
    }
    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "", "headers": {},
        "requestContext": context, "isBase64Encoded": false,
    });
    let event = serde_json::from_slice(event.to_string().as_bytes());
    let HttpEvent(request) = event.expect("an event of the gateway");
    request.extensions().get::<Gateway>().expect("what the gateway says").clone()
}
