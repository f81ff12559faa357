//! An invocation by API Gateway as a request: of an HTTP API (payload format 2.0) or of a REST API (1.0).
//!
//! It is our own, as the answer is: the runtime crate tries one format after the other, keeps every member of them, and
//! panics when a path that the gateway has decoded is none any more.

use crate::api::{Claims, Gateway};
use axum::body::Body;
use base64ct::{Base64, Encoding};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use medinsight_core::{percent_encode, percent_encode_unless};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// A request that API Gateway has passed on, with what the gateway says of it as an extension ([`Gateway`]).
#[derive(Debug)]
pub struct HttpEvent(pub Request<Body>);

/// The members of both formats that a request is made of.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow)]
    request_context: Context<'a>,
    headers: Option<Headers>,
    #[serde(borrow)]
    body: Option<Text<'a>>,
    #[serde(default)]
    is_base64_encoded: bool,
    // Of an HTTP API.
    #[serde(borrow)]
    raw_path: Option<Text<'a>>,
    #[serde(borrow)]
    raw_query_string: Option<Text<'a>>,
    // Of a REST API.
    #[serde(borrow)]
    path: Option<Text<'a>>,
    #[serde(borrow)]
    http_method: Option<Text<'a>>,
    #[serde(borrow)]
    multi_value_query_string_parameters: Option<BTreeMap<Text<'a>, Vec<Text<'a>>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    request_id: Option<String>,
    #[serde(borrow)]
    stage: Option<Text<'a>>,
    #[serde(borrow)]
    http: Option<Http<'a>>,
    #[serde(borrow)]
    identity: Option<Identity<'a>>,
    authorizer: Option<Authorizer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http<'a> {
    #[serde(borrow)]
    method: Text<'a>,
    #[serde(borrow)]
    source_ip: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    #[serde(borrow)]
    source_ip: Option<Text<'a>>,
}

/// That of a REST API has other members, which are not read.
#[derive(Deserialize)]
struct Authorizer {
    jwt: Option<Jwt>,
}

#[derive(Deserialize)]
struct Jwt {
    claims: Claims,
}

#[derive(Deserialize, Eq, Ord, PartialEq, PartialOrd)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

struct Headers(HeaderMap);

impl<'de> Deserialize<'de> for HttpEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The parser's own words may quote the event.
        let event = Event::deserialize(deserializer).ok();
        let request = event.and_then(Event::into_request);
        request.map(Self).ok_or_else(|| D::Error::custom("the event is neither of an HTTP API nor of a REST API"))
    }
}

impl Event<'_> {
    fn into_request(self) -> Option<Request<Body>> {
        let (method, uri) = (self.method()?, self.uri()?);
        let mut request = Request::new(body(self.body, self.is_base64_encoded));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers.map(|Headers(headers)| headers).unwrap_or_default();
        request.extensions_mut().insert(self.request_context.into_gateway());
        Some(request)
    }

    fn method(&self) -> Option<Method> {
        let of_http_api = self.request_context.http.as_ref().map(|http| &http.method);
        let Text(method) = of_http_api.or(self.http_method.as_ref())?;
        Method::from_bytes(method.as_bytes()).ok()
    }

    fn uri(&self) -> Option<Uri> {
        let (path, query) = match (&self.raw_path, &self.path) {
            (Some(Text(path)), _) => (without_stage(path, self.request_context.stage.as_ref()), self.raw_query()),
            (None, Some(Text(path))) => (path.as_ref(), self.query_of_parameters()),
            (None, None) => return None,
        };
        let separator = if query.is_empty() { "" } else { "?" };
        Uri::try_from(format!("{}{separator}{}", as_sent(path), as_sent(&query))).ok()
    }

    fn raw_query(&self) -> Cow<'_, str> {
        self.raw_query_string.as_ref().map(|Text(query)| Cow::Borrowed(query.as_ref())).unwrap_or_default()
    }

    /// A REST API has decoded the parameters.
    fn query_of_parameters(&self) -> Cow<'_, str> {
        let parameters = self.multi_value_query_string_parameters.iter().flatten();
        let pairs = parameters.flat_map(|(Text(name), values)| values.iter().map(move |Text(value)| (name, value)));
        let pairs = pairs.map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)));
        pairs.collect::<Vec<_>>().join("&").into()
    }
}

impl Context<'_> {
    fn into_gateway(self) -> Gateway {
        let of_http_api = self.http.and_then(|http| http.source_ip);
        let source_ip = of_http_api.or(self.identity.and_then(|identity| identity.source_ip));
        Gateway {
            request_id: self.request_id,
            source_ip: source_ip.and_then(|Text(address)| address.parse().ok()),
            claims: self.authorizer.and_then(|authorizer| authorizer.jwt).map(|jwt| jwt.claims),
        }
    }
}

/// A body that is no base64 although it should be is handed on as it is: a handler will say that it is no JSON.
fn body(body: Option<Text<'_>>, is_base64_encoded: bool) -> Body {
    let Some(Text(text)) = body else { return Body::empty() };
    let decoded = if is_base64_encoded { Base64::decode_vec(&text).ok() } else { None };
    decoded.unwrap_or_else(|| text.into_owned().into_bytes()).into()
}

