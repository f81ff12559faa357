//! Programs written in Python, in environments of their own below cargo's target directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::{apt, process};

/// The Debian packages of the interpreter and of its environments.
const DEBIAN_PACKAGES: [&str; 2] = ["python3", "python3-venv"];

/// A file in an environment that says which packages were installed to the end.
const INSTALLED: &str = "installed.txt";

/// How long the packages may take to download and install; about 55 s were seen.
const INSTALL_LIMIT: Duration = Duration::from_secs(600);

/// The environment of that name with these packages (`name==version`), made anew unless it is there: what is left of
/// an earlier one may have other versions.
pub(crate) fn environment(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let directory = process::target_dir()?.join(name);
    let (marker, wanted) = (directory.join(INSTALLED), packages.join("\n"));
    if !fs::read_to_string(&marker).is_ok_and(|installed| installed == wanted) {
        println!("installing {} into {}", packages.join(" and "), directory.display());
        create(&directory)?;
        install(&directory, packages)?;
        fs::write(&marker, wanted).with_context(|| format!("cannot write {}", marker.display()))?;
    }
    Ok(directory)
}

/// Debian's interpreter comes without what environments are made of.
fn create(directory: &Path) -> Result<()> {
    let venv = || {
        let mut command = Command::new("python3");
        command.args(["-m", "venv", "--clear"]).arg(directory);
        process::succeeds_within(&mut command, INSTALL_LIMIT)
    };
    if venv() {
        return Ok(());
    }
    apt::install(&DEBIAN_PACKAGES).context("python3 with venv is missing")?;
    if venv() { Ok(()) } else { bail!("`python3 -m venv` fails although {} is there", DEBIAN_PACKAGES.join(" and ")) }
}

fn install(directory: &Path, packages: &[&str]) -> Result<()> {
    let mut pip = Command::new(directory.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]).args(packages);
    if !process::succeeds_within(&mut pip, INSTALL_LIMIT) {
        bail!("pip could not install {}; it needs the Python Package Index or a mirror of it", packages.join(" and "));
    }
    Ok(())
}
