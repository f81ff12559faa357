//! Drills: the promises about outages, stampedes, clearing and rotation, measured on real processes.
//!
//! `cargo xtask drill [NAME...]` builds and runs them. Each is bounded in count and time and ends what it started. The
//! table at the end has a line for each bar; the exit status is 1 unless every bar was measured and met.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its user on the terminal")]
#![allow(clippy::expect_used, reason = "a drill that cannot set itself up has to fail")]

mod black_hole;
mod clear;
mod cluster;
mod flood;
mod holder_killed;
mod lambda_cold;
mod lambda_thaw;
mod late_writes;
mod library;
mod origin_budget;
mod outage;
mod overhead;
mod report;
mod rotation;
mod setting;
mod stampede;

use report::{Finding, Report};
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

/// How long one drill may take.
const LIMIT: Duration = Duration::from_secs(240);

/// A drill under way.
type Running = Pin<Box<dyn Future<Output = Vec<Finding>> + Send>>;

/// A drill.
struct Drill {
    name: &'static str,
    start: fn() -> Running,
}

const DRILLS: [Drill; 15] = [
    Drill { name: "outage-kill", start: || Box::pin(outage::run(outage::Outage::Kill)) },
    Drill { name: "outage-freeze", start: || Box::pin(outage::run(outage::Outage::Freeze)) },
    Drill { name: "black-hole", start: || Box::pin(black_hole::run()) },
    Drill { name: "stampede", start: || Box::pin(stampede::run()) },
    Drill { name: "holder-killed", start: || Box::pin(holder_killed::run()) },
    Drill { name: "late-writes", start: || Box::pin(late_writes::run()) },
    Drill { name: "clear", start: || Box::pin(clear::run()) },
    Drill { name: "rotation", start: || Box::pin(rotation::run()) },
    Drill { name: "cluster", start: || Box::pin(cluster::run()) },
    Drill { name: "flood", start: || Box::pin(flood::run()) },
    Drill { name: "origin-budget", start: || Box::pin(origin_budget::run(origin_budget::Order::WithFallback)) },
    Drill { name: "origin-alone", start: || Box::pin(origin_budget::run(origin_budget::Order::Alone)) },
    Drill { name: "overhead", start: || Box::pin(overhead::run()) },
    Drill { name: "lambda-cold", start: || Box::pin(lambda_cold::run()) },
    Drill { name: "lambda-thaw", start: || Box::pin(lambda_thaw::run()) },
];

#[tokio::main]
async fn main() -> ExitCode {
    let names: Vec<_> = std::env::args().skip(1).collect();
    if let Some(unknown) = names.iter().find(|name| !DRILLS.iter().any(|drill| drill.name == name.as_str())) {
        eprintln!("there is no drill {unknown}; there are {}", DRILLS.map(|drill| drill.name).join(", "));
        return ExitCode::FAILURE;
    }
    let mut report = Report::default();
    for drill in DRILLS.iter().filter(|drill| names.is_empty() || names.iter().any(|name| name == drill.name)) {
        println!("{} ...", drill.name);
        report.add(drill.name, conduct(drill).await);
    }
    print!("\n{report}");
    if report.is_all_met() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a drill; one that panics or takes too long has missed its bars.
async fn conduct(drill: &Drill) -> Vec<Finding> {
    let mut running = tokio::spawn((drill.start)());
    match tokio::time::timeout(LIMIT, &mut running).await {
        Ok(Ok(findings)) => findings,
        Ok(Err(error)) => vec![Finding::missed("runs to its end", error)],
        Err(_) => {
            running.abort();
            vec![Finding::missed("runs to its end", format!("not within {} s", LIMIT.as_secs()))]
        }
    }
}
