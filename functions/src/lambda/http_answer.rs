//! A response as API Gateway takes it, in a form that both kinds of API understand.
//!
//! It is our own, because that of the runtime crate decodes character sets, whose tables alone are a twentieth of a
//! function.

use axum::response::Response;
use base64ct::{Base64, Encoding};
use http::HeaderMap;
use http_body_util::{BodyExt, Collected};
use serde::ser::{Serialize, Serializer};

/// A response with its whole body.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HttpAnswer {
    status_code: u16,
    headers: Headers,
    body: String,
    is_base64_encoded: bool,
}

#[derive(Debug)]
struct Headers(HeaderMap);

impl HttpAnswer {
    /// API Gateway takes a whole body. One that is text need not be sent in base64.
    pub(super) async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        // The bodies of our handlers are in memory, or a stream of our own that cannot fail.
        let bytes = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
        let (body, is_base64_encoded) = match String::from_utf8(bytes.into()) {
            Ok(text) => (text, false),
            Err(binary) => (Base64::encode_string(binary.as_bytes()), true),
        };
        Self { status_code: parts.status.as_u16(), headers: Headers(parts.headers), body, is_base64_encoded }
    }
}

/// A name has one value there, so several are joined, as every recipient may do (RFC 9110 section 5.3). Cookies, which
/// cannot be joined, are never set.
impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.keys().map(|name| {
            let values = self.0.get_all(name).iter().filter_map(|value| value.to_str().ok());
            (name.as_str(), values.collect::<Vec<_>>().join(", "))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::HttpAnswer;
    use axum::body::Body;
    use axum::response::Response;
    use serde_json::{Value, json};

    async fn answer(body: impl Into<Body>) -> Value {
        let response = Response::builder().status(503).header("vary", "accept").header("vary", "origin");
        let answer = HttpAnswer::of(response.body(body.into()).expect("a response")).await;
        serde_json::to_value(answer).expect("JSON")
    }

    #[tokio::test]
    async fn text_goes_as_it_is_and_bytes_in_base64() {
        let headers = json!({"vary": "accept, origin"});
        let expected = json!({"statusCode": 503, "headers": headers, "body": "{}", "isBase64Encoded": false});
        assert_eq!(answer("{}").await, expected);
        let binary = answer(vec![0xFF_u8, 0x00]).await;
        assert_eq!((&binary["body"], &binary["isBase64Encoded"]), (&json!("/wA="), &json!(true)));
    }
}
