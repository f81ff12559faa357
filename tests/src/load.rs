//! Load over HTTP whose measurements do not hide stalls.
//!
//! The load is *open*: requests depart at fixed times, whether or not earlier ones were answered, and a request's latency
//! counts from the time at which it should have departed. A server that stalls for a second makes all requests of that
//! second late, not only the one that it stalled on.

mod burst;
mod client;
mod exchange;
mod paced;
mod sample;
mod summary;
mod targets;

pub use burst::{burst, burst_of};
pub use client::HttpClient;
pub use paced::{Pace, paced};
pub use sample::{Sample, XCache};
pub use summary::Summary;
pub use targets::Targets;

use crate::question;
use bytes::Bytes;
use serde_json::json;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// How fast, how long, and how patient a load is.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Requests a second.
    pub per_second: u32,
    /// For how long requests depart.
    pub duration: Duration,
    /// How long a request may take, from its scheduled time; then it counts as not answered.
    pub patience: Duration,
}

impl Plan {
    /// How many requests there will be.
    #[must_use]
    pub fn requests(&self) -> u64 {
        let millis = u64::try_from(self.duration.as_millis()).expect("a bounded time");
        u64::from(self.per_second) * millis / 1_000
    }

    /// When a request departs.
    #[must_use]
    pub fn departure(&self, index: u64) -> Duration {
        Duration::from_nanos(index * 1_000_000_000 / u64::from(self.per_second))
    }
}

/// A request that is due.
#[derive(Clone, Copy, Debug)]
pub struct Departure {
    /// Its number in the load.
    pub index: u64,
    /// When it is due, from the start of the load.
    pub scheduled: Duration,
    /// The server whose turn it is.
    pub address: SocketAddr,
}

/// Sends the requests of a plan, each to the next of the targets, and returns what came of each, by departure.
///
/// The clock of the samples starts at `start`, so that what else happens meanwhile can be put beside them.
///
/// # Panics
///
/// When there are no targets.
pub async fn run(
    plan: Plan,
    start: Instant,
    targets: &Targets,
    body: impl Fn(u64) -> Bytes + Send + Sync + 'static,
) -> Vec<Sample> {
    run_as(HttpClient::default(), plan, start, targets, body).await
}

/// [`run`] as a certain client.
///
/// # Panics
///
/// When there are no targets.
pub async fn run_as(
    client: HttpClient,
    plan: Plan,
    start: Instant,
    targets: &Targets,
    body: impl Fn(u64) -> Bytes + Send + Sync + 'static,
) -> Vec<Sample> {
    let (client, body) = (Arc::new(client), Arc::new(body));
    let ask = move |Departure { index, scheduled, address }: Departure| {
        let (client, body) = (Arc::clone(&client), Arc::clone(&body));
        async move {
            let answer = client.ask_by(address, body(index), start + scheduled + plan.patience).await;
            Sample::new(index, scheduled, start.elapsed(), answer)
        }
    };
    let mut samples = depart(plan, start, targets, ask).await;
    samples.sort_unstable_by_key(|sample| sample.index);
    samples
}

/// Does something at each departure of a plan, whether or not what was done at earlier ones is over, and returns what came
/// of each, in the order in which they were over.
///
/// # Panics
///
/// When there are no targets.
pub async fn depart<T: Send + 'static, F: Future<Output = T> + Send>(
    plan: Plan,
    start: Instant,
    targets: &Targets,
    ask: impl Fn(Departure) -> F + Send + Sync + 'static,
) -> Vec<T> {
    let (ask, mut requests) = (Arc::new(ask), JoinSet::new());
    for index in 0..plan.requests() {
        let scheduled = plan.departure(index);
        sleep_until(start + scheduled).await;
        let (ask, targets) = (Arc::clone(&ask), targets.clone());
        requests.spawn(async move {
            // The target is held until the answer is there, so that a server can be taken out of the load.
            let target = targets.take(index);
            ask(Departure { index, scheduled, address: target.address() }).await
        });
    }
    requests.join_all().await
}

/// The body of a question; different numbers make different questions.
#[must_use]
pub fn numbered_question(number: u64) -> Bytes {
    let mut question = question();
    question["medical_history"] = json!(["migraine", format!("invented episode {number}")]);
    question.to_string().into()
}

/// The body of a question without medicines, whose answer takes one call of the origin and no more.
#[must_use]
pub fn plain_question(number: u64) -> Bytes {
    json!({"concern": "Headache", "symptoms": format!("Throbbing pain, invented case {number}")}).to_string().into()
}

#[cfg(test)]
mod tests {
    use super::Plan;
    use std::time::Duration;

    #[test]
    fn departures_are_evenly_spread_over_the_duration() {
        let plan = Plan { per_second: 500, duration: Duration::from_millis(1_500), patience: Duration::ZERO };
        assert_eq!(plan.requests(), 750);
        assert_eq!(plan.departure(0), Duration::ZERO);
        assert_eq!(plan.departure(749), Duration::from_millis(1_498));
    }
}
