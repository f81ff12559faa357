//! Drills: the promises about outages, stampedes, clearing and rotation, measured on real processes.
//!
//! `cargo xtask drill [NAME...]` builds and runs them. Each is bounded in count and time and ends what it started. The
//! table at the end has a line for each bar; the exit status is 1 unless every bar was measured and met.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its user on the terminal")]
#![allow(clippy::expect_used, reason = "a drill that cannot set itself up has to fail")]

mod black_hole;
mod chaos;
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

use chaos::Course;
use report::{Finding, Report};
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

/// How long one drill may take, beside the minutes that it is told to go on.
const LIMIT: Duration = Duration::from_secs(240);

/// A drill under way.
type Running = Pin<Box<dyn Future<Output = Vec<Finding>> + Send>>;

/// A drill.
struct Drill {
    name: &'static str,
    start: fn(Course) -> Running,
}

const DRILLS: [Drill; 16] = [
    Drill { name: "outage-kill", start: |_| Box::pin(outage::run(outage::Outage::Kill)) },
    Drill { name: "outage-freeze", start: |_| Box::pin(outage::run(outage::Outage::Freeze)) },
    Drill { name: "black-hole", start: |_| Box::pin(black_hole::run()) },
    Drill { name: "stampede", start: |_| Box::pin(stampede::run()) },
    Drill { name: "holder-killed", start: |_| Box::pin(holder_killed::run()) },
    Drill { name: "late-writes", start: |_| Box::pin(late_writes::run()) },
    Drill { name: "clear", start: |_| Box::pin(clear::run()) },
    Drill { name: "rotation", start: |_| Box::pin(rotation::run()) },
    Drill { name: "cluster", start: |_| Box::pin(cluster::run()) },
    Drill { name: "flood", start: |_| Box::pin(flood::run()) },
    Drill { name: "origin-budget", start: |_| Box::pin(origin_budget::run(origin_budget::Order::WithFallback)) },
    Drill { name: "origin-alone", start: |_| Box::pin(origin_budget::run(origin_budget::Order::Alone)) },
    Drill { name: "overhead", start: |_| Box::pin(overhead::run()) },
    Drill { name: "lambda-cold", start: |_| Box::pin(lambda_cold::run()) },
    Drill { name: "lambda-thaw", start: |_| Box::pin(lambda_thaw::run()) },
    Drill { name: "chaos", start: |course| Box::pin(chaos::run(course)) },
];

#[tokio::main]
async fn main() -> ExitCode {
    let (names, course) = match words(std::env::args().skip(1)) {
        Ok(words) => words,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut report = Report::default();
    for drill in DRILLS.iter().filter(|drill| names.is_empty() || names.iter().any(|name| name == drill.name)) {
        println!("{} ...", drill.name);
        report.add(drill.name, conduct(drill, course).await);
    }
    print!("\n{report}");
    if report.is_all_met() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The names of drills and the course of `chaos`: `[NAME...] [--minutes=N] [--seed=N]`. Without a seed it is a new one each time.
fn words(words: impl Iterator<Item = String>) -> Result<(Vec<String>, Course), String> {
    let (mut names, mut course) = (Vec::new(), Course { minutes: 1, seed: chance() });
    for word in words {
        match word.split_once('=') {
            Some(("--minutes", minutes)) => course.minutes = number(minutes)?,
            Some(("--seed", seed)) => course.seed = number(seed)?,
            _ if DRILLS.iter().any(|drill| drill.name == word) => names.push(word),
            _ => {
                return Err(format!(
                    "there is no drill {word}; there are {}",
                    DRILLS.map(|drill| drill.name).join(", ")
                ));
            }
        }
    }
    Ok((names, course))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is not a whole number of this size"))
}

fn chance() -> u64 {
    u64::from(getrandom::u32().expect("a source of randomness"))
}

/// Runs a drill; one that panics or takes too long has missed its bars.
async fn conduct(drill: &Drill, course: Course) -> Vec<Finding> {
    let limit = LIMIT + Duration::from_secs(60) * course.minutes;
    let mut running = tokio::spawn((drill.start)(course));
    match tokio::time::timeout(limit, &mut running).await {
        Ok(Ok(findings)) => findings,
        Ok(Err(error)) => vec![Finding::missed("runs to its end", error)],
        Err(_) => {
            running.abort();
            vec![Finding::missed("runs to its end", format!("not within {} s", limit.as_secs()))]
        }
    }
}
