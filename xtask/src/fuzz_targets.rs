//! `cargo xtask fuzz-targets`: the targets of `tests/fuzz` with inputs that libFuzzer makes, guided by the code that they reach.
//!
//! It needs no other compiler than the one in use: LLVM's pass that notes which code is reached is a stable option, and a
//! C++ compiler builds the engine. What a run finds to be new is kept below cargo's target directory, so that the next
//! one goes on from there; the corpora that are checked in stay as they are.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::{apt, process};

/// The targets, quickest first.
const TARGETS: [&str; 5] = ["keys", "patterns", "entries", "requests", "http"];

/// What makes a program tell libFuzzer which code it reaches and what it compares.
const FLAGS: [&str; 6] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// An input that takes longer, in seconds, is a finding.
const LIMIT_OF_AN_INPUT: u32 = 20;

/// What to run, and for how long.
#[derive(Debug, Args)]
pub(crate) struct FuzzTargetsOptions {
    /// Names of targets; all of them, one after the other, when none is given.
    #[arg(value_parser = TARGETS)]
    targets: Vec<String>,
    /// How long each target runs.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
}

/// What a run of a target came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Outcome {
    inputs: u64,
    seconds: u64,
    /// How many edges between blocks of code were reached.
    edges: u64,
}

/// Builds the targets and runs them.
pub(crate) fn run(options: &FuzzTargetsOptions) -> Result<ExitCode> {
    let directory = process::target_dir()?.join("fuzzing");
    let programs = build(&directory)?;
    let chosen = |name: &&str| options.targets.is_empty() || options.targets.iter().any(|target| target == name);
    let mut rows = Vec::new();
    for name in TARGETS.into_iter().filter(chosen) {
        println!("{name}: {} min ...", options.minutes);
        let (is_clean, log) = fuzz(name, &programs.join(name), &directory, options.minutes)?;
        let Outcome { inputs, seconds, edges } = Outcome::of(&log);
        if !is_clean {
            println!(
                "{}",
                log.lines().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
            );
            bail!(
                "{name}: something is not as promised after {inputs} inputs; the input is in {}",
                directory.join("findings").display()
            );
        }
        rows.push(format!("| {name} | {seconds} s | {inputs} | {edges} |"));
    }
    println!("\n| target | time | inputs | edges reached |\n|---|---|---|---|\n{}", rows.join("\n"));
    Ok(ExitCode::SUCCESS)
}

/// Returns the directory of the programs. For a named target, flags are not those of build scripts and macros, which run
/// without the engine.
fn build(directory: &Path) -> Result<PathBuf> {
    require_cpp()?;
    let host = host()?;
    let mut build = process::cargo();
    build.args(["build", "--locked", "--package", "medinsight-fuzz", "--bins", "--profile", "fuzzing"]);
    build
        .args(["--target", &host])
        .arg("--target-dir")
        .arg(directory)
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
    process::run(&mut build)?;
    Ok(directory.join(host).join("fuzzing"))
}

fn require_cpp() -> Result<()> {
    let version = || process::capture(Command::new("c++").arg("--version"));
    if version().is_none() {
        apt::install(&["g++"])?;
    }
    let version = version().context("a C++ compiler is missing; please install your system's g++ package")?;
    println!("needs a C++ compiler: found {}", version.lines().next().unwrap_or_default());
    Ok(())
}

fn host() -> Result<String> {
    let version = process::capture(Command::new("rustc").arg("-vV")).context("rustc does not run")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say what it builds for")
}

/// Runs a target; returns whether nothing was found, and the log. The first directory takes what is new.
fn fuzz(name: &str, program: &Path, directory: &Path, minutes: u32) -> Result<(bool, String)> {
    let tests = process::workspace_root().join("tests/fuzz");
    let (grown, findings) = (directory.join("corpus").join(name), directory.join("findings"));
    for directory in [&grown, &findings] {
        fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    }
    let log = directory.join(format!("{name}.log"));
    let mut command = Command::new(program);
    command.args([&grown, &tests.join("corpus").join(name)]);
    command.arg(format!("-dict={}", tests.join("dictionary.txt").display()));
    command.arg(format!("-artifact_prefix={}/{name}-", findings.display()));
    command.arg(format!("-max_total_time={}", u64::from(minutes) * 60)).arg(format!("-timeout={LIMIT_OF_AN_INPUT}"));
    command.args(["-print_final_stats=1", "-max_len=4096"]);
    let output = File::create(&log).context("cannot write the log")?;
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output).status();
    let status = status.with_context(|| format!("cannot start {}", program.display()))?;
    Ok((status.success(), String::from_utf8_lossy(&fs::read(&log).context("cannot read the log")?).into_owned()))
}

impl Outcome {
    /// Reads libFuzzer's log: `stat::number_of_executed_units: 5`, `Done 5 runs in 2 second(s)` and the last `cov: 7`.
    fn of(log: &str) -> Self {
        let after = |line: &str, name: &str| {
            let (_, rest) = line.split_once(name)?;
            rest.split_whitespace().next()?.parse::<u64>().ok()
        };
        log.lines().fold(Self::default(), |outcome, line| Self {
            inputs: after(line, "number_of_executed_units: ").unwrap_or(outcome.inputs),
            seconds: after(line, " runs in ").unwrap_or(outcome.seconds),
            edges: after(line, " cov: ").unwrap_or(outcome.edges),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, TARGETS};
    use crate::process::workspace_root;
    use crate::source::read;

    #[test]
    fn the_log_of_a_run_says_what_it_came_to() {
        let log = "#2\tINITED cov: 20 ft: 30 corp: 1/1b\n#9\tNEW    cov: 25 ft: 36 corp: 2/3b\n\
            Done 105 runs in 61 second(s)\nstat::number_of_executed_units: 105\n";
        assert_eq!(Outcome::of(log), Outcome { inputs: 105, seconds: 61, edges: 25 });
    }

    #[test]
    fn the_targets_are_those_of_the_package() {
        let manifest = read("tests/fuzz/Cargo.toml");
        assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
        for name in TARGETS {
            assert!(manifest.contains(&format!("path = \"targets/{name}.rs\"")), "{name}");
            assert!(workspace_root().join("tests/fuzz/corpus").join(name).is_dir(), "{name}");
        }
    }
}
