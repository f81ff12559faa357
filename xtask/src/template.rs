//! Checks what is deployed: `template.yaml`, with the tools that read it when it is deployed.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Result, bail};

use crate::{process, python};

/// Exact versions, so that a new rule of a linter does not turn up as somebody's mistake.
const PACKAGES: [&str; 2] = ["aws-sam-cli==1.170.0", "cfn-lint==1.58.0"];

/// How long a linter may take; 10 s were seen on a busy machine.
const LINT_LIMIT: Duration = Duration::from_secs(120);

/// Finds or installs the linters, and returns their environment.
pub(crate) fn require() -> Result<PathBuf> {
    let environment = python::environment("template-lint", &PACKAGES)?;
    println!("needs {}: in {}", PACKAGES.join(" and "), environment.display());
    Ok(environment)
}

/// Lints the template and nothing else.
pub(crate) fn run() -> Result<ExitCode> {
    lint(&require()?)?;
    Ok(ExitCode::SUCCESS)
}

/// Lints the template. A warning is an error to both linters.
pub(crate) fn lint(environment: &Path) -> Result<()> {
    check(Command::new(environment.join("bin/cfn-lint")).arg("template.yaml"))?;
    let mut sam = Command::new(environment.join("bin/sam"));
    sam.args(["validate", "--lint", "--template", "template.yaml"]);
    // No usage data for the vendor, no files in the home directory, and no search for credentials on the network.
    sam.env("SAM_CLI_TELEMETRY", "0").env("__SAM_CLI_APP_DIR", environment);
    sam.env("AWS_EC2_METADATA_DISABLED", "true");
    check(&mut sam)
}

fn check(command: &mut Command) -> Result<()> {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    if !process::succeeds_within(command.current_dir(process::workspace_root()), LINT_LIMIT) {
        bail!("{name} found something in template.yaml, or took over {} s", LINT_LIMIT.as_secs());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
