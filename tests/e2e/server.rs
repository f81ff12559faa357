//! The local server over real sockets.

use medinsight_functions::config::Config;
use medinsight_functions::server::serve;
use medinsight_tests::{ANALYZE, question};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server on a free port.
struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Server {
    async fn start(settings: &[(&str, &str)]) -> Self {
        let variables: Vec<_> = settings.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let config = Config::from_variables(&variables).expect("valid settings");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            serve(&config, listener, stopped).await.expect("a server that runs");
        });
        Self { address, stop, running }
    }

    async fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("a request that is read");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer in UTF-8");
        answer
    }
}

fn ask() -> String {
    let body = question().to_string();
    let length = body.len();
    format!(
        "POST {ANALYZE} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn a_question_over_a_socket_is_a_miss_and_then_a_hit() {
    let server = Server::start(&[]).await;
    let first = server.send(&ask()).await;
    assert!(first.starts_with("HTTP/1.1 200 OK\r\n") && first.contains("x-cache: MISS"), "{first}");
    assert!(server.send(&ask()).await.contains("x-cache: HIT"));
}

#[tokio::test]
async fn a_request_that_is_running_when_the_server_is_stopped_gets_its_answer() {
    let server = Server::start(&[("EMBEDDED_ORIGIN_DELAY_MS", "300")]).await;
    let mut stream = TcpStream::connect(server.address).await.expect("a connection");
    stream.write_all(ask().as_bytes()).await.expect("a request that is read");
    // A second question is answered only after it was accepted, and with it the first one before.
    let answered = server.send("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    assert!(answered.starts_with("HTTP/1.1 404"), "{answered}");
    server.stop.send(()).expect("a server that listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer in UTF-8");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    server.running.await.expect("a server that ends");
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn who_follows_what_happens_does_not_keep_a_server_from_ending() {
    let server = Server::start(&[("MEDINSIGHT_ADMIN_TOKEN", "an invented token")]).await;
    let mut stream = TcpStream::connect(server.address).await.expect("a connection");
    let request =
        "GET /api/v1/redis/live HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer an invented token\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("a request that is read");
    let mut told = Vec::new();
    while !String::from_utf8_lossy(&told).contains("data: ") {
        assert_ne!(stream.read_buf(&mut told).await.expect("a part of the answer"), 0);
    }
    server.stop.send(()).expect("a server that runs");
    stream.read_to_end(&mut told).await.expect("the rest of the answer");
    // The last chunk: the answer was ended and not cut off.
    assert!(told.ends_with(b"\r\n0\r\n\r\n"), "{}", String::from_utf8_lossy(&told));
    server.running.await.expect("a server that ends");
}
