//! The server program starts, serves, stops and is gone.

use medinsight_tests::load::{HttpClient, XCache, numbered_question};
use medinsight_tests::process::ServerProcess;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

const SOON: Duration = Duration::from_secs(10);

async fn ask(client: &HttpClient, server: &ServerProcess, number: u64) -> Option<(u16, XCache)> {
    let answer = client.ask_by(server.address(), numbered_question(number), Instant::now() + SOON).await;
    answer.map(|(status, x_cache)| (status.as_u16(), x_cache))
}

#[tokio::test]
async fn a_server_serves_on_a_port_of_its_own_and_says_so_in_its_log() {
    let servers = [ServerProcess::start(&[]).await, ServerProcess::start(&[]).await];
    assert_ne!(servers[0].address(), servers[1].address());
    let client = HttpClient::default();
    for server in &servers {
        assert_eq!(ask(&client, server, 1).await, Some((200, XCache::Miss)));
        assert_eq!(ask(&client, server, 1).await, Some((200, XCache::Hit)));
        assert_eq!(server.logged("serving"), 1);
    }
}

#[tokio::test]
async fn sigterm_ends_a_server_in_peace_and_drop_ends_it_in_any_case() {
    let server = ServerProcess::start(&[]).await;
    server.terminate();
    assert!(server.ended(SOON).await.success());
    let other = ServerProcess::start(&[]).await;
    let process = PathBuf::from(format!("/proc/{}", other.pid()));
    assert!(process.exists());
    drop(other);
    assert!(!process.exists());
}

#[tokio::test]
async fn a_frozen_server_answers_when_it_is_thawed_and_a_killed_one_never() {
    let server = ServerProcess::start(&[]).await;
    let client = HttpClient::default();
    server.freeze();
    let soon = Instant::now() + Duration::from_millis(200);
    assert_eq!(client.ask_by(server.address(), numbered_question(1), soon).await, None);
    server.thaw();
    assert!(ask(&client, &server, 1).await.is_some());
    server.kill();
    assert_eq!(ask(&client, &server, 1).await, None);
}

#[tokio::test]
async fn settings_reach_the_server() {
    let server = ServerProcess::start(&[("EMBEDDED_ORIGIN_DELAY_MS", "250")]).await;
    let start = Instant::now();
    assert_eq!(ask(&HttpClient::default(), &server, 1).await, Some((200, XCache::Miss)));
    assert!(start.elapsed() >= Duration::from_millis(250));
}

/// The status of a request to an operator's route.
async fn status_with(server: &ServerProcess, token: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).await.expect("a server that listens");
    let request = format!(
        "GET /api/v1/redis/keys/user HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("a server that reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("a server that answers");
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_server_without_a_token_makes_one_and_shows_it_once_on_the_terminal_and_not_in_the_log() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("terminal");
    let terminal = File::create(&path).expect("a writable directory");
    let server = ServerProcess::start_on_terminal(&[("LOG_LEVEL", "trace")], terminal.into()).await;
    let shown = std::fs::read_to_string(&path).expect("what was shown");
    let tokens: Vec<&str> = shown.split_whitespace().filter(|word| word.len() == 64).collect();
    assert_eq!(tokens.len(), 1, "{shown}");
    assert_eq!(status_with(&server, tokens[0]).await, "200");
    assert_eq!(status_with(&server, "another").await, "401");
    assert!(!server.log().iter().any(|line| line.contains(tokens[0])));
}

#[tokio::test]
async fn a_server_with_a_token_shows_nothing() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("terminal");
    let terminal = File::create(&path).expect("a writable directory");
    let token = "an-invented-Admin-token-0123456789";
    let server = ServerProcess::start_on_terminal(&[("MEDINSIGHT_ADMIN_TOKEN", token)], terminal.into()).await;
    assert_eq!(status_with(&server, token).await, "200");
    assert_eq!(std::fs::read_to_string(&path).expect("what was shown"), "");
}
