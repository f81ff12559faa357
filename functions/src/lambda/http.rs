//! Invocations by API Gateway as HTTP requests.

use super::aftercare::{Aftercare, until};
use super::http_answer::HttpAnswer;
use crate::api::RequestId;
use crate::cache::Measures;
use axum::Router;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Uri};
use lambda_http::Request;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_runtime::{Context, LambdaEvent, LambdaInvocation, Runtime, Service};
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::value::RawValue;
use std::convert::Infallible;
use std::sync::Arc;
use tower::ServiceExt;

/// An event of API Gateway: of an HTTP API (payload format 2.0), or else of a REST API (1.0).
///
/// The runtime crate tries the rarer format first, which costs every invocation a parse.
pub(super) struct HttpEvent(LambdaRequest);

impl<'de> Deserialize<'de> for HttpEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = <&RawValue>::deserialize(deserializer)?.get();
        if let Ok(event) = serde_json::from_str::<ApiGatewayV2httpRequest>(event) {
            return Ok(Self(LambdaRequest::ApiGatewayV2(event)));
        }
        match serde_json::from_str::<ApiGatewayProxyRequest>(event) {
            Ok(event) => Ok(Self(LambdaRequest::ApiGatewayV1(event))),
            // The parser's own words may quote the event.
            Err(_) => Err(D::Error::custom("the event is neither of an HTTP API nor of a REST API")),
        }
    }
}

/// A runtime that hands events to the router.
pub(super) fn runtime(
    router: Router,
    aftercare: Arc<Aftercare>,
) -> Runtime<
    impl Service<LambdaInvocation, Response = (), Error = lambda_http::Error, Future: Send + 'static>
    + Clone
    + Send
    + 'static,
> {
    Runtime::new(lambda_runtime::service_fn(move |event| answer(router.clone(), event, Arc::clone(&aftercare))))
}

async fn answer(
    router: Router,
    LambdaEvent { payload, context }: LambdaEvent<HttpEvent>,
    aftercare: Arc<Aftercare>,
) -> Result<HttpAnswer, Infallible> {
    let mut request: Request = payload.0.into();
    let id = admit(&mut request, &context, &aftercare);
    without_stage(&mut request);
    let measures = Measures::default();
    let response = measures.of(router.oneshot(request)).await?;
    aftercare.note(id, measures);
    Ok(HttpAnswer::of(response).await)
}

/// Gives a request its id and its deadline, which are those of the invocation.
fn admit(request: &mut Request, context: &Context, aftercare: &Aftercare) -> RequestId {
    let id = RequestId::of_platform(&context.request_id);
    let extensions = request.extensions_mut();
    extensions.insert(until(context.deadline, aftercare.clock()));
    extensions.insert(id.clone());
    let trace = context.xray_trace_id.as_deref().and_then(|trace| HeaderValue::try_from(trace).ok());
    request.headers_mut().extend(trace.map(|trace| (HeaderName::from_static("x-amzn-trace-id"), trace)));
    id
}

/// Takes the stage off the path, which is part of it unless it is the default one.
fn without_stage(request: &mut Request) {
    let stage = match request.extensions().get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.stage.as_deref(),
        Some(RequestContext::ApiGatewayV1(context)) => context.stage.as_deref(),
        _ => None,
    };
    let Some(stage) = stage.filter(|stage| *stage != "$default") else { return };
    if let Some(uri) = strip(request.uri(), stage) {
        *request.uri_mut() = uri;
    }
}

fn strip(uri: &Uri, stage: &str) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix('/')?.strip_prefix(stage)?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(rest.starts_with('/').then(|| PathAndQuery::try_from(rest))?.ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::strip;
    use http::Uri;

    #[test]
    fn the_stage_is_taken_off_the_path_and_nothing_else() {
        let stripped = |uri: &'static str| strip(&Uri::from_static(uri), "prod").map(|uri| uri.to_string());
        assert_eq!(stripped("https://h/prod/api/v1/a?b=c"), Some("https://h/api/v1/a?b=c".to_owned()));
        assert_eq!(stripped("/prod/api"), Some("/api".to_owned()));
        assert_eq!(stripped("/production/api"), None);
        assert_eq!(stripped("/api/prod"), None);
    }
}
