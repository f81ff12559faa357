//! `cargo xtask dashboard`: bundles the page at `/dashboard` into what the programs are built with, which is checked in.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, ensure};

use crate::{npm, process};

/// The folder of the page.
const FOLDER: &str = "functions/dashboard";

/// What the bundle consists of.
const FILES: [&str; 2] = ["page.css", "page.js"];

/// Checks the page's types and writes its bundle anew.
pub(crate) fn run() -> Result<ExitCode> {
    npm::require()?;
    let built = process::workspace_root().join(FOLDER).join("built");
    build(&built)?;
    for name in FILES {
        println!(
            "{FOLDER}/built/{name}: {} bytes",
            fs::metadata(built.join(name)).context("there is no bundle")?.len()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Fails unless the bundle that is checked in is the one that the source makes.
pub(crate) fn check() -> Result<()> {
    let fresh = process::target_dir()?.join("dashboard");
    build(&fresh)?;
    let built = process::workspace_root().join(FOLDER).join("built");
    for name in FILES {
        let read = |folder: &Path| fs::read(folder.join(name)).with_context(|| format!("cannot read {name}"));
        ensure!(read(&fresh)? == read(&built)?, "{FOLDER}/built/{name} is old; please run `cargo xtask dashboard`");
    }
    Ok(())
}

fn build(target: &Path) -> Result<()> {
    npm::install(FOLDER)?;
    process::run(npm::npm(FOLDER).args(["run", "--silent", "check"]))?;
    let mut node = Command::new("node");
    process::run(node.current_dir(process::workspace_root().join(FOLDER)).arg("build.js").arg(target))
}
