//! Many requests at the same moment.

use super::Sample;
use super::client::{ask_on, connect};
use bytes::Bytes;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// How many connections are opened at once; more would overflow a listener's queue.
const CONNECTING: usize = 100;

/// Sends the same question `count` times at once, over as many connections that were opened before, to servers in turn.
/// Latencies count from the moment in which all were ready.
///
/// # Panics
///
/// When a server cannot be connected to.
pub async fn burst(servers: &[SocketAddr], count: usize, body: Bytes, patience: Duration) -> Vec<Sample> {
    let mut connections = Vec::with_capacity(count);
    let addresses: Vec<_> = servers.iter().copied().cycle().take(count).collect();
    for addresses in addresses.chunks(CONNECTING) {
        let opening: JoinSet<_> = addresses.iter().map(|address| connect(*address)).collect();
        connections.extend(opening.join_all().await.into_iter().map(|opened| opened.expect("a server that listens")));
    }
    let start = Instant::now();
    let mut requests = JoinSet::new();
    for (index, mut connection) in (0..).zip(connections) {
        let body = body.clone();
        requests.spawn(async move {
            let answer = timeout_at(start + patience, ask_on(&mut connection, body)).await.ok().flatten();
            Sample::new(index, Duration::ZERO, start.elapsed(), answer)
        });
    }
    requests.join_all().await
}
