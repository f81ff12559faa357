//! Installs what the contenders in Python and Node need, below the target directory.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::{npm, process, python};

/// Where the sources of the peers are.
const SOURCES: &str = "tests/peers";

/// What of the Node service npm needs, and the service itself: it finds its packages beside it.
const NODE_FILES: [&str; 3] = ["package.json", "package-lock.json", "service.js"];

/// The peers that are not written in Rust, ready to be started.
#[derive(Debug)]
pub(crate) struct Peers {
    /// The interpreter with the packages of the Python service.
    pub(crate) python: PathBuf,
    /// The Node service beside its packages.
    pub(crate) node_service: PathBuf,
}

impl Peers {
    /// Installs their packages, unless they are there.
    pub(crate) fn install(target: &Path) -> Result<Self> {
        let sources = process::workspace_root().join(SOURCES);
        let requirements = sources.join("python/requirements.txt");
        let requirements = fs::read_to_string(&requirements).context("cannot read what the Python service needs")?;
        let environment = python::environment("bench/python", &requirements.lines().collect::<Vec<_>>())?;
        let node = target.join("bench/node");
        fs::create_dir_all(&node).context("no directory for the Node service")?;
        for file in NODE_FILES {
            copy_if_different(&sources.join("node").join(file), &node.join(file))?;
        }
        npm::install(&node.to_string_lossy())?;
        Ok(Self { python: environment.join("bin/python"), node_service: node.join("service.js") })
    }
}

/// A file that is the same keeps its time, which tells npm whether it has to install anything.
fn copy_if_different(from: &Path, to: &Path) -> Result<()> {
    let wanted = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    if fs::read(to).is_ok_and(|present| present == wanted) {
        return Ok(());
    }
    fs::write(to, wanted).with_context(|| format!("cannot write {}", to.display()))
}
