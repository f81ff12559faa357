//! The model: the SDK's client of it, without retries and limits of the SDK's own.

use super::conversation::Conversation;
use super::transport::{Expected, Failed, Transport};
use crate::config::{AwsKeys, BedrockConfig};
use crate::origin::failure::CallFailure;
use crate::origin::http::{HttpClient, failure_of_status, seconds};
use crate::trace_context::TraceContext;
use aws_config::SdkConfig;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::config::timeout::TimeoutConfig;
use aws_sdk_bedrockruntime::config::{
    BehaviorVersion, Builder, Credentials, Region, SharedHttpClient, StalledStreamProtectionConfig,
};
use aws_sdk_bedrockruntime::error::SdkError;
use aws_sdk_bedrockruntime::operation::converse::ConverseOutput;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use http::StatusCode;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// A model of Amazon Bedrock.
pub(super) struct Model {
    config: BedrockConfig,
    http: Arc<HttpClient>,
    /// Made when somebody asks for the first time, because looking for credentials may take a while.
    client: OnceCell<Client>,
}

impl Model {
    pub(super) fn new(config: &BedrockConfig, http: HttpClient) -> Self {
        Self { config: config.clone(), http: Arc::new(http), client: OnceCell::new() }
    }

    /// Asks the model, with the headers of the trace that the question belongs to.
    pub(super) async fn converse(&self, conversation: &Conversation) -> Result<ConverseOutput, CallFailure> {
        let client = self.client.get_or_init(|| self.connect()).await;
        let call = client
            .converse()
            .model_id(&self.config.model_id)
            .system(conversation.system())
            .messages(conversation.message()?)
            .tool_config(conversation.tools()?)
            .inference_config(conversation.limits(self.config.max_tokens));
        call.customize().mutate_request(add_trace).send().await.map_err(|error| failure_of(&error))
    }

    /// As many tokens as a conversation can cost.
    pub(super) fn most_tokens(&self, conversation: &Conversation) -> u64 {
        conversation.most_tokens() + u64::from(self.config.max_tokens)
    }

    async fn connect(&self) -> Client {
        let transport = |expected| SharedHttpClient::new(Transport::new(Arc::clone(&self.http), expected));
        let shared = self.shared(transport(Expected::Anything)).await;
        let mut config = Builder::from(&shared).http_client(transport(Expected::Json));
        config.set_endpoint_url(self.config.endpoint.as_ref().map(|endpoint| endpoint.as_str().to_owned()));
        Client::from_conf(config.build())
    }

    /// What every client of AWS needs. Retries, time limits and the circuit are those of the guard.
    async fn shared(&self, http: SharedHttpClient) -> SdkConfig {
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .region(Region::new(self.config.region.clone()))
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        match &self.config.keys {
            Some(keys) => loader.credentials_provider(credentials(keys)).load().await,
            None => loader.load().await,
        }
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("config", &self.config).finish_non_exhaustive()
    }
}

fn credentials(keys: &AwsKeys) -> Credentials {
    let token = keys.session_token.as_ref().map(|token| token.expose().to_owned());
    Credentials::new(keys.id.expose(), keys.secret.expose(), token, None, "environment")
}

fn add_trace(request: &mut HttpRequest) {
    for (name, value) in TraceContext::headers() {
        if let Ok(value) = value.to_str() {
            request.headers_mut().insert(name, value.to_owned());
        }
    }
}

fn failure_of<E>(error: &SdkError<E, HttpResponse>) -> CallFailure {
    match error {
        // What failed before a request was made, and not on its way, is looking for credentials.
        SdkError::DispatchFailure(failure) => failure
            .as_connector_error()
            .and_then(|error| error.source()?.downcast_ref::<Failed>())
            .map_or(CallFailure::NoCredentials, |failed| failed.0),
        SdkError::TimeoutError(_) => CallFailure::TimedOut,
        SdkError::ResponseError(error) => failure_of_response(error.raw()),
        SdkError::ServiceError(error) => failure_of_response(error.raw()),
        _ => CallFailure::Refused,
    }
}

fn failure_of_response(response: &HttpResponse) -> CallFailure {
    match StatusCode::from_u16(response.status().as_u16()) {
        Ok(status) if status.is_success() => CallFailure::Malformed,
        // The model took too long, or broke down: by their numbers these would be the request's fault.
        Ok(StatusCode::REQUEST_TIMEOUT | StatusCode::FAILED_DEPENDENCY) => CallFailure::ServerError,
        Ok(status) => failure_of_status(status, response.headers().get("retry-after").and_then(seconds)),
        Err(_) => CallFailure::Malformed,
    }
}
