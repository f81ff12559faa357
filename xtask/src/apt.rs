//! Installs Debian packages where that is allowed, and says how to where it is not.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::process;

/// Installs the packages as root or with a password-free sudo, else fails with the command to type.
///
/// Nothing is ever removed for them: `rustc-web` conflicts with Debian's own `rustc`, and a developer's compiler
/// is not ours to take away.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let advice = format!("apt-get update && apt-get install --no-install-recommends {}", packages.join(" "));
    if process::capture(Command::new("apt-get").arg("--version")).is_none() {
        bail!("this system has no apt-get; on Debian it would be: {advice}");
    }
    let Some(prefix) = privilege() else { bail!("not root; please run: {advice}") };
    println!("installing {} with apt-get", packages.join(", "));
    let install = ["install", "-y", "--no-install-recommends", "--no-remove"];
    apt_get(prefix, &["update"])
        .and_then(|()| apt_get(prefix, &[install.as_slice(), packages].concat()))
        .with_context(|| format!("please run: {advice}"))
}

/// The files of an installed package, or nothing if it is not installed.
pub(crate) fn files_of(package: &str) -> Option<Vec<PathBuf>> {
    let listing = process::capture(Command::new("dpkg").args(["-L", package]))?;
    Some(listing.lines().map(PathBuf::from).collect())
}

/// The words to put before a command so that it runs as root, or nothing if that would ask for a password.
fn privilege() -> Option<&'static [&'static str]> {
    if process::capture(Command::new("id").arg("-u"))? == "0" {
        return Some(&[]);
    }
    process::capture(Command::new("sudo").args(["-n", "true"])).map(|_| ["sudo", "-n"].as_slice())
}

/// Runs one apt-get command that asks no questions and prints nothing but errors.
fn apt_get(prefix: &[&str], arguments: &[&str]) -> Result<()> {
    let words = [prefix, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"], arguments].concat();
    let (program, rest) = words.split_first().context("an empty command")?;
    process::run(Command::new(program).args(rest).stdin(Stdio::null()).stdout(Stdio::null()))
}
