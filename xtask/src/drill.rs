//! `cargo xtask drill`: the promises about outages, stampedes and the like, measured on release builds.

use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::{process, redis};

/// What every build of a drill or of the benchmark has in common. The features are those of a program that is released:
/// without these words it would also have what the tests switch on.
const RELEASE: [&str; 10] = [
    "build",
    "--release",
    "--locked",
    "--package",
    "medinsight-functions",
    "--package",
    "medinsight-tests",
    "--no-default-features",
    "--features",
    "medinsight-functions/cli",
];

/// Which drills to run.
#[derive(Debug, Args)]
pub(crate) struct DrillOptions {
    /// Names of drills; all of them when none is given.
    names: Vec<String>,
    /// How long `chaos` goes on.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=600))]
    minutes: u32,
    /// What decides the schedule of `chaos`; another one each time when it is not given.
    #[arg(long)]
    seed: Option<u64>,
}

/// Builds the server and the drills, and runs these; their table says what was met.
pub(crate) fn run(options: &DrillOptions) -> Result<ExitCode> {
    redis::require()?;
    let target = process::target_dir()?;
    build_release(&["medinsight", "drill"])?;
    let mut drills = Command::new(program(&target.join("release"), "drill"));
    drills.args(&options.names).arg(format!("--minutes={}", options.minutes));
    drills.args(options.seed.map(|seed| format!("--seed={seed}")));
    drills.env("MEDINSIGHT_PROGRAM", program(&target.join("release"), "medinsight"));
    if is_about_lambda(options) {
        drills.env("MEDINSIGHT_FUNCTIONS", build_functions(&target.join("lambda"))?);
    }
    let status = drills.status().context("cannot start the drills")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds programs of the service and of its tests as they are released.
pub(crate) fn build_release(programs: &[&str]) -> Result<()> {
    let mut build = process::cargo();
    build.args(RELEASE).args(programs.iter().flat_map(|name| ["--bin", name]));
    process::run(&mut build)
}

/// The Lambda functions, and the bare one beside them, as they are deployed: small, because a package has to be brought
/// to each environment. Returns their directory.
fn build_functions(target: &Path) -> Result<PathBuf> {
    let mut build = process::cargo();
    build.args(RELEASE).arg("--bins").arg("--target-dir").arg(target).env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "z");
    process::run(&mut build)?;
    Ok(target.join("release"))
}

/// The functions are built only for their own drills, because that takes minutes.
fn is_about_lambda(options: &DrillOptions) -> bool {
    options.names.is_empty() || options.names.iter().any(|name| name.starts_with("lambda-"))
}

/// The path of a program that was built.
pub(crate) fn program(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}{EXE_SUFFIX}"))
}
