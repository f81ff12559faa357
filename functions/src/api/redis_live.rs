//! `GET /api/v1/redis/live`: what the other routes of operators tell, every two seconds, as server-sent events.

use super::Services;
use super::access::Admin;
use super::audit::{Action, Outcome, Resource};
use super::event_stream::{describe_events, event_stream, event_with};
use super::openapi::Operation;
use super::redis_health::RedisHealth;
use super::redis_stats::RedisStatsResponse;
use crate::cache::Deadline;
use crate::monitoring::Performance;
use crate::timestamp::iso8601;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use axum::response::sse::Event;
use futures_util::stream::unfold;
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout_at};

/// How often there is something to tell.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// What was told to one is told to another who asks within this time, so that the store is not asked once for each.
const IS_GOOD_FOR: Duration = Duration::from_secs(1);

/// Everything that is told at once. What the servers and counters did not say is null.
#[derive(Serialize)]
struct Snapshot {
    timestamp: String,
    health: RedisHealth,
    stats: Option<RedisStatsResponse>,
    performance: Performance,
}

/// Those who follow what happens. Clones share everything.
#[derive(Clone, Debug)]
pub struct LiveStreams {
    places: Arc<Semaphore>,
    has_ended: watch::Sender<bool>,
    latest: Arc<Mutex<Option<Latest>>>,
}

/// A snapshot as JSON.
#[derive(Clone, Debug)]
struct Latest {
    json: Arc<str>,
    taken_at: Instant,
}

impl LiveStreams {
    /// Room for so many at a time. Whoever finds none is told once and has to ask again.
    #[must_use]
    pub fn new(places: usize) -> Self {
        let places = Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)));
        Self { places, has_ended: watch::Sender::new(false), latest: Arc::default() }
    }

    /// Ends all streams, because the process is to end.
    pub fn end(&self) {
        self.has_ended.send_replace(true);
    }
}

/// Tells how the cache is doing, again and again until the request's time is over.
pub(super) async fn follow_live(
    admin: Admin,
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
) -> Response {
    admin.audit(Action::FollowLive, Resource::Service).close(Outcome::Done);
    let place = Arc::clone(&services.live.places).try_acquire_owned().ok();
    let has_ended = services.live.has_ended.subscribe();
    event_stream(unfold(Follower { services, deadline, place, has_ended, spoke_at: None }, Follower::next))
}

/// Follows the cache.
struct Follower {
    services: Services,
    deadline: Deadline,
    /// None for whoever is told once.
    place: Option<OwnedSemaphorePermit>,
    has_ended: watch::Receiver<bool>,
    spoke_at: Option<Instant>,
}

impl Follower {
    /// The next event; none when the stream is over.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        if let Some(spoke_at) = self.spoke_at {
            self.place.as_ref()?;
            let until = spoke_at + TELL_EVERY;
            if until >= self.deadline.0
                || timeout_at(until, self.has_ended.wait_for(|has_ended| *has_ended)).await.is_ok()
            {
                return None;
            }
        }
        self.spoke_at = Some(Instant::now());
        let event = Event::default().data(latest(&self.services).await?);
        Some((Ok(event), self))
    }
}

/// A snapshot as JSON, not necessarily a new one.
async fn latest(services: &Services) -> Option<Arc<str>> {
    let mut latest = services.live.latest.lock().await;
    if let Some(latest) = latest.as_ref().filter(|latest| latest.taken_at.elapsed() < IS_GOOD_FOR) {
        return Some(Arc::clone(&latest.json));
    }
    let taken_at = Instant::now();
    let json: Arc<str> = serde_json::to_string(&Snapshot::take(services).await).ok()?.into();
    *latest = Some(Latest { json: Arc::clone(&json), taken_at });
    Some(json)
}

impl Snapshot {
    async fn take(services: &Services) -> Self {
        services.monitor.check_if_due().await;
        let observation = services.monitor.observe().await.ok();
        let databases = observation.as_ref().map(|observation| observation.databases.as_slice()).unwrap_or_default();
        let performance = Performance::of(databases);
        Self {
            timestamp: iso8601(services.cache.clock().now()),
            health: RedisHealth::for_operators(services, &performance),
            stats: observation.as_ref().map(|observation| RedisStatsResponse::of(services, observation)),
            performance,
        }
    }
}

pub(super) fn describe() -> Operation {
    let operation = Operation::new("redis", "follow_live", "Tells how the cache is doing, every two seconds");
    let description = "Server-sent events until the request's time is over; one only where there are no streams.";
    describe_events(operation, description, |_| {
        event_with("The members `health`, `stats` and `performance`, as those routes tell them.")
    })
}
