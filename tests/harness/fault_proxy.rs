//! Every fault of the proxy, against a real Redis server.

use medinsight_tests::fault_proxy::{Arrivals, Ending, FaultProxy, Keep, ReplyFault, replies};
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::resp::{RespClient, Value, encode};
use medinsight_tests::waiting;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(5);

/// Long enough for an answer on loopback, which takes a millisecond.
const SILENCE: Duration = Duration::from_millis(150);

/// A server with the keys `a` and `b`, a proxy before it and a client before that.
async fn set_up() -> (RedisServer, FaultProxy, RespClient) {
    let server = RedisServer::start().await;
    server.command(&["MSET", "a", "first value", "b", "second value"]).await;
    let proxy = FaultProxy::start(server.address()).await;
    let mut client = RespClient::connect(proxy.address()).await.expect("a connection");
    assert_eq!(get(&mut client, "a").await, Ok("first value".into()));
    (server, proxy, client)
}

async fn get(client: &mut RespClient, key: &str) -> Result<String, ErrorKind> {
    let reply = client.command(&["GET", key]).await;
    reply.map(|value| value.text()).map_err(|error| error.kind())
}

async fn is_silent(client: &mut RespClient) -> bool {
    tokio::time::timeout(SILENCE, get(client, "a")).await.is_err()
}

#[tokio::test]
async fn bytes_connections_commands_and_round_trips_are_counted() {
    let (_server, proxy, mut client) = set_up().await;
    let before = proxy.counts();
    let mut pipeline = bytes::BytesMut::new();
    encode(&["GET", "a"], &mut pipeline);
    encode(&["GET", "b"], &mut pipeline);
    client.send(&pipeline).await.expect("an open connection");
    client.skip_replies(2).await.expect("two replies");
    let after = proxy.counts();
    assert_eq!((after.connections, after.command("GET")), (1, 3));
    assert_eq!(after.round_trips - before.round_trips, 1);
    assert_eq!(after.bytes_from_clients - before.bytes_from_clients, pipeline.len() as u64);
    assert_eq!(
        after.bytes_from_server - before.bytes_from_server,
        "$11\r\nfirst value\r\n$12\r\nsecond value\r\n".len() as u64
    );
}

#[tokio::test]
async fn existing_connections_become_black_holes_while_new_ones_pass() {
    let (server, proxy, mut client) = set_up().await;
    let calls = server.calls("get").await;
    proxy.black_hole_existing();
    assert!(is_silent(&mut client).await);
    assert_eq!(server.calls("get").await, calls, "a swallowed command arrived");
    let mut fresh = RespClient::connect(proxy.address()).await.expect("a connection");
    assert_eq!(get(&mut fresh, "b").await, Ok("second value".into()));
    assert_eq!(proxy.open_connections(), 2);
}

#[tokio::test]
async fn everything_becomes_a_black_hole_and_healing_helps_new_connections() {
    let (_server, proxy, mut client) = set_up().await;
    proxy.black_hole_everything().await;
    let mut fresh = RespClient::connect(proxy.address()).await.expect("a connection");
    assert!(is_silent(&mut client).await && is_silent(&mut fresh).await);
    proxy.heal().await;
    let mut healed = RespClient::connect(proxy.address()).await.expect("a connection");
    assert_eq!(get(&mut healed, "a").await, Ok("first value".into()));
    assert!(is_silent(&mut client).await);
}

#[tokio::test]
async fn new_connections_are_refused_while_existing_ones_pass() {
    let (_server, proxy, mut client) = set_up().await;
    proxy.set_arrivals(Arrivals::Refuse).await;
    let refused = RespClient::connect(proxy.address()).await.map_err(|error| error.kind());
    assert_eq!(refused.err(), Some(ErrorKind::ConnectionRefused));
    assert_eq!(get(&mut client, "b").await, Ok("second value".into()));
    proxy.set_arrivals(Arrivals::Pass).await;
    let mut fresh = RespClient::connect(proxy.address()).await.expect("a connection");
    assert_eq!(get(&mut fresh, "a").await, Ok("first value".into()));
}

#[tokio::test]
async fn existing_connections_are_reset_or_closed() {
    let (_server, proxy, mut client) = set_up().await;
    let mut other = RespClient::connect(proxy.address()).await.expect("a connection");
    get(&mut other, "a").await.expect("a reply");
    proxy.reset_existing();
    for client in [&mut client, &mut other] {
        assert_eq!(client.reply().await.map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset));
    }
    let mut fresh = RespClient::connect(proxy.address()).await.expect("a connection");
    get(&mut fresh, "a").await.expect("a reply");
    proxy.close_existing();
    assert_eq!(fresh.reply().await.map_err(|error| error.kind()), Err(ErrorKind::UnexpectedEof));
    drop(fresh);
    waiting::until("all connections are gone", SOON, || async { proxy.open_connections() == 0 }).await;
}

