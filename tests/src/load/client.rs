//! A client that keeps its connections open.

use super::XCache;
use crate::post;
use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// A connection that is free for the next request.
type Connection = SendRequest<Full<Bytes>>;

/// A client that keeps its connections open and opens as many as there are requests at once.
#[derive(Debug, Default)]
pub struct HttpClient {
    forwarded_for: Option<HeaderValue>,
    idle: Mutex<HashMap<SocketAddr, Vec<Connection>>>,
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
        timeout_at(deadline, self.ask(address, body)).await.ok()?
    }

    async fn ask(&self, address: SocketAddr, body: Bytes) -> Option<(StatusCode, XCache)> {
        let mut connection = match self.take_idle(address) {
            Some(connection) => connection,
            None => connect(address).await?,
        };
        let answer = ask_on(&mut connection, self.request(body)).await;
        if answer.is_some() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).entry(address).or_default().push(connection);
        }
        answer
    }

    fn request(&self, body: Bytes) -> Request<Full<Bytes>> {
        let mut request = post(axum::body::Body::empty()).map(|_| Full::new(body));
        request.headers_mut().insert(HOST, HeaderValue::from_static("localhost"));
        if let Some(address) = &self.forwarded_for {
            request.headers_mut().insert("x-forwarded-for", address.clone());
        }
        request
    }

    /// A connection that the server has not closed meanwhile, as far as that is known.
    fn take_idle(&self, address: SocketAddr) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connections = idle.get_mut(&address)?;
        std::iter::from_fn(|| connections.pop()).find(Connection::is_ready)
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
async fn ask_on(connection: &mut Connection, request: Request<Full<Bytes>>) -> Option<(StatusCode, XCache)> {
    let answer = connection.send_request(request).await.ok()?;
    let (status, x_cache) = (answer.status(), answer.headers().get("x-cache").and_then(|value| value.to_str().ok()));
    let outcome = (status, XCache::of(x_cache));
    answer.into_body().collect().await.ok()?;
    connection.ready().await.ok()?;
    Some(outcome)
}
