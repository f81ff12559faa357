//! `cargo xtask web`: the edge worker in workerd, `fetchAnalysis()` and the pages at `/demo` and `/dashboard` in Chromium,
//! each against the real server with a real Redis behind it; and what the package itself promises: bundles, and little memory.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, ensure};

use crate::equality::{RUNNERS, chromium};
use crate::{equality, npm, process, redis, toolchain, wasm};

/// The folder of the edge worker.
const WORKER: &str = "wasm/worker";

/// The folders of tests below the runners.
const TESTS: [&str; 4] = ["edge", "demo", "dashboard", "package"];

/// Builds the package and tests what uses it.
pub(crate) fn run_alone() -> Result<ExitCode> {
    equality::require()?;
    redis::require()?;
    wasm::build(&toolchain::require_wasm()?)?;
    run()?;
    Ok(ExitCode::SUCCESS)
}

/// Tests what uses the package, which has to be built.
pub(crate) fn run() -> Result<()> {
    build_worker()?;
    npm::install(RUNNERS)?;
    process::run(process::cargo().args(["build", "--locked", "--package", "medinsight-functions"]))?;
    let (browser, _) = chromium().context("there is no Chromium")?;
    let mut node = Command::new("node");
    // The tests of one file after the other: each file has a server of its own.
    node.current_dir(process::workspace_root().join(RUNNERS)).args(["--test", "--test-concurrency=1"]).args(tests()?);
    node.env("MEDINSIGHT_PROGRAM", process::target_dir()?.join("debug").join("medinsight")).env("CHROMIUM", browser);
    process::run(&mut node)
}

/// Checks the worker's types and lets wrangler write what it would upload.
fn build_worker() -> Result<()> {
    npm::install(WORKER)?;
    process::run(npm::npm(WORKER).args(["run", "--silent", "check"]))?;
    process::run(npm::npm(WORKER).args(["run", "--silent", "build"]).env("WRANGLER_SEND_METRICS", "false"))
}

/// The files of tests. Older versions of Node take no patterns.
fn tests() -> Result<Vec<PathBuf>> {
    let runners = process::workspace_root().join(RUNNERS);
    let mut tests = Vec::new();
    for folder in TESTS {
        let listing = runners.join(folder).read_dir().with_context(|| format!("cannot read {RUNNERS}/{folder}"))?;
        let files = listing.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        tests.extend(files.filter(|path| path.to_string_lossy().ends_with(".test.js")));
    }
    ensure!(!tests.is_empty(), "there are no tests in {RUNNERS}");
    tests.sort();
    Ok(tests)
}
