//! The internal extension: it asks for the next event only when nothing is left to do, and until then Lambda does not
//! freeze the environment.

use super::aftercare::{Aftercare, Finished, until};
use super::runtime_api::{Connection, RuntimeApi};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use serde::Deserialize;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout_at;

/// Extensions of one function have different names.
const NAME: &str = "medinsight-aftercare";

/// The header that names the extension to itself.
const IDENTIFIER: &str = "lambda-extension-identifier";

/// An extension that Lambda knows.
pub(super) struct Registration {
    runtime_api: RuntimeApi,
    connection: Connection,
    identifier: HeaderValue,
}

/// Why there is no extension, or no event.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExtensionError {
    /// The connection failed.
    #[error("the extensions interface cannot be reached")]
    Unreachable,
    /// Lambda said no.
    #[error("the extensions interface refused with status {0}")]
    Refused(u16),
    /// The answer was not understood.
    #[error("the extensions interface was not understood")]
    Garbled,
}

/// The event of an invocation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invoke {
    request_id: String,
    deadline_ms: u64,
}

impl Registration {
    /// Registers the extension, which has to be done before the runtime asks for its first invocation. An internal
    /// extension may not ask for the event of the shutdown; it gets SIGTERM instead.
    pub(super) async fn ask(runtime_api: &RuntimeApi) -> Result<Self, ExtensionError> {
        let request = runtime_api.request("/2020-01-01/extension/register").method(Method::POST);
        let request = request.header("lambda-extension-name", NAME).body(Full::from(r#"{"events":["INVOKE"]}"#));
        let mut connection = runtime_api.connect().await.map_err(|_| ExtensionError::Unreachable)?;
        let response = send(&mut connection, request).await?;
        let identifier = response.headers().get(IDENTIFIER).cloned().ok_or(ExtensionError::Garbled)?;
        Ok(Self { runtime_api: runtime_api.clone(), connection, identifier })
    }

    /// Cares for every invocation, and ends only when it cannot go on. Then the process has to end, too: Lambda would wait
    /// for the extension at the end of every invocation.
    pub(super) async fn attend(
        mut self,
        aftercare: Arc<Aftercare>,
        mut finished: UnboundedReceiver<Finished>,
    ) -> ExtensionError {
        loop {
            let invoke = match self.next().await {
                Err(ExtensionError::Unreachable) => self.next_on_another_connection().await,
                invoke => invoke,
            };
            match invoke {
                Ok(invoke) => attend_to(&invoke, &aftercare, &mut finished).await,
                Err(error) => {
                    self.report(&error).await;
                    return error;
                }
            }
        }
    }

    async fn next_on_another_connection(&mut self) -> Result<Invoke, ExtensionError> {
        self.connection = self.runtime_api.connect().await.map_err(|_| ExtensionError::Unreachable)?;
        self.next().await
    }

    /// Tells Lambda why the environment ends.
    async fn report(&self, error: &ExtensionError) {
        let request =
            self.runtime_api.request("/2020-01-01/extension/exit/error").header(IDENTIFIER, self.identifier.clone());
        let request = request.header("lambda-extension-function-error-type", "Extension.Failed");
        self.runtime_api.report(request, "Extension.Failed", &error.to_string()).await;
    }

    /// Says that nothing is left to do, and waits for the next invocation.
    async fn next(&mut self) -> Result<Invoke, ExtensionError> {
        self.connection.ready().await.map_err(|_| ExtensionError::Unreachable)?;
        let request = self.runtime_api.request("/2020-01-01/extension/event/next");
        let request = request.header(IDENTIFIER, self.identifier.clone()).body(Full::default());
        let response = send(&mut self.connection, request).await?;
        serde_json::from_slice(response.body()).map_err(|_| ExtensionError::Garbled)
    }
}

/// Sends a request and reads the whole of a successful response.
async fn send(
    connection: &mut Connection,
    request: http::Result<Request<Full<Bytes>>>,
) -> Result<Response<Bytes>, ExtensionError> {
    let request = request.map_err(|_| ExtensionError::Garbled)?;
    let response = connection.send_request(request).await.map_err(|_| ExtensionError::Unreachable)?;
    if !response.status().is_success() {
        return Err(ExtensionError::Refused(response.status().as_u16()));
    }
    let (head, body) = response.into_parts();
    let body = body.collect().await.map_err(|_| ExtensionError::Unreachable)?;
    Ok(Response::from_parts(head, body.to_bytes()))
}

/// Waits until the runtime has sent the answer, then until nothing is left to do, or no time.
async fn attend_to(invoke: &Invoke, aftercare: &Aftercare, finished: &mut UnboundedReceiver<Finished>) {
    let deadline = until(invoke.deadline_ms, aftercare.clock());
    let answered = async {
        while let Some(Finished { request_id }) = finished.recv().await {
            if request_id == invoke.request_id {
                break;
            }
        }
    };
    // Without an answer by then Lambda ends the environment.
    let _ = timeout_at(deadline.0, answered).await;
    aftercare.finish(deadline).await;
}
