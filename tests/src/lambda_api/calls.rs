//! The calls that a function makes.

use super::Extensions;
use super::state::{Call, Invocation, Shared, State, number_of};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;

type Answer = Response<Full<Bytes>>;

/// The X-Ray header of every invocation, invented.
pub(super) const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

const IDENTIFIER: &str = "00000000-0000-4000-8000-00000000e47e";

pub(super) async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Answer, Infallible> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    Ok(match (method, path.as_str()) {
        (Method::GET, "/2018-06-01/runtime/invocation/next") => next_invocation(&shared).await,
        (Method::POST, "/2018-06-01/runtime/init/error") => init_error(&shared, &body),
        (Method::POST, "/2020-01-01/extension/register") => register(&shared, &body),
        (Method::GET, "/2020-01-01/extension/event/next") => next_event(&shared).await,
        (Method::POST, "/2020-01-01/extension/exit/error" | "/2020-01-01/extension/init/error") => {
            shared.change(|state| state.calls.push(Call::ExtensionFailed));
            status(StatusCode::ACCEPTED)
        }
        (Method::POST, path) => finished(&shared, path, &body),
        _ => status(StatusCode::NOT_FOUND),
    })
}

async fn next_invocation(shared: &Shared) -> Answer {
    let _waiting = Waiting::start(shared, Call::RuntimeNext, |state| &mut state.runtimes_waiting);
    let invocation = shared.when(|state| state.invocations.pop_front()).await;
    let answer = Response::builder()
        .header("lambda-runtime-aws-request-id", invocation.id())
        .header("lambda-runtime-deadline-ms", invocation.deadline_ms.to_string())
        .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:000000000000:function:invented")
        .header("lambda-runtime-trace-id", TRACE);
    answer.body(Full::new(invocation.event)).expect("an answer")
}

async fn next_event(shared: &Shared) -> Answer {
    let _waiting = Waiting::start(shared, Call::ExtensionNext, |state| &mut state.extensions_waiting);
    if shared.extensions == Extensions::Broken {
        return status(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let invocation = shared.when(|state| state.events.pop_front()).await;
    Response::new(Full::from(event_of(&invocation).to_string()))
}

fn event_of(invocation: &Invocation) -> Value {
    json!({
        "eventType": "INVOKE",
        "deadlineMs": u64::try_from(invocation.deadline_ms).expect("a time of this age"),
        "requestId": invocation.id(),
        "invokedFunctionArn": "arn:aws:lambda:eu-central-1:000000000000:function:invented",
        "tracing": {"type": "X-Amzn-Trace-Id", "value": TRACE},
    })
}

fn register(shared: &Shared, body: &Bytes) -> Answer {
    if shared.extensions == Extensions::Refused {
        return status(StatusCode::FORBIDDEN);
    }
    let wanted: Value = serde_json::from_slice(body).unwrap_or_default();
    let wants_invocations = wanted["events"].as_array().is_some_and(|events| events.contains(&json!("INVOKE")));
    shared.change(|state| {
        state.has_extension = true;
        state.takes_invocations = wants_invocations;
        state.calls.push(Call::Registered(String::from_utf8_lossy(body).into_owned()));
    });
    let answer = Response::builder().header("lambda-extension-identifier", IDENTIFIER);
    let body = json!({"functionName": "invented", "functionVersion": "$LATEST", "handler": "bootstrap"});
    answer.body(Full::from(body.to_string())).expect("an answer")
}

fn init_error(shared: &Shared, body: &Bytes) -> Answer {
    shared.change(|state| {
        state.calls.push(Call::InitFailed);
        state.init_error = serde_json::from_slice(body).ok();
    });
    status(StatusCode::ACCEPTED)
}

/// `/2018-06-01/runtime/invocation/{id}/response` or `.../error`.
fn finished(shared: &Shared, path: &str, body: &Bytes) -> Answer {
    let payload = serde_json::from_slice(body).unwrap_or_default();
    let rest = path.strip_prefix("/2018-06-01/runtime/invocation/").unwrap_or_default();
    match rest.split_once('/').map(|(id, what)| (number_of(id), what)) {
        Some((Some(number), "response")) => shared.finish(number, Ok(payload)),
        Some((Some(number), "error")) => shared.finish(number, Err(payload)),
        _ => return status(StatusCode::NOT_FOUND),
    }
    status(StatusCode::ACCEPTED)
}

fn status(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}

/// A call that waits; it may be given up by the function's end.
struct Waiting<'a> {
    shared: &'a Shared,
    counter: fn(&mut State) -> &mut usize,
}

impl<'a> Waiting<'a> {
    fn start(shared: &'a Shared, call: Call, counter: fn(&mut State) -> &mut usize) -> Self {
        shared.change(|state| {
            state.calls.push(call);
            *counter(state) += 1;
        });
        Self { shared, counter }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.shared.change(|state| *(self.counter)(state) -= 1);
    }
}
