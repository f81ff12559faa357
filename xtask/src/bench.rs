//! `cargo xtask bench`: this service beside what a team would run instead, and a report of it.
//!
//! The driver of `tests/src/bin/bench` measures; here everything is built and installed for it, and its rows become
//! tables and plots. It is run twice, so that the report can say how far two runs are apart.

mod drills;
mod figures;
mod machine;
mod peers;
mod plots;
mod ratios;
mod report;
mod scale;
mod tables;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::{apt, bench_wasm, drill, npm, process, redis};
use figures::Figures;
pub(crate) use figures::median;
use machine::Machine;
use peers::Peers;
use report::machine_facts;

/// Where the report and what it stands on are kept.
const REPORT: &str = "BENCHMARKS.md";
const RAW: &str = "docs/benchmarks";

/// How much is measured.
#[derive(Debug, Args)]
pub(crate) struct BenchOptions {
    /// Measures everything briefly, in under three minutes, and leaves the report in the target directory.
    #[arg(long)]
    quick: bool,
    /// How often everything is measured. The report says how far the runs are apart.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=9))]
    runs: u32,
    /// Measures something else instead: what a hit costs as there are more entries, longer answers and more processes. Its report
    /// is docs/benchmarks/scale.md.
    #[arg(long)]
    scale: bool,
    /// Writes the report anew from what the last runs have left in the target directory.
    #[arg(long)]
    report: bool,
}

/// Where the report goes.
#[derive(Debug)]
struct Destination {
    report: PathBuf,
    raw: PathBuf,
}

/// Builds, measures and reports.
pub(crate) fn run(options: &BenchOptions) -> Result<ExitCode> {
    if options.scale { scale::run(options) } else { compare(options) }
}

/// This service beside the others.
fn compare(options: &BenchOptions) -> Result<ExitCode> {
    redis::require()?;
    npm::require()?;
    require_wrk()?;
    let target = process::target_dir()?;
    let peers = Peers::install(&target)?;
    let runs = if options.quick { 1 } else { options.runs };
    let directories: Vec<_> = (1..=runs).map(|run| target.join(format!("bench/run-{run}"))).collect();
    if !options.report {
        drill::build_release(&["medinsight", "bench", "peer"])?;
        directories.iter().try_for_each(|run| measure(&target.join("release"), run, &peers, options.quick))?;
    }
    let destination = Destination::of(options, &target);
    let report = report::write(&Figures::collect(&directories)?, &drills::section()?, &Machine::look(Some(&peers)));
    destination.keep(&report, &directories)?;
    println!("\nThe report is in {}.", destination.report.display());
    Ok(ExitCode::SUCCESS)
}

impl Destination {
    /// A brief run must not replace the figures that others rely on.
    fn of(options: &BenchOptions, target: &Path) -> Self {
        let root = if options.quick { target.join("bench") } else { process::workspace_root() };
        Self { report: root.join(REPORT), raw: root.join(RAW) }
    }

    /// Writes the report, its plots, and the rows of all runs.
    fn keep(&self, report: &str, runs: &[PathBuf]) -> Result<()> {
        let (figures, requests) = (Figures::collect(runs)?, figures::merge(runs, "requests.csv")?);
        fs::create_dir_all(&self.raw).with_context(|| format!("cannot make {}", self.raw.display()))?;
        plots::draw(&figures, &requests, &self.raw)?;
        let files = [(self.raw.join("figures.csv"), figures.to_csv()), (self.raw.join("requests.csv"), requests)];
        for (path, text) in files.iter().map(|(path, text)| (path, text.as_str())).chain([(&self.report, report)]) {
            fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }
}

fn require_wrk() -> Result<()> {
    // Asked for its version it prints that but reports failure.
    match Command::new("wrk").arg("--version").output() {
        Ok(_) => Ok(()),
        Err(_) => apt::install(&["wrk"]).context("the benchmark needs wrk"),
    }
}

/// Runs the driver once; what it measures is in `directory` then.
fn measure(programs: &Path, directory: &Path, peers: &Peers, quick: bool) -> Result<()> {
    let mut driver = Command::new(drill::program(programs, "bench"));
    driver.arg(directory).args([&peers.python, &peers.node_service]).args(quick.then_some("quick"));
    process::run(&mut driver)?;
    if quick { Ok(()) } else { add_key_times(directory) }
}

/// Measures the key of a question, and adds that to the figures of a run.
fn add_key_times(directory: &Path) -> Result<()> {
    let times = bench_wasm::measure(bench_wasm::ROUNDS)?;
    let row = |(setting, nanoseconds): (&str, f64)| format!("key,medinsight,{setting},1,ns,{nanoseconds:.0}\n");
    let rows: String = times.by_setting().into_iter().map(row).collect();
    let mut figures = OpenOptions::new().append(true).open(directory.join("figures.csv")).context("no figures")?;
    figures.write_all(rows.as_bytes()).context("cannot add to the figures")
}
