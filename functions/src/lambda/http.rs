//! Invocations by API Gateway as HTTP requests.

use super::aftercare::{Aftercare, until};
use super::http_answer::HttpAnswer;
use super::http_event::HttpEvent;
use crate::cache::Measures;
use crate::request_id::RequestId;
use axum::Router;
use axum::body::Body;
use http::{HeaderName, HeaderValue, Request};
use lambda_runtime::{Context, LambdaEvent, LambdaInvocation, Runtime, Service};
use std::convert::Infallible;
use std::sync::Arc;
use tower::ServiceExt;

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
    let HttpEvent(mut request) = payload;
    let id = admit(&mut request, &context, &aftercare);
    let measures = Measures::default();
    let response = measures.of(router.oneshot(request)).await?;
    aftercare.note(id, measures);
    Ok(HttpAnswer::of(response).await)
}

/// Gives a request its id and its deadline, which are those of the invocation.
fn admit(request: &mut Request<Body>, context: &Context, aftercare: &Aftercare) -> RequestId {
    let id = RequestId::of_platform(&context.request_id);
    let extensions = request.extensions_mut();
    extensions.insert(until(context.deadline, aftercare.clock()));
    extensions.insert(id.clone());
    let trace = context.xray_trace_id.as_deref().and_then(|trace| HeaderValue::try_from(trace).ok());
    request.headers_mut().extend(trace.map(|trace| (HeaderName::from_static("x-amzn-trace-id"), trace)));
    id
}
