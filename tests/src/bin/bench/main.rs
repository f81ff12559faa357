//! The benchmark beside the alternatives: every contender a process on one Redis, measured in turn.
//!
//! `cargo xtask bench` builds it and what it needs, runs it, and makes the report of the rows that it writes:
//! `bench DIRECTORY PYTHON NODE_SERVICE [quick]`. `bench DIRECTORY scale [quick]` measures this service alone, as there are
//! more entries, longer answers and more processes.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its user on the terminal")]
#![allow(clippy::expect_used, reason = "a benchmark that cannot set itself up has to fail")]

mod clear;
mod contender;
mod hits;
mod memory_and_start;
mod origin;
mod outage;
mod process_table;
mod quiet;
mod rows;
mod scale;
mod stampede;
mod workload;
mod wrk;

use contender::Programs;
use rows::Rows;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
struct Extent {
    /// How often each measurement of hits is repeated.
    rounds: u32,
    /// How long each takes, in the closed loop and in the open one.
    closed_window: Duration,
    open_window: Duration,
    /// How often what happens at once is repeated.
    bursts: u32,
    /// For how long Redis is away.
    outage: Duration,
    /// How many entries are cleared.
    entries: usize,
}

const FULL: Extent = Extent {
    rounds: 8,
    closed_window: Duration::from_secs(1),
    open_window: Duration::from_secs(2),
    bursts: 3,
    outage: Duration::from_secs(3),
    entries: 100_000,
};

const QUICK: Extent = Extent {
    rounds: 1,
    closed_window: Duration::from_secs(1),
    open_window: Duration::from_secs(1),
    bursts: 1,
    outage: Duration::from_secs(2),
    entries: 20_000,
};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (arguments, is_quick) = match arguments.as_slice() {
        [rest @ .., last] if last.as_os_str() == "quick" => (rest, true),
        all => (all, false),
    };
    let mut rows = Rows::default();
    let directory = match arguments {
        [directory, scale] if scale.as_os_str() == "scale" => {
            let extent = if is_quick { scale::BRIEF } else { scale::FULL };
            scale::measure(&Programs::of_this_workspace(), extent, &mut rows).await;
            directory
        }
        [directory, python, node_service] => {
            let programs = Programs::find(python.clone(), node_service.clone());
            compare(&programs, if is_quick { QUICK } else { FULL }, &mut rows).await;
            directory
        }
        _ => {
            eprintln!("bench DIRECTORY PYTHON NODE_SERVICE [quick]\nbench DIRECTORY scale [quick]");
            return ExitCode::FAILURE;
        }
    };
    match rows.write(directory) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the rows cannot be written: {error}");
            ExitCode::FAILURE
        }
    }
}

/// All contenders beside each other.
async fn compare(programs: &Programs, extent: Extent, rows: &mut Rows) {
    memory_and_start::measure(programs, extent, rows).await;
    hits::measure(programs, extent, rows).await;
    stampede::measure(programs, extent, rows).await;
    outage::measure(programs, extent, rows).await;
    clear::measure(programs, extent, rows).await;
}
