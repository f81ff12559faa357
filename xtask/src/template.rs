//! Checks what is deployed: `template.yaml`, with the tools that read it when it is deployed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::{apt, process};

/// Exact versions, so that a new rule of a linter does not turn up as somebody's mistake.
const PACKAGES: [&str; 2] = ["aws-sam-cli==1.170.0", "cfn-lint==1.58.0"];

/// Debian's package with what `python3 -m venv` needs.
const VENV_PACKAGE: &str = "python3-venv";

/// A file in the environment that says which packages were installed to the end.
const INSTALLED: &str = "installed.txt";

/// How long the packages may take to download and install; about 55 s were seen.
const INSTALL_LIMIT: Duration = Duration::from_secs(600);

/// How long a linter may take; 10 s were seen on a busy machine.
const LINT_LIMIT: Duration = Duration::from_secs(120);

/// Lints the template and nothing else.
pub(crate) fn run() -> Result<ExitCode> {
    lint()?;
    Ok(ExitCode::SUCCESS)
}

/// Lints the template. A warning is an error to both linters.
pub(crate) fn lint() -> Result<()> {
    let environment = environment()?;
    println!("needs {}: in {}", PACKAGES.join(" and "), environment.display());
    check(Command::new(environment.join("bin/cfn-lint")).arg("template.yaml"))?;
    let mut sam = Command::new(environment.join("bin/sam"));
    sam.args(["validate", "--lint", "--template", "template.yaml"]);
    // No usage data for the vendor, no files in the home directory, and no search for credentials on the network.
    sam.env("SAM_CLI_TELEMETRY", "0").env("__SAM_CLI_APP_DIR", &environment);
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

/// The Python environment with the packages, made unless it is there.
fn environment() -> Result<PathBuf> {
    let directory = process::target_dir()?.join("template-lint");
    let marker = directory.join(INSTALLED);
    let packages = PACKAGES.join("\n");
    if fs::read_to_string(&marker).is_ok_and(|installed| installed == packages) {
        return Ok(directory);
    }
    println!("installing {} into {}", PACKAGES.join(" and "), directory.display());
    create(&directory)?;
    let mut pip = Command::new(directory.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]).args(PACKAGES);
    if !process::succeeds_within(&mut pip, INSTALL_LIMIT) {
        bail!("pip could not install {}; it needs the Python Package Index or a mirror of it", PACKAGES.join(" and "));
    }
    fs::write(&marker, packages).with_context(|| format!("cannot write {}", marker.display()))?;
    Ok(directory)
}

fn create(directory: &Path) -> Result<()> {
    let venv = || {
        let mut command = Command::new("python3");
        command.args(["-m", "venv", "--clear"]).arg(directory);
        process::succeeds_within(&mut command, INSTALL_LIMIT)
    };
    if venv() {
        return Ok(());
    }
    apt::install(&[VENV_PACKAGE]).context("the linters of the template need python3 with venv")?;
    if venv() { Ok(()) } else { bail!("`python3 -m venv` fails although {VENV_PACKAGE} is installed") }
}

#[cfg(test)]
mod tests;
