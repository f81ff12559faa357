//! `cargo xtask test`: everything a developer or CI needs to be green, in one command.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::toolchain::{self, WasmToolchain};
use crate::{dashboard, deny, equality, fuzz, process, redis, template, wasm, web};

/// One thing that has to be green before the tests run.
#[derive(Debug)]
struct Step {
    name: &'static str,
    run: fn(&Tools) -> Result<()>,
}

/// What has to be there before the first step. Tests of Redis find the server themselves.
#[derive(Debug)]
struct Tools {
    wasm: WasmToolchain,
    linters: PathBuf,
    cargo_deny: PathBuf,
    fuzzer: PathBuf,
}

/// What comes before the tests, quickest first.
const STEPS: [Step; 9] = [
    Step { name: "formatting", run: |_| process::run(process::cargo().args(["fmt", "--all", "--check"])) },
    Step { name: "deployment template", run: |tools| template::lint(&tools.linters) },
    Step { name: "dependencies", run: |tools| deny::check(&tools.cargo_deny) },
    Step { name: "lints", run: |_| process::run(&mut clippy()) },
    Step { name: "documentation", run: |_| process::run(&mut rustdoc()) },
    Step { name: "WebAssembly package", run: |tools| wasm::build(&tools.wasm) },
    Step { name: "the same keys in every runtime", run: |_| equality::run() },
    Step { name: "the bundle of the dashboard", run: |_| dashboard::check() },
    Step { name: "edge worker and pages", run: |_| web::run() },
];

/// A round of tests: all of them with the store in memory, and those that hold for every store on the others, too.
#[derive(Debug)]
struct Round {
    name: &'static str,
    store: &'static str,
    arguments: &'static [&'static str],
}

/// What `cargo test` runs of the end-to-end tests on a shared store: not what has its own store, or needs none.
///
/// The whole workspace is named although one package has them: for another selection cargo would compile the
/// dependencies anew, with other features.
const ON_EVERY_STORE: [&str; 15] = [
    "--workspace",
    "--test",
    "e2e",
    "--",
    "--skip=redis::",
    "--skip=vectors",
    "--skip=keys::",
    "--skip=everyday_words",
    "--skip=lambda::",
    "--skip=hostile_patterns",
    "--skip=canaries",
    "--skip=drugs::processes",
    "--skip=the_primaries_of_a_cluster",
    // A cluster has one database, which the tests have to use one after the other.
    "--test-threads=1",
    "--quiet",
];

const ROUNDS: [Round; 3] = [
    Round { name: "tests", store: "memory", arguments: &["--workspace"] },
    Round { name: "end-to-end tests on Redis", store: "redis", arguments: &ON_EVERY_STORE },
    Round { name: "end-to-end tests on a cluster", store: "cluster", arguments: &ON_EVERY_STORE },
];

/// How many tests passed and failed, over all test binaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
}

/// Runs all steps and stops at the first that fails. The last line of a finished run is `N passed, N failed`.
pub(crate) fn run() -> Result<ExitCode> {
    let tools = Tools::require()?;
    for (number, step) in (1..).zip(&STEPS) {
        timed(number, step.name, || (step.run)(&tools))?;
    }
    let mut tally = Tally::default();
    let mut tests = Ok(());
    for (number, round) in (STEPS.len() + 1..).zip(&ROUNDS) {
        tests = tests.and(timed(number, round.name, || run_tests(round, &mut tally)));
    }
    tests = tests.and(timed(STEPS.len() + ROUNDS.len() + 1, "requests from the document", || {
        run_fuzzer(tools.fuzzer, &mut tally)
    }));
    Ok(conclude(tally, tests))
}

impl Tools {
    /// Finds or installs everything, so that nothing is missing in the middle of a run.
    fn require() -> Result<Self> {
        toolchain::require_component("fmt", "rustfmt")?;
        toolchain::require_component("clippy", "clippy")?;
        redis::require()?;
        equality::require()?;
        Ok(Self {
            wasm: toolchain::require_wasm()?,
            linters: template::require()?,
            cargo_deny: deny::require()?,
            fuzzer: fuzz::require()?,
        })
    }
}

/// Counts as one test: that every answer is as the OpenAPI document says.
fn run_fuzzer(fuzzer: PathBuf, tally: &mut Tally) -> Result<()> {
    let outcome = fuzz::test(fuzzer);
    match outcome {
        Ok(()) => tally.passed += 1,
        Err(_) => tally.failed += 1,
    }
    outcome
}

/// Prints the closing line and gives the exit code.
///
/// Tests that failed are named by their own output. A run that failed without a failing test did not finish, so its
/// sum would mislead and the error is the last line instead.
fn conclude(tally: Tally, tests: Result<()>) -> ExitCode {
    let code = if tests.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    match tests {
        Err(error) if tally.failed == 0 => eprintln!("error: {error:#}"),
        _ => println!("{} passed, {} failed", tally.passed, tally.failed),
    }
    code
}

/// Runs one step between a line that names it and a line with its seconds.
fn timed(number: usize, name: &str, step: impl FnOnce() -> Result<()>) -> Result<()> {
    let title = format!("[{number}/{}] {name}", STEPS.len() + ROUNDS.len() + 1);
    println!("== {title}");
    let start = Instant::now();
    let outcome = step();
    let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
    println!("== {title} {verdict} after {:.1} s", start.elapsed().as_secs_f64());
    outcome.with_context(|| format!("step {title} failed"))
}

/// All lints on all targets, where a warning is an error.
fn clippy() -> Command {
    let mut command = process::cargo();
    command.args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]);
    command
}

/// The documentation as users read it, where a broken link is an error, and so is one to a private item.
fn rustdoc() -> Command {
    let mut command = process::cargo();
    command.args(["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-D warnings");
    command
}

/// Runs a round, passing its output on, and adds up its results; one failing binary does not hide the others.
fn run_tests(round: &Round, tally: &mut Tally) -> Result<()> {
    let mut command = process::cargo();
    command.args(["test", "--locked", "--no-fail-fast"]).args(round.arguments);
    command.env("MEDINSIGHT_TEST_STORE", round.store);
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo test")?;
    let output = child.stdout.take().context("cargo test has no output")?;
    let passed_on = pass_on(output, io::stdout(), tally);
    let status = child.wait().context("cargo test was lost")?;
    passed_on?;
    if !status.success() {
        bail!("cargo test failed: {status}");
    }
    Ok(())
}

/// Copies the output line by line, counting the results in it.
fn pass_on(output: impl Read, mut terminal: impl Write, tally: &mut Tally) -> Result<()> {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line).context("cannot read the tests' output")? > 0 {
        terminal.write_all(&line).context("cannot pass on the tests' output")?;
        tally.add(&String::from_utf8_lossy(&line));
        line.clear();
    }
    Ok(())
}

impl Tally {
    /// Adds one test binary's result, if the line is one: `test result: ok. 3 passed; 0 failed; ...`.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return;
        };
        for count in counts.split("; ") {
            match count.trim().split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse().unwrap_or(0),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Tally, pass_on};

    #[test]
    fn results_of_all_binaries_are_added_up_and_other_lines_ignored() {
        let output = "running 2 tests\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            a test printed: test result: ok. 9 passed; 9 failed;";
        let mut tally = Tally::default();
        let mut copy = Vec::new();
        assert!(pass_on(output.as_bytes(), &mut copy, &mut tally).is_ok());
        assert_eq!(copy, output.as_bytes());
        assert_eq!(tally, Tally { passed: 5, failed: 1 });
    }
}
