//! Node, npm, and the npm packages that the other commands need.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::process;

/// The oldest Node that the package supports.
const OLDEST_NODE: u32 = 20;

/// Makes sure that Node and npm are there, and says which versions.
pub(crate) fn require() -> Result<()> {
    let node = version("node").context("node is missing; please install Node 20 or newer with npm")?;
    let npm = version("npm").context("npm is missing; please install it beside Node")?;
    let major = node.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    ensure!(major.is_some_and(|major| major >= OLDEST_NODE), "Node {OLDEST_NODE} or newer is needed, found {node}");
    println!("needs node: found {node}, npm {npm}");
    Ok(())
}

/// Installs what the lock file of a folder names, unless it is there already. No package's install script is run.
pub(crate) fn install(folder: &str) -> Result<()> {
    if is_current(&process::workspace_root().join(folder)) {
        return Ok(());
    }
    println!("installing the npm packages of {folder}");
    process::run(npm(folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]))
}

/// Whether npm has finished an installation since the lock file was written. `npm ls` would not do: it also asks for what
/// the package in `wasm/pkg`, which others link to, was built with.
fn is_current(folder: &Path) -> bool {
    let written = |file: &str| fs::metadata(folder.join(file)).and_then(|metadata| metadata.modified()).ok();
    written("node_modules/.package-lock.json") >= written("package-lock.json")
}

/// The path of a program of an installed package.
pub(crate) fn tool(folder: &str, path: &str) -> Result<PathBuf> {
    let tool = process::workspace_root().join(folder).join("node_modules").join(path);
    ensure!(tool.exists(), "npm installed no {path} in {folder}");
    Ok(tool)
}

/// An npm command in a folder of the workspace.
pub(crate) fn npm(folder: &str) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(process::workspace_root().join(folder));
    command
}

fn version(program: &str) -> Option<String> {
    process::capture(Command::new(program).arg("--version"))
}
