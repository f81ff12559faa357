//! Lambda's HTTP interface inside the environment, for what the runtime crate does not ask of it. Its client is that
//! crate's: another one would be a second copy of the same code in every function.

use bytes::Bytes;
use http::uri::InvalidUri;
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use lambda_runtime_api_client::PooledClient;
use lambda_runtime_api_client::body::Body;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// How long the report of a failure may take.
const TIME_TO_REPORT: Duration = Duration::from_secs(2);

/// A client of it.
#[derive(Clone, Debug)]
pub(super) struct RuntimeApi {
    client: Arc<PooledClient>,
}

/// Why there is no answer, or no success.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotAnswered {
    /// The connection failed.
    #[error("the interface of Lambda cannot be reached")]
    Unreachable,
    /// Lambda said no.
    #[error("the interface of Lambda refused with status {0}")]
    Refused(u16),
    /// The question or the answer was not understood.
    #[error("the interface of Lambda was not understood")]
    Garbled,
}

impl RuntimeApi {
    /// The interface at a host and port.
    ///
    /// # Errors
    ///
    /// When they are none.
    pub(super) fn at(authority: &str) -> Result<Self, InvalidUri> {
        let endpoint = format!("http://{authority}").parse()?;
        Ok(Self { client: Arc::new(PooledClient::builder().with_endpoint(endpoint).build()) })
    }

    /// Sends a request and reads the whole of a successful response.
    pub(super) async fn send(&self, request: http::Result<Request<Body>>) -> Result<Response<Bytes>, NotAnswered> {
        let request = request.map_err(|_| NotAnswered::Garbled)?;
        let response = self.client.call(request).await.map_err(|_| NotAnswered::Unreachable)?;
        if !response.status().is_success() {
            return Err(NotAnswered::Refused(response.status().as_u16()));
        }
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|_| NotAnswered::Unreachable)?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }

    /// Tells Lambda why the function cannot start.
    pub(super) async fn report_init_error(&self, message: &str) {
        let error_type = "Runtime.InvalidConfiguration";
        let request = Request::builder().uri("/2018-06-01/runtime/init/error");
        let request = request.header("lambda-runtime-function-error-type", error_type);
        self.report(request, error_type, message).await;
    }

    /// Sends a report; whoever sends it is about to end.
    pub(super) async fn report(&self, request: http::request::Builder, error_type: &str, message: &str) {
        let report = json!({"errorType": error_type, "errorMessage": message, "stackTrace": []});
        let request = request.method(Method::POST).body(Body::from(report.to_string()));
        // Lambda sees the process end in any case.
        let _ = tokio::time::timeout(TIME_TO_REPORT, self.send(request)).await;
    }
}
