//! A server that speaks an origin's protocol on this machine: HTTP, with every way in which an answer can go wrong.

use crate::certificates::Certificates;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use std::fmt;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsAcceptor;

/// How many bytes [`Reply::huge`] has.
const HUGE_BYTES: usize = 64 << 20;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// When.
    pub at: Instant,
    /// Its method.
    pub method: Method,
    /// Its path and query.
    pub target: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

/// What is sent back.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    delivery: Delivery,
    delay: Duration,
}

/// How much of it is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Delivery {
    Whole,
    /// Half of the body, and then the connection is closed.
    Half,
    /// The body without its length, as long as the other side listens.
    Endless,
    /// Nothing.
    Never,
}

type Answering = Box<dyn Fn(&Received) -> Reply + Send + Sync>;

/// A running server. It ends on drop.
pub struct OriginServer {
    scheme: &'static str,
    address: SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

struct State {
    answering: Mutex<Answering>,
    received: Mutex<Vec<Received>>,
    connections: AtomicUsize,
}

impl OriginServer {
    /// Starts a server that answers like this.
    ///
    /// # Panics
    ///
    /// When it has no port.
    pub async fn start(answering: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_over(None, answering).await
    }

    /// Starts a server that speaks TLS under a certificate for `127.0.0.1`.
    ///
    /// # Panics
    ///
    /// When it has no port.
    pub async fn start_with_tls(
        certificates: &Certificates,
        answering: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start_over(Some(acceptor(certificates)), answering).await
    }

    async fn start_over(
        tls: Option<TlsAcceptor>,
        answering: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            answering: Mutex::new(Box::new(answering)),
            received: Mutex::default(),
            connections: AtomicUsize::default(),
        });
        let accepting = tokio::spawn(accept(listener, tls, Arc::clone(&state)));
        Self { scheme, address, state, accepting }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Answers like this from now on.
    pub fn answer(&self, answering: impl Fn(&Received) -> Reply + Send + Sync + 'static) {
        *lock(&self.state.answering) = Box::new(answering);
    }

    /// Answers everything with this from now on.
    pub fn answer_with(&self, reply: Reply) {
        self.answer(move |_| reply.clone());
    }

    /// What has arrived so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        lock(&self.state.received).clone()
    }

    /// How many requests have arrived so far.
    #[must_use]
    pub fn requests(&self) -> usize {
        lock(&self.state.received).len()
    }

    /// The most requests that have arrived within a second.
    #[must_use]
    pub fn most_in_a_second(&self) -> usize {
        let received = lock(&self.state.received);
        let within = |from: &Received| {
            received.iter().filter(|other| other.at >= from.at && other.at - from.at < Duration::from_secs(1)).count()
        };
        received.iter().map(within).max().unwrap_or(0)
    }

    /// How many connections were made so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

impl Drop for OriginServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl fmt::Debug for OriginServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OriginServer").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Reply {
    /// A JSON body.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self::of_type(status, "application/json", body.to_string())
    }

    /// A body of some media type.
    #[must_use]
    pub fn of_type(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", media_type.to_owned())];
        Self { status, headers, body: body.into(), delivery: Delivery::Whole, delay: Duration::ZERO }
    }

    /// It is sent only after a while.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The connection breaks in the middle of the body.
    #[must_use]
    pub fn truncated(self) -> Self {
        Self { delivery: Delivery::Half, ..self }
    }

    /// A body that is announced and is far too long.
    #[must_use]
    pub fn huge() -> Self {
        Self::of_type(200, "application/json", vec![b' '; HUGE_BYTES])
    }

    /// A body that does not say how long it is, and has no end.
    #[must_use]
    pub fn endless() -> Self {
        Self { delivery: Delivery::Endless, ..Self::of_type(200, "application/json", vec![b' '; 64 << 10]) }
    }

    /// No answer at all.
    #[must_use]
    pub fn silence() -> Self {
        Self { delivery: Delivery::Never, ..Self::of_type(200, "application/json", "") }
    }
}

fn acceptor(certificates: &Certificates) -> TlsAcceptor {
    let chain = CertificateDer::pem_file_iter(certificates.server_file()).expect("a file of certificates");
    let chain = chain.collect::<Result<Vec<_>, _>>().expect("certificates");
    let key = PrivateKeyDer::from_pem_file(certificates.key_file()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("versions").with_no_client_auth().with_single_cert(chain, key);
    TlsAcceptor::from(Arc::new(config.expect("a certificate and its key")))
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        state.connections.fetch_add(1, Ordering::SeqCst);
        let (state, tls) = (Arc::clone(&state), tls.clone());
        tokio::spawn(async move {
            // The other side may hang up whenever it likes.
            let _ = greet(stream, tls, &state).await;
        });
    }
}

async fn greet(stream: TcpStream, tls: Option<TlsAcceptor>, state: &State) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    match tls {
        Some(tls) => serve(tls.accept(stream).await.ok()?, state).await,
        None => serve(stream, state).await,
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, state: &State) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let received = receive(&mut stream).await?;
        let reply = lock(&state.answering)(&received);
        lock(&state.received).push(received);
        send(&mut stream, &reply).await?;
    }
}

async fn receive(stream: &mut BufReader<impl AsyncRead + AsyncWrite + Unpin>) -> Option<Received> {
    let first = line(stream).await?;
    let at = Instant::now();
    let mut parts = first.split(' ');
    let (method, target) = (parts.next()?.parse().ok()?, parts.next()?.to_owned());
    let mut headers = HeaderMap::new();
    loop {
        let line = line(stream).await?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.append(name.parse::<HeaderName>().ok()?, HeaderValue::try_from(value.trim()).ok()?);
    }
    let length = headers.get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some(Received { at, method, target, headers, body })
}

async fn line(stream: &mut BufReader<impl AsyncRead + AsyncWrite + Unpin>) -> Option<String> {
    let mut line = String::new();
    let length = stream.read_line(&mut line).await.ok()?;
    (length > 0).then(|| line.trim_end().to_owned())
}

/// Nothing when the connection is to be closed.
async fn send(stream: &mut BufReader<impl AsyncRead + AsyncWrite + Unpin>, reply: &Reply) -> Option<()> {
    let Reply { status, headers, body, delivery, delay } = reply;
    if !delay.is_zero() {
        sleep(*delay).await;
    }
    if *delivery == Delivery::Never {
        pending::<()>().await;
    }
    let mut head = format!("HTTP/1.1 {status} Status\r\n");
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    if *delivery != Delivery::Endless {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await.ok()?;
    match delivery {
        Delivery::Whole | Delivery::Never => stream.write_all(body).await.ok(),
        Delivery::Half => {
            stream.write_all(body.split_at(body.len() / 2).0).await.ok()?;
            stream.shutdown().await.ok()?;
            None
        }
        Delivery::Endless => loop {
            stream.write_all(body).await.ok()?;
        },
    }
}

/// What is behind the lock is replaced or appended to as a whole, so poisoning means nothing here.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
