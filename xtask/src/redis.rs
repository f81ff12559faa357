//! Finds the Redis server that the tests start, or installs it.

use std::process::Command;

use anyhow::{Context as _, Result};

use crate::{apt, process};

/// The Debian package of the server; it brings `redis-cli` along, which the tests of the cluster use.
const PACKAGE: &str = "redis-server";

/// Makes sure that `redis-server` and `redis-cli` are there, and says which version.
pub(crate) fn require() -> Result<()> {
    if version().is_none() {
        apt::install(&[PACKAGE]).context("the tests need redis-server and redis-cli")?;
    }
    let version = version().context("redis-server is installed, but it or redis-cli is not in PATH")?;
    println!("needs redis-server: found {version}");
    Ok(())
}

/// The version of the server, or nothing unless both programs run: `Redis server v=7.0.15 sha=00000000:0 ...`.
fn version() -> Option<String> {
    process::capture(Command::new("redis-cli").arg("--version"))?;
    let line = process::capture(Command::new("redis-server").arg("--version"))?;
    line.split_whitespace().find_map(|word| word.strip_prefix("v=")).map(str::to_owned)
}
