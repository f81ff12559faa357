//! Invocations by API Gateway as HTTP requests.

use super::aftercare::{Aftercare, until};
use crate::api::RequestId;
use crate::cache::Measures;
use axum::Router;
use http::uri::PathAndQuery;
use http::{Response, Uri};
use http_body_util::BodyExt;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, Body, Request, RequestExt};
use lambda_runtime::{LambdaEvent, LambdaInvocation, Runtime, Service};
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
    let service = tower::service_fn(move |request| answer(router.clone(), request, Arc::clone(&aftercare)));
    let adapter = Adapter::from(service);
    let event = |event: LambdaEvent<HttpEvent>| LambdaEvent::new(event.payload.0, event.context);
    Runtime::new(adapter.map_request(event))
}

async fn answer(router: Router, mut request: Request, aftercare: Arc<Aftercare>) -> Result<Response<Body>, Infallible> {
    let id = admit(&mut request, &aftercare);
    without_stage(&mut request);
    let measures = Measures::default();
    let response = measures.of(router.oneshot(request)).await?;
    aftercare.note(id, measures);
    Ok(buffered(response).await)
}

/// Gives a request its id and its deadline, which are those of the invocation.
fn admit(request: &mut Request, aftercare: &Aftercare) -> RequestId {
    let context = request.lambda_context_ref();
    let id = RequestId::of_platform(context.map_or("none", |context| &context.request_id));
    let deadline = context.map(|context| until(context.deadline, aftercare.clock()));
    if let Some(deadline) = deadline {
        request.extensions_mut().insert(deadline);
    }
    request.extensions_mut().insert(id.clone());
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

/// API Gateway takes a whole body. One that is text need not be sent in base64.
async fn buffered(response: axum::response::Response) -> Response<Body> {
    let (parts, body) = response.into_parts();
    // The bodies of our handlers are in memory, or a stream of our own that cannot fail.
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let body = match String::from_utf8(bytes.into()) {
        Ok(text) => Body::Text(text),
        Err(binary) => Body::Binary(binary.into_bytes()),
    };
    Response::from_parts(parts, body)
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
