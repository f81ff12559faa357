//! The internal extension: where one is registered, Lambda tells the process with SIGTERM that the environment ends.
//!
//! It takes no events, so it costs an invocation nothing.

use super::runtime_api::{Connection, RuntimeApi};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Full};

/// Extensions of one function have different names.
const NAME: &str = "medinsight-end";

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

impl Registration {
    /// Registers the extension, which has to be done before the runtime asks for its first invocation. An internal
    /// extension may not ask for the event of the shutdown; the process gets SIGTERM instead.
    pub(super) async fn ask(runtime_api: &RuntimeApi) -> Result<Self, ExtensionError> {
        let request = runtime_api.request("/2020-01-01/extension/register").method(Method::POST);
        let request = request.header("lambda-extension-name", NAME).body(Full::from(r#"{"events":[]}"#));
        let mut connection = runtime_api.connect().await.map_err(|_| ExtensionError::Unreachable)?;
        let response = send(&mut connection, request).await?;
        let identifier = response.headers().get(IDENTIFIER).cloned().ok_or(ExtensionError::Garbled)?;
        Ok(Self { runtime_api: runtime_api.clone(), connection, identifier })
    }

    /// Asks for events, of which there are none: until every extension has asked, Lambda takes the environment for one that
    /// still starts. It ends only when it cannot ask, and then the process has to end, too.
    pub(super) async fn stand_by(mut self) -> ExtensionError {
        loop {
            let event = match self.next().await {
                Err(ExtensionError::Unreachable) => self.next_on_another_connection().await,
                event => event,
            };
            if let Err(error) = event {
                self.report(&error).await;
                return error;
            }
        }
    }

    async fn next_on_another_connection(&mut self) -> Result<(), ExtensionError> {
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

    async fn next(&mut self) -> Result<(), ExtensionError> {
        self.connection.ready().await.map_err(|_| ExtensionError::Unreachable)?;
        let request = self.runtime_api.request("/2020-01-01/extension/event/next");
        let request = request.header(IDENTIFIER, self.identifier.clone()).body(Full::default());
        send(&mut self.connection, request).await.map(|_| ())
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