#[tokio::test]
async fn replies_are_delayed_and_do_not_delay_each_other() {
    let (_server, proxy, mut client) = set_up().await;
    proxy.delay_replies(Duration::from_millis(100));
    let mut other = RespClient::connect(proxy.address()).await.expect("a connection");
    let start = Instant::now();
    let (one, two) = tokio::join!(get(&mut client, "a"), get(&mut other, "b"));
    assert!(one.is_ok() && two.is_ok());
    assert!((100..190).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    proxy.heal().await;
    let start = Instant::now();
    get(&mut client, "a").await.expect("a reply");
    assert!(start.elapsed() < Duration::from_millis(90));
}

#[tokio::test]
async fn the_nth_reply_is_cut_in_the_middle() {
    for (ending, expected) in [(Ending::Close, ErrorKind::UnexpectedEof), (Ending::Reset, ErrorKind::ConnectionReset)] {
        let (_server, proxy, mut client) = set_up().await;
        proxy.add_fault(ReplyFault::cut(Keep::Half, ending).after(1).times(1));
        assert_eq!(get(&mut client, "a").await, Ok("first value".into()));
        assert_eq!(get(&mut client, "a").await, Err(expected));
        assert_eq!(proxy.counts().faulted_replies, 1);
    }
    let (_server, proxy, mut client) = set_up().await;
    proxy.add_fault(ReplyFault::cut(Keep::Bytes(3), Ending::Silence));
    assert!(is_silent(&mut client).await);
    assert_eq!(proxy.open_connections(), 1);
}

#[tokio::test]
async fn replies_to_one_command_are_replaced_by_any_error_of_redis() {
    let (_server, proxy, mut client) = set_up().await;
    for (name, bytes) in replies::ERRORS {
        proxy.add_fault(ReplyFault::replace(bytes).on("GET").times(1));
        let reply = client.command(&["SET", "c", "1"]).await.expect("a reply");
        assert_eq!(reply.text(), "OK", "{name}");
        let reply = client.command(&["GET", "a"]).await.expect("a reply");
        let expected = String::from_utf8_lossy(&bytes[1..bytes.len() - 2]).into_owned();
        assert_eq!(reply, Value::Error(expected), "{name}");
    }
    assert_eq!(get(&mut client, "a").await, Ok("first value".into()));
}

#[tokio::test]
async fn replies_are_replaced_by_garbage() {
    let (_server, proxy, mut client) = set_up().await;
    proxy.add_fault(ReplyFault::replace(replies::GARBAGE).times(1));
    assert_eq!(get(&mut client, "a").await, Err(ErrorKind::Other));
}

#[tokio::test]
async fn two_replies_are_swapped() {
    let (_server, proxy, mut client) = set_up().await;
    proxy.add_fault(ReplyFault::swap().times(1));
    let mut pipeline = bytes::BytesMut::new();
    encode(&["GET", "a"], &mut pipeline);
    encode(&["GET", "b"], &mut pipeline);
    client.send(&pipeline).await.expect("an open connection");
    assert_eq!(client.reply().await.expect("a reply").text(), "second value");
    assert_eq!(client.reply().await.expect("a reply").text(), "first value");
}

#[tokio::test]
async fn a_client_learns_at_once_that_the_server_is_gone_and_gets_through_when_it_is_back() {
    let (server, proxy, mut client) = set_up().await;
    server.kill();
    let ended = tokio::time::timeout(SOON, get(&mut client, "a")).await.expect("an end in time");
    assert!(ended.is_err());
    server.restart().await;
    let mut fresh = RespClient::connect(proxy.address()).await.expect("a connection");
    assert_eq!(get(&mut fresh, "a").await, Ok(String::new()));
}

#[tokio::test]
async fn a_large_pipeline_passes_in_both_directions() {
    let (_server, proxy, mut client) = set_up().await;
    let mut pipeline = bytes::BytesMut::new();
    let value = "x".repeat(1_000);
    for _ in 0..5_000 {
        encode(&["ECHO", &value], &mut pipeline);
    }
    let pipeline = pipeline.freeze();
    let sent = client.send(&pipeline).await;
    assert!(sent.is_ok() && client.skip_replies(5_000).await.is_ok_and(|errors| errors == 0));
    assert_eq!(proxy.counts().command("ECHO"), 5_000);
}
