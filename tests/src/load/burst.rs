//! Many requests at the same moment.

use super::Sample;
use super::exchange::Exchange;
use bytes::Bytes;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// How many connections are opened at once; more would overflow a listener's queue.
const CONNECTING: usize = 100;

/// Sends the same question `count` times at once, as [`burst_of`] does different ones.
///
/// # Panics
///
/// When a server cannot be connected to.
pub async fn burst(servers: &[SocketAddr], count: usize, body: Bytes, patience: Duration) -> Vec<Sample> {
    burst_of(servers, vec![body; count], patience).await
}

/// Sends questions at once, over as many connections that were opened before, to servers in turn. Latencies count from
/// the moment in which all were ready.
///
/// # Panics
///
/// When a server cannot be connected to.
pub async fn burst_of(servers: &[SocketAddr], bodies: Vec<Bytes>, patience: Duration) -> Vec<Sample> {
    let exchanges = open(servers, bodies.len()).await;
    let bodies: Vec<_> = bodies.into_iter().map(|body| Exchange::request(&body)).collect();
    let mut requests = JoinSet::new();
    let start = Instant::now();
    for ((index, mut exchange), request) in (0..).zip(exchanges).zip(bodies) {
        requests.spawn(async move {
            let answer = timeout_at(start + patience, exchange.ask(&request)).await.ok().flatten();
            (Sample::new(index, Duration::ZERO, start.elapsed(), answer), exchange)
        });
    }
    // Closed one by one, connections would keep the servers busy that still have others to answer.
    let (samples, _exchanges): (Vec<_>, Vec<_>) = requests.join_all().await.into_iter().unzip();
    samples
}

async fn open(servers: &[SocketAddr], count: usize) -> Vec<Exchange> {
    let addresses: Vec<_> = servers.iter().copied().cycle().take(count).collect();
    let mut exchanges = Vec::with_capacity(count);
    for addresses in addresses.chunks(CONNECTING) {
        let opening: JoinSet<_> = addresses.iter().map(|address| Exchange::open(*address)).collect();
        exchanges.extend(opening.join_all().await.into_iter().map(|opened| opened.expect("a server that listens")));
    }
    exchanges
}
