//! Programs written in Python, in an environment of their own below cargo's target directory.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::{apt, process};

/// The Debian packages of the interpreter and of its environments.
const PACKAGES: [&str; 2] = ["python3", "python3-venv"];

/// A program from the Python Package Index.
#[derive(Debug)]
pub(crate) struct PythonProgram {
    /// Its name, which is that of its package, too.
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// Other packages whose version decides what it does, as `name==version`.
    pub(crate) with: &'static [&'static str],
}

impl PythonProgram {
    /// Makes sure that the program is there in this version, and returns where.
    pub(crate) fn require(&self) -> Result<PathBuf> {
        let Self { name, version, .. } = self;
        let environment = process::target_dir()?.join(name);
        let program = environment.join("bin").join(name);
        if !self.is_at(&program) {
            self.install(&environment).with_context(|| format!("the tests need {name} {version} of PyPI"))?;
        }
        println!("needs {name}: found {version}");
        Ok(program)
    }

    fn is_at(&self, program: &Path) -> bool {
        let reported = process::capture(Command::new(program).arg("--version")).unwrap_or_default();
        reported.split_whitespace().any(|word| word.trim_end_matches(',') == self.version)
    }

    /// Makes the environment anew: what is left of an earlier one may have other versions.
    fn install(&self, environment: &Path) -> Result<()> {
        require_venv()?;
        println!("installing {} {} with pip", self.name, self.version);
        process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(environment))?;
        let mut pip = Command::new(environment.join("bin").join("pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check"]);
        pip.arg(format!("{}=={}", self.name, self.version)).args(self.with);
        process::run(pip.stdin(Stdio::null()))
    }
}

/// Debian's interpreter comes without what environments are made of.
fn require_venv() -> Result<()> {
    let has_venv = || process::capture(Command::new("python3").args(["-c", "import venv, ensurepip"])).is_some();
    if !has_venv() {
        apt::install(&PACKAGES).context("python3 with venv is missing")?;
    }
    Ok(())
}
