//! The SDK's requests over the HTTP client of all origins: the same connections, the same trust, the same limit on what
//! is read. The SDK's own client would be a second one, with a TLS library of its own.

use crate::origin::failure::CallFailure;
use crate::origin::http::{HttpClient, is_json};
use aws_sdk_bedrockruntime::config::{HttpClient as SdkHttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use std::sync::Arc;

/// The HTTP client as the SDK knows one. How long a request may take is up to whoever makes it.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    http: Arc<HttpClient>,
    expected: Expected,
}

/// What successful answers are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Expected {
    /// JSON: those of the model.
    Json,
    /// Anything: those of whoever has the credentials.
    Anything,
}

/// A failure on its way through the SDK.
#[derive(Debug, thiserror::Error)]
#[error("the call failed: {}", .0.as_str())]
pub(super) struct Failed(pub(super) CallFailure);

impl Transport {
    pub(super) const fn new(http: Arc<HttpClient>, expected: Expected) -> Self {
        Self { http, expected }
    }

    async fn exchange(self, request: HttpRequest) -> Result<HttpResponse, CallFailure> {
        let request = request.try_into_http1x().map_err(|_| CallFailure::Refused)?;
        let (parts, body) = request.into_parts();
        // Only bodies of streams are not there yet, and nothing is streamed.
        let body = Bytes::copy_from_slice(body.bytes().ok_or(CallFailure::Refused)?);
        let response = self.http.exchange(http::Request::from_parts(parts, Full::new(body))).await?;
        if response.status().is_success() && self.expected == Expected::Json && !is_json(response.headers()) {
            return Err(CallFailure::WrongType);
        }
        to_sdk(response)
    }
}

fn to_sdk(response: Response<Bytes>) -> Result<HttpResponse, CallFailure> {
    HttpResponse::try_from(response.map(SdkBody::from)).map_err(|_| CallFailure::Malformed)
}

impl HttpConnector for Transport {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let exchange = self.clone().exchange(request);
        HttpConnectorFuture::new(async {
            exchange.await.map_err(|failure| ConnectorError::other(Failed(failure).into(), None))
        })
    }
}

impl SdkHttpClient for Transport {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
