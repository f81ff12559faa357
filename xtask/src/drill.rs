//! `cargo xtask drill`: the promises about outages, stampedes and the like, measured on release builds.

use std::env::consts::EXE_SUFFIX;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::{process, redis};

/// Which drills to run.
#[derive(Debug, Args)]
pub(crate) struct DrillOptions {
    /// Names of drills; all of them when none is given.
    names: Vec<String>,
}

/// Builds the server and the drills, and runs these; their table says what was met.
pub(crate) fn run(options: &DrillOptions) -> Result<ExitCode> {
    redis::require()?;
    let packages = ["--package", "medinsight-functions", "--package", "medinsight-tests"];
    process::run(process::cargo().args(["build", "--release", "--locked"]).args(packages).args(programs(options)))?;
    let directory = process::target_dir()?.join("release");
    let program = |name| directory.join(format!("{name}{EXE_SUFFIX}"));
    let mut drills = Command::new(program("drill"));
    drills.args(&options.names).env("MEDINSIGHT_PROGRAM", program("medinsight"));
    let status = drills.status().context("cannot start the drills")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What has to be built: the Lambda functions only for their own drills, because each takes a minute to link.
fn programs(options: &DrillOptions) -> Vec<&'static str> {
    let is_about_lambda = options.names.is_empty() || options.names.iter().any(|name| name.starts_with("lambda-"));
    if is_about_lambda { vec!["--bins"] } else { vec!["--bin", "medinsight", "--bin", "drill"] }
}
