//! `medinsight bench`: how long the way to the cache takes, and how much goes through.

mod measured;

use crate::output::{Column, Output, Table};
use crate::service::{Answered, Ask, Service, ServiceArgs};
use crate::verdict::{Failure, Verdict};
use clap::Args;
use futures_util::future::try_join_all;
use http::Method;
use measured::Measured;
use serde_json::json;
use std::time::Instant;

#[derive(Args)]
#[command(after_long_help = "\
A round trip is a PING to the store of the settings, or with --url the shortest request to the service. A hit is the
answer to an invented question, which is removed in the end; the counters count these requests. What is measured
contains this program.")]
pub(crate) struct BenchArgs {
    /// How many times each thing is done
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    requests: u64,
    /// How many requests are under way at once when throughput is measured
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    at_once: u64,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// Measures, and prints a table.
pub(crate) async fn run(args: &BenchArgs, service: &Service, output: &Output) -> Result<Verdict, Failure> {
    let question = Question::invent()?;
    let measured = measure(args, service, &question.ask).await;
    // What was stored for the question is removed also when measuring failed.
    question.remove(service).await?;
    let measured = measured?;
    output.show(&json!({ "measured": measured }), || table(&measured))?;
    Ok(Verdict::Done)
}

async fn measure(args: &BenchArgs, service: &Service, question: &Ask) -> Result<Vec<Measured>, Failure> {
    let (at_once, requests) = (args.at_once, args.requests);
    ask(service, question).await?;
    Ok(vec![
        one_by_one("round trip", requests, async || service.round_trip().await).await?,
        one_by_one("hit", requests, async || hit(service, question).await).await?,
        together("hits at once", at_once, requests.div_ceil(at_once), async || hit(service, question).await).await?,
    ])
}

/// A question that nobody has asked before, of a session that nobody has.
struct Question {
    ask: Ask,
    session: String,
}

impl Question {
    fn invent() -> Result<Self, Failure> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| Failure::Failed("the system gives no random bytes".into()))?;
        let session = hex::encode(random);
        let body = json!({ "concern": format!("benchmark {session}"), "symptoms": "none, this is a measurement" });
        let ask = Ask { session: Some(session.clone()), ..Ask::post("/api/v1/analyze-health", &body) };
        Ok(Self { ask, session })
    }

    /// Removes what is stored for the session, and with it the analysis that it names.
    async fn remove(&self, service: &Service) -> Result<(), Failure> {
        service.ask(Ask::new(Method::DELETE, format!("/api/v1/redis/session/{}", self.session))).await.map(|_| ())
    }
}

async fn ask(service: &Service, question: &Ask) -> Result<Answered, Failure> {
    let answer = service.send(question.clone()).await?;
    if answer.status.is_success() { Ok(answer) } else { answer.json().and(Err(Failure::Failed("no answer".into()))) }
}

async fn hit(service: &Service, question: &Ask) -> Result<(), Failure> {
    let answer = ask(service, question).await?;
    match answer.headers.get("x-cache").map(http::HeaderValue::as_bytes) {
        Some(b"HIT") => Ok(()),
        _ => Err(Failure::Failed("the answer did not stay in the cache, so hits cannot be measured".into())),
    }
}

async fn one_by_one(
    what: &'static str,
    requests: u64,
    work: impl AsyncFn() -> Result<(), Failure>,
) -> Result<Measured, Failure> {
    together(what, 1, requests, work).await
}

/// Does the work by so many workers, each so many times.
async fn together(
    what: &'static str,
    workers: u64,
    times: u64,
    work: impl AsyncFn() -> Result<(), Failure>,
) -> Result<Measured, Failure> {
    let started = Instant::now();
    let worker = async || {
        let mut took = Vec::new();
        for _ in 0..times {
            let started = Instant::now();
            work().await?;
            took.push(started.elapsed());
        }
        Ok::<_, Failure>(took)
    };
    let took = try_join_all((0..workers).map(|_| worker())).await?;
    Ok(Measured::of(what, workers, started.elapsed(), took.into_iter().flatten().collect()))
}

fn table(measured: &[Measured]) -> String {
    let mut table = Table::of(&[
        Column::Left("what"),
        Column::Right("at once"),
        Column::Right("times"),
        Column::Right("median"),
        Column::Right("p99"),
        Column::Right("longest"),
        Column::Right("per second"),
    ]);
    for Measured { what, at_once, times, median_ms, p99_ms, longest_ms, per_sec } in measured {
        let millis = |millis: &f64| format!("{millis:.3} ms");
        let counts = [at_once.to_string(), times.to_string()];
        let latencies = [median_ms, p99_ms, longest_ms].map(millis);
        table.row([(*what).to_owned()].into_iter().chain(counts).chain(latencies).chain([format!("{per_sec:.0}")]));
    }
    table.to_text()
}
