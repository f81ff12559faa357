//! A client that keeps its connections open.

use super::XCache;
use crate::post;
use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// For how long a connection is kept without a request. The server closes it after ten seconds, and a request that is on its
/// way then would be lost; half of it is for servers that are frozen meanwhile.
const IDLE: Duration = Duration::from_secs(5);

/// A connection that is free for the next request.
type Connection = SendRequest<Full<Bytes>>;

/// A client that keeps its connections open and opens as many as there are requests at once.
#[derive(Debug, Default)]
pub struct HttpClient {
    forwarded_for: Option<HeaderValue>,
    idle: Mutex<HashMap<SocketAddr, Vec<(Instant, Connection)>>>,
}

impl HttpClient {
    /// A client whose requests come from this address, as a proxy in front of the server would say.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        let address = address.to_string().parse().expect("an address is a header's value");
        Self { forwarded_for: Some(address), ..Self::default() }
    }

    /// Asks a health question and reads the whole answer; nothing if there is none by the deadline.
    pub async fn ask_by(&self, address: SocketAddr, body: Bytes, deadline: Instant) -> Option<(StatusCode, XCache)> {
        let answer = self.send_by(address, self.question(body), deadline).await?;
        Some((answer.status(), XCache::of_headers(answer.headers())))
    }

    /// Sends a request and reads the whole answer; nothing if there is none by the deadline.
    pub async fn send_by(
        &self,
        address: SocketAddr,
        request: Request<Bytes>,
        deadline: Instant,
    ) -> Option<Response<Bytes>> {
        timeout_at(deadline, self.send(address, request)).await.ok()?
    }

    async fn send(&self, address: SocketAddr, mut request: Request<Bytes>) -> Option<Response<Bytes>> {
        request.headers_mut().insert(HOST, HeaderValue::from_static("localhost"));
        let mut connection = match self.take_idle(address) {
            Some(connection) => connection,
            None => connect(address).await?,
        };
        let answer = send_on(&mut connection, request.map(Full::new)).await;
        if answer.is_some() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.entry(address).or_default().push((Instant::now(), connection));
        }
        answer
    }

    fn question(&self, body: Bytes) -> Request<Bytes> {
        let mut request = post(axum::body::Body::empty()).map(|_| body);
        if let Some(address) = &self.forwarded_for {
            request.headers_mut().insert("x-forwarded-for", address.clone());
        }
        request
    }

    /// A connection that the server has not closed meanwhile, as far as that is known, nor is about to close.
    fn take_idle(&self, address: SocketAddr) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connections = idle.get_mut(&address)?;
        let is_usable = |(since, connection): &(Instant, Connection)| since.elapsed() < IDLE && connection.is_ready();
        std::iter::from_fn(|| connections.pop()).find(is_usable).map(|(_, connection)| connection)
    }
}

/// Opens a connection.
async fn connect(address: SocketAddr) -> Option<Connection> {
    let stream = TcpStream::connect(address).await.ok()?;
    stream.set_nodelay(true).ok()?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(async move {
        // How a connection ended shows in its requests.
        let _ = connection.await;
    });
    sender.ready().await.ok()?;
    Some(sender)
}

/// Asks on an open connection and reads the whole answer.
async fn send_on(connection: &mut Connection, request: Request<Full<Bytes>>) -> Option<Response<Bytes>> {
    let (head, body) = connection.send_request(request).await.ok()?.into_parts();
    let body = body.collect().await.ok()?.to_bytes();
    connection.ready().await.ok()?;
    Some(Response::from_parts(head, body))
}
