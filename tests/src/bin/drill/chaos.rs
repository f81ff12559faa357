//! Everything at once: a random schedule of faults, clears and rotations while many persons ask, and the history of it checked.

mod check;
mod history;
mod origin;
mod schedule;
mod stage;
mod summary;

use crate::report::Finding;
use crate::setting::PATIENCE;
use bytes::Bytes;
use check::{Violation, Wrong, violations};
use history::{Answer, Asked, Cleared, Computed, Death, History, Outcome, Person};
use http::header::AGE;
use http::{Request, Response, StatusCode};
use medinsight_tests::load::{Departure, HttpClient, Plan, XCache, depart};
use medinsight_tests::post;
use origin::{NotingOrigin, content_of, question_of};
use schedule::{PERSONS, Random, Schedule};
use stage::{Stage, process_at};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Requests a second, at all servers together.
const PER_SECOND: u32 = 150;

/// How many violations of each kind are shown.
const SHOWN: usize = 5;

/// A request under way.
type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// How long it goes on, and what decides its schedule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Course {
    pub(crate) minutes: u32,
    pub(crate) seed: u64,
}

pub(crate) async fn run(course: Course) -> Vec<Finding> {
    let Course { minutes, seed } = course;
    println!("chaos: the seed is {seed}; --seed {seed} has the same schedule again");
    let duration = Duration::from_secs(60) * minutes;
    let schedule = Schedule::new(seed, duration);
    let history = observe(seed, duration, &schedule).await;
    let found = violations(&history);
    show(&history, &found);
    println!("\n{}", summary::table(course, &schedule, &history, &found));
    judge(&history, &found)
}

async fn observe(seed: u64, duration: Duration, schedule: &Schedule) -> History {
    let epoch = Instant::now();
    let origin = NotingOrigin::start(seed, epoch).await;
    let (stage, mut servers) = Stage::set(epoch, origin.url()).await;
    let digests = stage.learn_digests().await;
    let (start, plan) = (Instant::now(), Plan { per_second: PER_SECOND, duration, patience: PATIENCE });
    let (asked, (), deaths, cleared) = tokio::join!(
        depart(plan, start, &stage.targets, asking(seed, epoch)),
        stage.trouble(start, &schedule.troubles),
        stage.turn(start, &mut servers, &schedule.turns),
        stage.order(start, &schedule.orders, &digests),
    );
    History { asked, computed: origin.computed(), cleared, deaths }
}

/// Asks for a random person at each departure.
fn asking(seed: u64, epoch: Instant) -> impl Fn(Departure) -> BoxFuture<Asked> + Send + Sync + 'static {
    let client = Arc::new(HttpClient::default());
    move |Departure { index, address, .. }| {
        let (client, person) = (Arc::clone(&client), Random(seed ^ index).below(PERSONS));
        Box::pin(async move {
            let sent = epoch.elapsed();
            let answer = client.send_by(address, request_of(person), Instant::now() + PATIENCE).await;
            let outcome = answer.map_or(Outcome::Nothing, |answer| outcome_of(&answer));
            Asked { person, process: process_at(address), sent, over: epoch.elapsed(), outcome }
        })
    }
}

fn request_of(person: Person) -> Request<Bytes> {
    post(axum::body::Body::empty()).map(|_| question_of(person))
}

fn outcome_of(answer: &Response<Bytes>) -> Outcome {
    if answer.status() != StatusCode::OK {
        return Outcome::Refused(answer.status().as_u16());
    }
    let age = answer.headers().get(AGE).and_then(|age| age.to_str().ok()?.parse().ok());
    Outcome::Answered(Answer {
        x_cache: XCache::of_headers(answer.headers()),
        age: age.map(Duration::from_secs),
        content: content_of(answer.body()),
    })
}

/// The first violations of each kind with all that is known of them.
fn show(history: &History, found: &[Violation]) {
    for wrong in [Wrong::Failed, Wrong::Person, Wrong::Cleared, Wrong::Stale] {
        for violation in found.iter().filter(|violation| violation.wrong == wrong).take(SHOWN) {
            show_one(history, violation);
        }
    }
}

fn show_one(history: &History, Violation { wrong, request }: &Violation) {
    let asked = &history.asked[*request];
    eprintln!("{wrong:?}: {asked:?}");
    if let Outcome::Answered(Answer { content: Some((_, number)), .. }) = asked.outcome {
        let is_before = |cleared: &&Cleared| cleared.extent.has(asked.person) && cleared.acknowledged < asked.sent;
        eprintln!("  {:?}\n  {:?}", history.computed.get(number), history.cleared.iter().rfind(is_before));
    } else {
        // Who gets no answer may have waited for a computation whose process is gone.
        let is_before = |computed: &&Computed| computed.person == asked.person && computed.begun < asked.over;
        let died = |death: &&Death| death.killed < asked.over;
        eprintln!("  {:?}\n  {:?}", history.computed.iter().rfind(is_before), history.deaths.iter().rfind(died));
    }
}

fn judge(history: &History, found: &[Violation]) -> Vec<Finding> {
    let count = |wrong| found.iter().filter(|violation| violation.wrong == wrong).count();
    let (asked, clears) = (history.asked.len(), history.cleared.len());
    let bar = |bar: &str, wrong, among: String| {
        let count = count(wrong);
        Finding::of(bar, format!("{count} of {among}"), count == 0 && asked > 0 && clears > 0)
    };
    vec![
        bar("no request fails, but those that a killed process had", Wrong::Failed, format!("{asked}")),
        bar("no wrong person's answer", Wrong::Person, format!("{asked}")),
        bar("no answer from before a clear", Wrong::Cleared, format!("{asked}, {clears} clears")),
        bar("no answer older than it says", Wrong::Stale, format!("{asked}")),
    ]
}

#[cfg(test)]
mod tests {
    use super::history::Extent;
    use super::{Asked, Cleared, History, Outcome, Violation, Wrong, judge};
    use crate::report::Verdict::{Met, Missed};
    use crate::report::verdicts;
    use std::time::Duration;

    #[test]
    fn each_kind_of_violation_misses_its_bar_and_a_history_of_nothing_misses_all() {
        let zero = Duration::ZERO;
        let asked = Asked { person: 0, process: 1, sent: zero, over: zero, outcome: Outcome::Nothing };
        let cleared = Cleared { extent: Extent::Category, process: 1, begun: zero, acknowledged: zero };
        let history = History { asked: vec![asked], cleared: vec![cleared], ..History::default() };
        assert_eq!(verdicts(&judge(&history, &[])), [Met; 4]);
        assert_eq!(verdicts(&judge(&History::default(), &[])), [Missed; 4]);
        for (place, wrong) in [Wrong::Failed, Wrong::Person, Wrong::Cleared, Wrong::Stale].into_iter().enumerate() {
            let mut expected = [Met; 4];
            expected[place] = Missed;
            assert_eq!(verdicts(&judge(&history, &[Violation { wrong, request: 0 }])), expected);
        }
    }
}
