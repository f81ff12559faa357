//! The command line as a program of its own, against real servers.

mod doctor;
mod entries;
mod keys;
mod numbers;
mod usage;
mod warming;

use medinsight_tests::operator::TOKEN;
use medinsight_tests::process::ServerProcess;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{ANALYZE, question};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An invented key of entries, for the service and the command line alike.
const KEYS: (&str, &str) = ("CACHE_ENCRYPTION_KEYS", "7:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");

/// Patience with a busy machine.
const PATIENT: [(&str, &str); 3] =
    [("CACHE_BUDGET_MS", "6000"), ("REDIS_COMMAND_TIMEOUT_MS", "4000"), ("REDIS_CONNECT_TIMEOUT_MS", "4000")];

/// A session's id that nobody has.
const SESSION: &str = "9f86d081-884c-7d65-9a2f-eaa0c55ad015";

/// A Redis server that a server has stored something in.
struct Filled {
    redis: RedisServer,
    url: String,
    digest: String,
}

impl Filled {
    async fn start() -> Self {
        let redis = RedisServer::start().await;
        let url = redis.url();
        let server = ServerProcess::start(&[("REDIS_URL", &url), KEYS, PATIENT[0], PATIENT[1], PATIENT[2]]).await;
        let answer = send(server.address(), &ask()).await;
        send(server.address(), "GET /api/v1/drug/info/aspirin HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        // What waits for a trip is stored before the server ends.
        server.terminate();
        server.ended(Duration::from_secs(20)).await;
        let digest = answer.lines().find_map(|line| line.strip_prefix("x-cache-key-digest: "));
        let digest = digest.expect("the digest of an answer").trim().to_owned();
        Self { redis, url, digest }
    }

    /// The settings with which the command line works on the store.
    fn settings(&self) -> [(&str, &str); 5] {
        [("REDIS_URL", &self.url), KEYS, PATIENT[0], PATIENT[1], PATIENT[2]]
    }
}

fn ask() -> String {
    let body = question().to_string();
    format!(
        "POST {ANALYZE} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-session-id: {SESSION}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn send(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("a request that is read");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer in UTF-8");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

/// A server with an admin token and a store in memory, and its URL.
async fn server() -> (ServerProcess, String) {
    let server = ServerProcess::start(&[("MEDINSIGHT_ADMIN_TOKEN", TOKEN)]).await;
    let url = format!("http://{}", server.address());
    (server, url)
}
