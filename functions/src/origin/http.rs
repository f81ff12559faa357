//! How far-away origins are called: HTTP over connections that are kept, with a limit on everything.

mod tls;

use super::failure::CallFailure;
use crate::cache::Deadline;
use crate::clock::Clock;
use crate::config::OriginConfig;
use crate::trace_context::TraceContext;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use medinsight_core::UnixMillis;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::timeout_at;

/// How long a connection is kept that nobody uses. Load balancers keep theirs for at least a minute.
const IDLE: Duration = Duration::from_secs(30);

/// How many connections are kept that nobody uses.
const MAX_IDLE: usize = 32;

type Connections = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A client of one origin.
pub(crate) struct HttpClient {
    connector: HttpsConnector<HttpConnector>,
    connections: Mutex<(Connections, UnixMillis)>,
    max_bytes: usize,
    clock: Clock,
}

/// An answer that was read whole.
#[derive(Debug)]
pub(super) struct Reply {
    status: StatusCode,
    is_json: bool,
    retry_after: Option<Duration>,
    body: Bytes,
}

impl HttpClient {
    /// A client that is not connected to anything yet, and reads answers of at most `max_bytes`.
    ///
    /// # Errors
    ///
    /// When `ORIGIN_CA_FILE` cannot be used.
    pub(crate) fn new(config: &OriginConfig, max_bytes: usize, clock: &Clock) -> Result<Self, String> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(config.connect_timeout));
        let connector = tls::connector(http, config.ca_file.as_deref())?;
        let connections = Mutex::new((connections_of(&connector), clock.now()));
        Ok(Self { connector, connections, max_bytes, clock: clock.clone() })
    }

    /// Sends a request, with the headers of the trace that it belongs to, and reads the answer.
    pub(super) async fn send(&self, mut request: Request<Full<Bytes>>, until: Deadline) -> Result<Reply, CallFailure> {
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        request.headers_mut().extend(TraceContext::headers());
        let response = timeout_at(until.0, self.exchange(request)).await.unwrap_or(Err(CallFailure::TimedOut))?;
        Ok(Reply::of(response))
    }

    /// Sends a request as it is and reads the answer whole, however long that takes.
    pub(crate) async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, CallFailure> {
        let response = self.connections().request(request).await.map_err(|error| failure_of(&error))?;
        self.read(response).await
    }

    async fn read(&self, response: Response<Incoming>) -> Result<Response<Bytes>, CallFailure> {
        let (parts, body) = response.into_parts();
        if announced_bytes(&parts.headers).is_some_and(|bytes| bytes > self.max_bytes) {
            return Err(CallFailure::TooLarge);
        }
        let body = Limited::new(body, self.max_bytes).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() { CallFailure::TooLarge } else { CallFailure::Broken }
        })?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }

    /// Connections that were not used for a while are not tried: a process may have been frozen meanwhile, when only the
    /// time of the wall goes on, and nobody told it that they are gone.
    fn connections(&self) -> Connections {
        let now = self.clock.now();
        let mut guard = self.lock();
        let (connections, used_at) = &mut *guard;
        if now.since(*used_at) > IDLE {
            *connections = connections_of(&self.connector);
        }
        *used_at = now;
        connections.clone()
    }

    /// The pair is replaced as a whole, so poisoning means nothing here.
    fn lock(&self) -> MutexGuard<'_, (Connections, UnixMillis)> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reply {
    fn of(response: Response<Bytes>) -> Self {
        let (is_json, retry_after) = (is_json(response.headers()), retry_after(response.headers()));
        Self { status: response.status(), is_json, retry_after, body: response.into_body() }
    }

    /// The body, if this is a success in JSON.
    fn into_json(self) -> Result<Bytes, CallFailure> {
        match self.status {
            status if status.is_success() && self.is_json => Ok(self.body),
            status if status.is_success() => Err(CallFailure::WrongType),
            status => Err(failure_of_status(status, self.retry_after)),
        }
    }

    /// What it says. A 404 means that there is no such drug only if its body says so; it may also be that of a wrong
    /// address.
    pub(super) fn read<T: DeserializeOwned>(self, says_unknown_drug: fn(&Bytes) -> bool) -> Result<T, CallFailure> {
        if self.status == StatusCode::NOT_FOUND && says_unknown_drug(&self.body) {
            return Err(CallFailure::UnknownDrug);
        }
        serde_json::from_slice(&self.into_json()?).map_err(|_| CallFailure::Malformed)
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("max_bytes", &self.max_bytes).finish_non_exhaustive()
    }
}

fn connections_of(connector: &HttpsConnector<HttpConnector>) -> Connections {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(MAX_IDLE)
        .build(connector.clone())
}

/// What a status says that is none of success.
pub(super) fn failure_of_status(status: StatusCode, retry_after: Option<Duration>) -> CallFailure {
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => CallFailure::Throttled { retry_after },
        status if status.is_server_error() => CallFailure::ServerError,
        _ => CallFailure::Refused,
    }
}

fn failure_of(error: &Error) -> CallFailure {
    if error.is_connect() { CallFailure::NotConnected } else { CallFailure::Broken }
}

fn announced_bytes(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether the body is JSON by its media type.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}

/// Whole seconds; a date would have to be compared with somebody else's clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    seconds(headers.get(RETRY_AFTER)?.to_str().ok()?)
}

/// What a value of `Retry-After` says.
pub(super) fn seconds(retry_after: &str) -> Option<Duration> {
    retry_after.trim().parse().ok().map(Duration::from_secs)
}