/// The stage is part of the path of an HTTP API unless it is the default one.
fn without_stage<'a>(path: &'a str, stage: Option<&Text<'_>>) -> &'a str {
    let rest = stage.and_then(|Text(stage)| path.strip_prefix('/')?.strip_prefix(stage.as_ref()));
    rest.filter(|rest| rest.starts_with('/')).unwrap_or(path)
}

/// What of a path or a query cannot stand there is escaped again: an HTTP API decodes its `rawPath`.
fn as_sent(text: &str) -> String {
    percent_encode_unless(text, |byte| {
        byte.is_ascii_graphic() && !matches!(byte, b'"' | b'#' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
    })
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Lines)
    }
}

struct Lines;

impl<'de> Visitor<'de> for Lines {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("header fields")
    }

    /// What is no field is left out; no client can have sent it.
    fn visit_map<M: MapAccess<'de>>(self, mut lines: M) -> Result<Headers, M::Error> {
        let mut headers = HeaderMap::with_capacity(lines.size_hint().unwrap_or(24));
        while let Some((Text(name), Text(value))) = lines.next_entry()? {
            let name = HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
                headers.append(name, value);
            }
        }
        Ok(Headers(headers))
    }
}

#[cfg(test)]
mod tests {
    use super::HttpEvent;
    use crate::api::Gateway;
    use http_body_util::BodyExt;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn read(event: &Value) -> Option<HttpEvent> {
        serde_json::from_slice(event.to_string().as_bytes()).ok()
    }

    fn uri(event: &Value) -> Option<String> {
        read(event).map(|HttpEvent(request)| request.uri().to_string())
    }

    fn of_http_api(path: &str, query: &str, stage: &str) -> Value {
        let context = json!({"stage": stage, "http": {"method": "GET", "sourceIp": "192.0.2.1"}});
        json!({"version": "2.0", "rawPath": path, "rawQueryString": query, "requestContext": context})
    }

    #[test]
    fn the_stage_is_taken_off_the_path_of_an_http_api_and_nothing_else() {
        let uri = |path, stage| uri(&of_http_api(path, "b=c", stage)).expect("a request");
        assert_eq!(uri("/prod/api/v1/a", "prod"), "/api/v1/a?b=c");
        assert_eq!(uri("/production/api", "prod"), "/production/api?b=c");
        assert_eq!(uri("/api/prod", "prod"), "/api/prod?b=c");
        assert_eq!(uri("/api", "$default"), "/api?b=c");
    }

    #[test]
    fn a_path_that_the_gateway_has_decoded_is_escaped_again() {
        let uri = |path| uri(&of_http_api(path, "", "$default")).expect("a request");
        assert_eq!(uri("/drug/info/insulin glargine"), "/drug/info/insulin%20glargine");
        assert_eq!(uri("/drug/info/caf\u{E9}?"), "/drug/info/caf%C3%A9?");
        assert_eq!(uri("/drug/info/a%2Fb"), "/drug/info/a%2Fb");
    }

    #[test]
    fn parameters_of_a_rest_api_are_a_query_again() {
        let parameters = json!({"query": ["insulin glargine+", "a&b"], "limit": ["3"]});
        let event = json!({
            "path": "/api", "httpMethod": "GET", "multiValueQueryStringParameters": parameters,
            "headers": null, "body": null, "requestContext": {"stage": "prod", "identity": {"sourceIp": "192.0.2.1"}}
        });
        assert_eq!(uri(&event).as_deref(), Some("/api?limit=3&query=insulin%20glargine%2B&query=a%26b"));
    }

    #[tokio::test]
    async fn a_request_has_its_fields_its_body_and_what_the_gateway_says_of_it() {
        let mut event = of_http_api("/api", "", "$default");
        event["headers"] = json!({"Content-Type": "application/json", "not a name": "x", "x-text": "\u{E9}"});
        event["body"] = json!("e30=");
        event["isBase64Encoded"] = json!(true);
        event["requestContext"]["requestId"] = json!("r-1");
        event["requestContext"]["authorizer"] = json!({"jwt": {"claims": {"sub": "s-1", "iat": "1"}, "scopes": null}});
        let HttpEvent(request) = read(&event).expect("a request");
        assert_eq!(request.headers()["content-type"], "application/json");
        assert_eq!((request.headers().len(), request.headers()["x-text"].as_bytes()), (2, "\u{E9}".as_bytes()));
        let gateway = request.extensions().get::<Gateway>().expect("what the gateway says").clone();
        assert_eq!((gateway.request_id.as_deref(), gateway.source_ip), (Some("r-1"), "192.0.2.1".parse().ok()));
        assert_eq!(gateway.claims.expect("claims").sub.as_deref(), Some("s-1"));
        assert_eq!(request.into_body().collect().await.expect("a body").to_bytes(), "{}");
    }

    #[test]
    fn what_is_no_event_of_a_gateway_is_refused_without_being_quoted() {
        for event in [json!({"secret": "invented"}), json!("invented"), json!({"requestContext": "invented"})] {
            let error = serde_json::from_slice::<HttpEvent>(event.to_string().as_bytes()).expect_err("no event");
            assert!(!error.to_string().contains("invented"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn every_path_and_query_make_a_request(path in "/\\PC{0,40}", query in "\\PC{0,40}") {
            prop_assert!(read(&of_http_api(&path, &query, "$default")).is_some());
        }
    }
}
