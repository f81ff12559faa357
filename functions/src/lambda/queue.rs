//! The worker's queue, to which a function hands over what it has no time to finish.

mod signature;

use crate::cache::{Deadline, Successor};
use crate::clock::Clock;
use crate::config::{OriginConfig, RefreshQueueConfig};
use crate::origin::{CallFailure, HttpClient};
use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::Full;
use serde::Serialize;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use tokio::time::timeout_at;

const JSON: &str = "application/x-amz-json-1.0";
const SEND_MESSAGE: &str = "AmazonSQS.SendMessage";

/// What SQS answers says little.
const MAX_ANSWER_BYTES: usize = 16 << 10;

/// An SQS queue.
pub(super) struct WorkQueue {
    config: RefreshQueueConfig,
    http: HttpClient,
    clock: Clock,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessage<'a> {
    queue_url: &'a str,
    message_body: &'a str,
}

impl WorkQueue {
    /// A queue that is not connected to yet.
    ///
    /// # Errors
    ///
    /// When `ORIGIN_CA_FILE` cannot be used.
    pub(super) fn new(config: &RefreshQueueConfig, origin: &OriginConfig, clock: &Clock) -> Result<Self, String> {
        let http = HttpClient::new(origin, MAX_ANSWER_BYTES, clock)?;
        Ok(Self { config: config.clone(), http, clock: clock.clone() })
    }

    async fn send(&self, message: &str) -> Result<(), CallFailure> {
        let request = self.request(message).ok_or(CallFailure::Refused)?;
        let response = self.http.exchange(request).await?;
        if response.status().is_success() { Ok(()) } else { Err(CallFailure::Refused) }
    }

    /// The request in the JSON protocol of SQS, which is sent to the root of its host.
    fn request(&self, message: &str) -> Option<Request<Full<Bytes>>> {
        let url = self.config.url.as_str();
        let uri: Uri = url.parse().ok()?;
        let host = uri.authority()?.as_str();
        let body = serde_json::to_vec(&SendMessage { queue_url: url, message_body: message }).ok()?;
        let date = signature::date(self.clock.now());
        let mut headers =
            vec![("content-type", JSON), ("host", host), ("x-amz-date", &date), ("x-amz-target", SEND_MESSAGE)];
        headers.extend(self.config.keys.session_token.iter().map(|token| ("x-amz-security-token", token.expose())));
        headers.sort_unstable();
        let authorization = signature::authorization(&self.config, &date, &headers, &body);
        headers.push(("authorization", &authorization));
        let request = Request::post(format!("{}://{host}/", uri.scheme_str()?));
        let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        request.body(Full::new(body.into())).ok()
    }
}

impl Successor for WorkQueue {
    fn take_over(&self, message: String, until: Deadline) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(async move {
            let sent = timeout_at(until.0, self.send(&message)).await.unwrap_or(Err(CallFailure::TimedOut));
            sent.inspect_err(|failure| tracing::warn!(?failure, "the worker's queue took no job")).is_ok()
        })
    }
}

impl fmt::Debug for WorkQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkQueue").field("config", &self.config).finish_non_exhaustive()
    }
}
