//! Redis servers start, fail and end as they are told to.

use medinsight_tests::redis_server::{AclUser, RedisOptions, RedisServer};
use medinsight_tests::resp::RespClient;
use medinsight_tests::waiting;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(5);

fn is_running(pid: u32) -> bool {
    PathBuf::from(format!("/proc/{pid}")).exists()
}

#[tokio::test]
async fn a_server_answers_and_is_gone_after_drop() {
    let server = RedisServer::start().await;
    assert_eq!(server.command(&["SET", "a", "1"]).await.text(), "OK");
    assert_eq!(server.command(&["GET", "a"]).await.integer(), Some(1));
    let (pid, directory) = (server.pid(), server.directory().to_owned());
    assert!(is_running(pid));
    drop(server);
    assert!(!is_running(pid) && !directory.exists());
}

#[tokio::test]
async fn a_server_ends_when_its_test_panics() {
    let (sender, pid) = tokio::sync::oneshot::channel();
    let test = tokio::spawn(async move {
        let server = RedisServer::start().await;
        sender.send(server.pid()).expect("somebody waits");
        panic!("an invented failure of a test");
    });
    let pid = pid.await.expect("a server");
    assert!(test.await.is_err() && !is_running(pid));
}

#[tokio::test]
async fn a_killed_server_refuses_connections_and_comes_back_empty_on_the_same_port() {
    let server = RedisServer::start().await;
    server.command(&["SET", "a", "1"]).await;
    server.kill();
    // The port is reserved: were it free, a connection could come from it and connect to itself.
    for _ in 0..1_000 {
        let refused = RespClient::connect(server.address()).await.map_err(|error| error.kind());
        assert!(matches!(refused, Err(std::io::ErrorKind::ConnectionRefused)));
    }
    let address = server.address();
    server.restart().await;
    assert_eq!((server.address(), server.command(&["DBSIZE"]).await.integer()), (address, Some(0)));
}

#[tokio::test]
async fn a_frozen_server_holds_its_connections_and_answers_when_it_is_thawed() {
    let server = RedisServer::start().await;
    let mut client = server.connect().await.expect("a connection");
    server.freeze();
    let frozen = Instant::now();
    client.send(b"*1\r\n$4\r\nPING\r\n").await.expect("an open connection");
    let answer = tokio::time::timeout(Duration::from_millis(200), client.reply()).await;
    assert!(answer.is_err(), "a frozen server answered");
    server.thaw();
    let answer = tokio::time::timeout(SOON, client.reply()).await.expect("an answer in time");
    assert_eq!(answer.expect("an answer").text(), "PONG");
    assert!(frozen.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn passwords_and_users_are_asked_for() {
    let user = AclUser { name: "app".into(), password: "invented".into(), rules: "~medinsight:* +get +ping".into() };
    let server = RedisServer::with(RedisOptions::default().requirepass("secret").acl_user(&user)).await;
    let mut client = RespClient::connect(server.address()).await.expect("a connection");
    assert!(client.command(&["PING"]).await.expect("a reply").text().starts_with("NOAUTH"));
    assert_eq!(client.command(&["AUTH", "app", "invented"]).await.expect("a reply").text(), "OK");
    assert!(client.command(&["SET", "a", "1"]).await.expect("a reply").text().starts_with("NOPERM"));
    assert_eq!(server.url(), format!("redis://:secret@{}", server.address()));
    assert_eq!(server.url_for(&user), format!("redis://app:invented@{}", server.address()));
}

#[tokio::test]
async fn a_full_server_refuses_writes() {
    let server = RedisServer::with(RedisOptions::default().maxmemory(1 << 20)).await;
    let large = "x".repeat(2 << 20);
    server.command(&["SET", "a", &large]).await;
    assert!(server.command(&["SET", "b", "1"]).await.text().starts_with("OOM"));
}

#[tokio::test]
async fn a_server_takes_no_more_connections_than_it_was_told_to() {
    let server = RedisServer::with(RedisOptions::default().maxclients(2)).await;
    let mut one = server.connect().await.expect("a connection");
    assert_eq!(one.command(&["PING"]).await.expect("a reply").text(), "PONG");
    let mut two = RespClient::connect(server.address()).await.expect("a connection");
    assert_eq!(two.reply().await.expect("a reply").text(), "ERR max number of clients reached");
}

#[tokio::test]
async fn commands_are_counted_watched_and_their_slowness_recorded() {
    let server = RedisServer::start().await;
    server.record_slowlog(Duration::from_millis(500), 16).await;
    let (reply, lines) = server.monitor(server.command(&["SET", "a", "1"])).await;
    assert_eq!((reply.text().as_str(), lines.len()), ("OK", 1), "{lines:?}");
    assert!(lines[0].ends_with(r#""SET" "a" "1""#));
    server.command(&["DEBUG", "SLEEP", "0.6"]).await;
    let slow = server.slowlog().await;
    assert_eq!((slow.len(), slow[0].words.join(" ")), (1, "DEBUG SLEEP 0.6".to_owned()));
    assert!(slow[0].duration >= Duration::from_millis(600));
    assert_eq!((server.calls("debug").await, server.calls("keys").await), (1, 0));
}

#[tokio::test]
async fn many_servers_start_at_once_and_each_has_its_own_port() {
    let starts: Vec<_> = (0..8).map(|_| tokio::spawn(RedisServer::start())).collect();
    let mut ports = std::collections::BTreeSet::new();
    let mut servers = Vec::new();
    for start in starts {
        let server = start.await.expect("a server");
        ports.insert(server.address().port());
        servers.push(server);
    }
    assert_eq!(ports.len(), 8);
    let pids: Vec<_> = servers.iter().map(RedisServer::pid).collect();
    drop(servers);
    waiting::until("all servers are gone", SOON, || async { !pids.iter().any(|pid| is_running(*pid)) }).await;
}
