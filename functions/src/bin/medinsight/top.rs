//! `medinsight top`: what happens right now, again and again.

use crate::output::{BAD, Column, HEADING, Output, Table, readable_bytes, styled};
use crate::reading::{Reading, Used, percent};
use crate::service::{Service, ServiceArgs};
use crate::stats::of;
use crate::verdict::{Failure, Verdict};
use clap::Args;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Puts the cursor into the upper left corner and removes what is below.
const FROM_THE_TOP: &str = "\u{1b}[H\u{1b}[J";

#[derive(Args)]
pub(crate) struct TopArgs {
    /// Seconds between two looks
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    interval: u64,
    /// Stop after so many looks [default: go on until Ctrl-C]
    #[arg(long)]
    count: Option<u64>,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// What happened between two readings.
struct Change<'a> {
    reading: &'a Reading,
    secs: f64,
    endpoints: Vec<(&'a str, Used)>,
    evicted: Option<u64>,
}

/// Shows what happens, on a terminal in place, elsewhere a line at a time. Where the service does not answer it says so,
/// and goes on.
pub(crate) async fn run(args: &TopArgs, service: &Service, output: &Output) -> Result<Verdict, Failure> {
    let interval = Duration::from_secs(args.interval);
    let mut ticks = tokio::time::interval(interval);
    ticks.tick().await;
    let (mut before, mut read_at) = (Reading::of(service).await?, Instant::now());
    let mut looks = 0;
    while args.count.is_none_or(|count| looks < count) {
        ticks.tick().await;
        looks += 1;
        match Reading::of(service).await {
            Ok(reading) => {
                let now = Instant::now();
                let change = Change::between(&before, &reading, now - read_at);
                show(&change, service, output)?;
                (before, read_at) = (reading, now);
            }
            Err(Failure::Failed(reason)) => show_failure(&reason, service, output)?,
            Err(failure) => return Err(failure),
        }
    }
    Ok(Verdict::Done)
}

fn show(change: &Change<'_>, service: &Service, output: &Output) -> Result<(), Failure> {
    if output.is_live() {
        return output.print(&format!("{FROM_THE_TOP}{}", screen(change, service)));
    }
    output.show_one(&document(change), || line(change))
}

fn show_failure(reason: &str, service: &Service, output: &Output) -> Result<(), Failure> {
    if output.is_live() {
        let heading = styled(HEADING, service.name());
        return output.print(&format!("{FROM_THE_TOP}{heading}\n\n{}\n", styled(BAD, reason)));
    }
    output.show_one(&json!({ "error": reason }), || format!("{reason}\n"))
}

impl<'a> Change<'a> {
    fn between(before: &Reading, reading: &'a Reading, passed: Duration) -> Self {
        let earlier = before.endpoints();
        let earlier = |name: &str| earlier.iter().find(|(known, _)| *known == name).map(|(_, used)| *used);
        let endpoints = reading.endpoints().into_iter();
        let endpoints = endpoints.map(|(name, used)| (name, used.since(earlier(name).unwrap_or_default()))).collect();
        let evicted = |reading: &Reading| reading.server("operations", "evicted_keys");
        let evicted = evicted(reading).zip(evicted(before)).map(|(now, before)| now.saturating_sub(before));
        Self { reading, secs: passed.as_secs_f64().max(0.001), endpoints, evicted }
    }

    /// Health questions and drugs. What else has counters is asked for on their behalf.
    fn total(&self) -> Used {
        let asked = self.endpoints.iter().filter(|(name, _)| *name != "medication_interactions");
        asked.fold(Used::default(), |sum, (_, used)| Used {
            requests: sum.requests + used.requests,
            hits: sum.hits + used.hits,
            stale: sum.stale + used.stale,
            coalesced: sum.coalesced + used.coalesced,
            bypass: sum.bypass + used.bypass,
            failures: sum.failures + used.failures,
        })
    }

    fn rate(&self, count: u64) -> f64 {
        count as f64 / self.secs
    }

    fn memory(&self) -> Option<String> {
        let server = |name| self.reading.server("memory", name);
        server("used_memory").map(|used| of(used, server("maxmemory"), readable_bytes))
    }
}

fn document(change: &Change<'_>) -> Value {
    let of = |used: &Used| {
        json!({
            "requests_per_sec": change.rate(used.requests), "hit_rate": used.hit_rate(), "requests": used.requests,
            "hits": used.hits, "stale": used.stale, "coalesced": used.coalesced, "bypass": used.bypass,
            "failures": used.failures,
        })
    };
    let endpoints: serde_json::Map<_, _> =
        change.endpoints.iter().map(|(name, used)| ((*name).to_owned(), of(used))).collect();
    json!({
        "timestamp": change.reading.stats["timestamp"], "secs": change.secs, "total": of(&change.total()),
        "endpoints": endpoints, "used_memory": change.reading.server("memory", "used_memory"),
        "evicted": change.evicted, "alerts": change.reading.stats["alerts"],
    })
}

fn line(change: &Change<'_>) -> String {
    let total = change.total();
    let mut line = format!(
        "{}  {:.1} requests/s  hits {}  stale {}  coalesced {}  bypass {}  failures {}",
        change.reading.stats["timestamp"].as_str().unwrap_or_default(),
        change.rate(total.requests),
        percent(total.hit_rate()),
        total.stale,
        total.coalesced,
        total.bypass,
        total.failures
    );
    if let Some(memory) = change.memory() {
        let _ = write!(line, "  memory {memory}");
    }
    for alert in change.reading.alerts() {
        let _ = write!(line, "  alert: {alert}");
    }
    line.push('\n');
    line
}

fn screen(change: &Change<'_>, service: &Service) -> String {
    let mut table = Table::of(&[
        Column::Left("endpoint"),
        Column::Right("requests/s"),
        Column::Right("hit rate"),
        Column::Right("stale/s"),
        Column::Right("coalesced/s"),
        Column::Right("bypass/s"),
        Column::Right("failures/s"),
    ]);
    let total = ("all questions", change.total());
    for (name, used) in change.endpoints.iter().copied().chain([total]) {
        let rate = |count| format!("{:.1}", change.rate(count));
        let further = [used.stale, used.coalesced, used.bypass, used.failures].map(rate);
        table.row([name.to_owned(), rate(used.requests), percent(used.hit_rate())].into_iter().chain(further));
    }
    let timestamp = change.reading.stats["timestamp"].as_str().unwrap_or_default();
    let mut screen = format!("{}  {timestamp}\n\n{}\n", styled(HEADING, service.name()), table.to_text());
    let per_sec = |count: Option<u64>| count.map(|count| format!("{:.1}/s", change.rate(count)));
    let server = |section, name| change.reading.server(section, name).map(|count| count.to_string());
    for (name, value) in [
        ("memory", change.memory()),
        ("evictions", per_sec(change.evicted)),
        ("connections", server("connections", "connected_clients")),
        ("commands", server("operations", "instantaneous_ops_per_sec").map(|count| format!("{count}/s"))),
        ("keys", server("keyspace", "keys")),
    ] {
        let _ = writeln!(screen, "{name:<14}{}", value.unwrap_or_else(|| "unknown".into()));
    }
    for alert in change.reading.alerts() {
        let _ = writeln!(screen, "\n{} {alert}", styled(BAD, "alert"));
    }
    screen
}
