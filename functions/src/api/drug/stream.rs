//! `GET /api/v1/drug/analyze/{analysis_id}/stream`: the status as server-sent events.

use super::analyze::{describe_progress, find_progress, parse_id};
use super::to_json;
use crate::api::event_stream::{describe_events, event_stream, event_with};
use crate::api::openapi::Operation;
use crate::api::{Problem, Services};
use crate::cache::Deadline;
use crate::drugs::{AnalysisId, Progress};
use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::response::sse::Event;
use futures_util::stream::unfold;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout_at};

/// How often the record is read. The analysis may be under way in another process, which only tells the store.
const READ_EVERY: Duration = Duration::from_millis(250);

/// After how much silence a comment is sent, so that nothing between here and the client takes the stream for dead.
const HEARTBEAT_AFTER: Duration = Duration::from_secs(10);

/// Tells how far an analysis has got, and each change of it until it is over or the request's time is. The stream stops
/// with its client.
pub(in crate::api) async fn stream_analysis_status(
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let id = parse_id(id)?;
    let first = find_progress(&services, id).await?;
    let follower = Follower::new(services, id, deadline, first);
    Ok(event_stream(unfold(follower, Follower::next)))
}

/// Follows an analysis.
struct Follower {
    services: Services,
    id: AnalysisId,
    deadline: Deadline,
    reads: Interval,
    /// What was read and is not told yet.
    unsaid: Option<Progress>,
    said: String,
    spoke_at: Instant,
    stage: Stage,
}

/// Whether anything more can come.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Stage {
    Going,
    Over,
}

impl Follower {
    fn new(services: Services, id: AnalysisId, deadline: Deadline, first: Progress) -> Self {
        let now = Instant::now();
        let mut reads = interval_at(now + READ_EVERY, READ_EVERY);
        reads.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (said, stage) = (String::new(), Stage::Going);
        Self { services, id, deadline, reads, unsaid: Some(first), said, spoke_at: now, stage }
    }

    /// The next event; none when the analysis is over, gone, or the request's time is up.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        while self.stage == Stage::Going {
            let event = self.say();
            if event.is_some() {
                return event.map(|event| (Ok(event), self));
            }
            let until = self.deadline.0;
            let _: () = timeout_at(until, self.read()).await.ok()?;
        }
        None
    }

    /// What is new, or after a silence that there is nothing new.
    fn say(&mut self) -> Option<Event> {
        let now = Instant::now();
        let event = match self.unsaid.take() {
            Some(progress) => self.tell(&progress),
            None => None,
        };
        let heartbeat = || (now - self.spoke_at >= HEARTBEAT_AFTER).then(|| Event::default().comment("waiting"));
        let event = event.or_else(heartbeat)?;
        self.spoke_at = now;
        Some(event)
    }

    fn tell(&mut self, progress: &Progress) -> Option<Event> {
        let json = String::from_utf8(to_json(progress).ok()?).ok()?;
        // An event must have no carriage return. In JSON one can only be white space.
        let json = json.replace('\r', " ");
        if progress.status.is_final() {
            self.stage = Stage::Over;
        }
        (json != self.said).then(|| {
            self.said.clone_from(&json);
            Event::default().data(json)
        })
    }

    /// Waits and reads. A store that does not answer may do so the next time.
    async fn read(&mut self) {
        self.reads.tick().await;
        match self.services.drugs.progress(self.id).await {
            Ok(Some(progress)) => self.unsaid = Some(progress),
            Ok(None) => self.stage = Stage::Over,
            Err(_no_answer) => {}
        }
    }
}

pub(in crate::api) fn describe_stream_analysis_status() -> Operation {
    let description = "Server-sent events: one for each change, until the analysis is over or the request's time is.";
    let operation =
        describe_progress("stream_analysis_status", "Tells how far an analysis has got, and each change of it");
    describe_events(operation, description, |_| event_with("The body of a status."))
}
