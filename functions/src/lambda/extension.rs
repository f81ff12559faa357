//! The internal extension: where one is registered, Lambda tells the process with SIGTERM that the environment ends.
//!
//! It takes no events, so it costs an invocation nothing.

use super::runtime_api::{NotAnswered, RuntimeApi};
use http::{HeaderValue, Method, Request};
use lambda_runtime_api_client::body::Body;

/// Extensions of one function have different names.
const NAME: &str = "medinsight-end";

/// The header that names the extension to itself.
const IDENTIFIER: &str = "lambda-extension-identifier";

/// An extension that Lambda knows.
pub(super) struct Registration {
    runtime_api: RuntimeApi,
    identifier: HeaderValue,
}

impl Registration {
    /// Registers the extension, which has to be done before the runtime asks for its first invocation. An internal
    /// extension may not ask for the event of the shutdown; the process gets SIGTERM instead.
    pub(super) async fn ask(runtime_api: &RuntimeApi) -> Result<Self, NotAnswered> {
        let request = Request::builder().uri("/2020-01-01/extension/register").method(Method::POST);
        let request = request.header("lambda-extension-name", NAME).body(Body::from(r#"{"events":[]}"#));
        let response = runtime_api.send(request).await?;
        let identifier = response.headers().get(IDENTIFIER).cloned().ok_or(NotAnswered::Garbled)?;
        Ok(Self { runtime_api: runtime_api.clone(), identifier })
    }

    /// Asks for events, of which there are none: until every extension has asked, Lambda takes the environment for one that
    /// still starts. It ends only when it cannot ask, and then the process has to end, too.
    pub(super) async fn stand_by(self) -> NotAnswered {
        loop {
            let event = match self.next().await {
                // The connection may have been lost while the environment was frozen.
                Err(NotAnswered::Unreachable) => self.next().await,
                event => event,
            };
            if let Err(error) = event {
                self.report(&error).await;
                return error;
            }
        }
    }

    /// Tells Lambda why the environment ends.
    async fn report(&self, error: &NotAnswered) {
        let request =
            Request::builder().uri("/2020-01-01/extension/exit/error").header(IDENTIFIER, self.identifier.clone());
        let request = request.header("lambda-extension-function-error-type", "Extension.Failed");
        self.runtime_api.report(request, "Extension.Failed", &error.to_string()).await;
    }

    async fn next(&self) -> Result<(), NotAnswered> {
        let request = Request::builder().uri("/2020-01-01/extension/event/next");
        let request = request.header(IDENTIFIER, self.identifier.clone()).body(Body::empty());
        self.runtime_api.send(request).await.map(|_| ())
    }
}
