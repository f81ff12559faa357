//! Starts other programs from the root of the workspace.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context as _, Result, bail};

/// How often a program with a time limit is asked whether it has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The directory of the workspace, as cargo reports it to the programs that it runs.
pub(crate) fn workspace_root() -> PathBuf {
    env::var_os("CARGO_MANIFEST_DIR")
        .and_then(|package| Path::new(&package).parent().map(Path::to_path_buf))
        .unwrap_or_else(|| PathBuf::from("."))
}

/// The cargo that runs this command, at the root of the workspace.
///
/// What cargo tells this program of its own package is kept from it: build scripts of dependencies (ring's) run again when
/// that differs, and everything above them would be compiled anew whenever another program had called cargo before.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(workspace_root());
    for (name, _) in env::vars_os().filter(|(name, _)| is_of_the_package(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command
}

fn is_of_the_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| variable.starts_with(start))
}

/// Where cargo puts what it builds, whichever setting decides that.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let metadata =
        capture(cargo().args(["metadata", "--no-deps", "--format-version=1"])).context("cargo metadata failed")?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).context("cargo metadata is not JSON")?;
    let directory = metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
    Ok(PathBuf::from(directory))
}

/// Runs a program with the terminal as its output and fails unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start `{}`", describe(command)))?;
    if !status.success() {
        bail!("`{}` failed: {status}", describe(command));
    }
    Ok(())
}

/// Runs a program for at most `limit`, then ends it; returns whether it succeeded in time.
pub(crate) fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    let child = command.stdin(Stdio::null()).spawn();
    child.is_ok_and(|mut child| wait_within(&mut child, limit))
}

/// Waits for a program until the time is up, then ends it; returns whether it succeeded by itself.
fn wait_within(child: &mut Child, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        match child.try_wait() {
            Ok(None) => thread::sleep(POLL_INTERVAL),
            Ok(Some(status)) => return status.success(),
            Err(_) => break,
        }
    }
    // It may have ended by itself in between; then there is nothing left to end.
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// The standard output of a program that succeeds, or nothing.
pub(crate) fn capture(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A command line as a person would type it; the program is shown without its directory.
fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
