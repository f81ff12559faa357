//! `cargo xtask openapi`: writes the checked-in OpenAPI document anew from the code.

use std::fs;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::process;

/// Where the document is, which the service serves as it is there.
const DOCUMENT: &str = "functions/openapi.json";

/// Builds the service, which prints its document, and keeps what it prints.
pub(crate) fn run() -> Result<ExitCode> {
    let output = print().stderr(Stdio::inherit()).output().context("cannot start cargo run")?;
    if !output.status.success() {
        bail!("the service does not print its document: {}", output.status);
    }
    fs::write(process::workspace_root().join(DOCUMENT), &output.stdout).context("cannot write the document")?;
    println!("{DOCUMENT}: {} bytes", output.stdout.len());
    Ok(ExitCode::SUCCESS)
}

fn print() -> Command {
    let mut command = process::cargo();
    command.args(["run", "--quiet", "--locked", "--package", "medinsight-functions"]);
    command.args(["--bin", "medinsight", "--", "openapi"]);
    command
}
