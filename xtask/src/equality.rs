//! The same keys and errors in every runtime: native, Node, workerd and Chromium, over the vectors and generated cases.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use crate::{apt, npm, process, toolchain, wasm};

/// The folder of the JavaScript runners and of the npm packages that they need.
pub(crate) const RUNNERS: &str = "tests/js";

/// How many requests are generated.
const GENERATED: &str = "20000";

/// What the browser is called: by Debian, and by others.
const CHROMIUM: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Makes sure that the runners and the browser are there, and says which versions. A missing runtime is an error: keys
/// that nobody compared may differ.
pub(crate) fn require() -> Result<()> {
    npm::require()?;
    if chromium().is_none() {
        apt::install(&["chromium"]).context("the comparison of keys needs Chromium")?;
    }
    let (_, version) = chromium().context("Chromium is installed, but it is not in PATH")?;
    println!("needs Chromium: found {version}");
    Ok(())
}

/// Builds the package and compares it.
pub(crate) fn run_alone() -> Result<ExitCode> {
    require()?;
    wasm::build(&toolchain::require_wasm()?)?;
    run()?;
    Ok(ExitCode::SUCCESS)
}

/// Compares the package with the native build in every runtime. The package has to be built.
pub(crate) fn run() -> Result<()> {
    npm::install(RUNNERS)?;
    let cases = write_cases()?;
    let (browser, _) = chromium().context("there is no Chromium")?;
    let mut node = Command::new("node");
    node.current_dir(process::workspace_root()).arg("tests/js/equality/main.js");
    process::run(node.arg(cases).arg("tests/vectors/unicode.json").arg(browser))
}

/// Lets the native build write the cases with their outcomes.
fn write_cases() -> Result<PathBuf> {
    let file = process::target_dir()?.join("equality-cases.jsonl");
    let mut example = process::cargo();
    example.args(["run", "--quiet", "--release", "--locked", "--package", "medinsight-core", "--example", "equality"]);
    example.args(["--", "tests/vectors/keys", GENERATED]);
    example.stdout(File::create(&file).context("cannot write the cases")?);
    process::run(&mut example)?;
    Ok(file)
}

/// The browser and its version.
pub(crate) fn chromium() -> Option<(PathBuf, String)> {
    let paths = std::env::var_os("PATH")?;
    let candidates = std::env::split_paths(&paths).flat_map(|folder| CHROMIUM.map(|name| folder.join(name)));
    let found = candidates.into_iter().find(|path| path.is_file())?;
    let version = process::capture(Command::new(&found).arg("--version"))?;
    Some((found, version))
}
