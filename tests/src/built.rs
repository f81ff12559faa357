//! The workspace's own programs, built when they are needed.

use serde_json::Value;
use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// The environment variable that names the server when it has been built already.
pub const PROGRAM_VARIABLE: &str = "MEDINSIGHT_PROGRAM";

/// The environment variable that names the directory of the Lambda functions when they have been built already.
pub const FUNCTIONS_VARIABLE: &str = "MEDINSIGHT_FUNCTIONS";

/// The package of the server and the functions.
const FUNCTIONS: &str = "medinsight-functions";

/// This package.
const TESTS: &str = "medinsight-tests";

/// The package that has been built, by the names of its programs.
static BUILT: Mutex<BTreeMap<&str, BTreeMap<String, PathBuf>>> = Mutex::new(BTreeMap::new());

/// A program of the service: the server, or a Lambda function.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    find(FUNCTIONS, name)
}

/// A program of the tests.
#[must_use]
pub fn test_program(name: &str) -> PathBuf {
    find(TESTS, name)
}

/// The program that has been built already, or else built once, in the profile of these tests.
fn find(package: &'static str, name: &str) -> PathBuf {
    let given = match name {
        "medinsight" => env::var_os(PROGRAM_VARIABLE).map(PathBuf::from),
        _ => env::var_os(FUNCTIONS_VARIABLE).map(|directory| Path::new(&directory).join(name)),
    };
    if let Some(program) = given {
        return program;
    }
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let programs = built.entry(package).or_insert_with(|| build(package));
    programs.get(name).cloned().unwrap_or_else(|| panic!("there is no program {name}"))
}

fn build(package: &str) -> BTreeMap<String, PathBuf> {
    let profile_dir = profile_dir();
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--locked", "--message-format", "json", "--quiet"]);
    cargo.args(["--package", package, "--bins", "--profile", profile_of(&profile_dir)]);
    cargo.arg("--target-dir").arg(profile_dir.parent().expect("a target directory"));
    // Build scripts of dependencies run again when these differ, and everything above them is compiled anew.
    let is_of_this_package = |name: &str| ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.starts_with(start));
    env::vars_os().filter(|(name, _)| is_of_this_package(&name.to_string_lossy())).for_each(|(name, _)| {
        cargo.env_remove(name);
    });
    let output = cargo.stderr(Stdio::inherit()).output().expect("cargo can be started");
    assert!(output.status.success(), "the programs do not build");
    String::from_utf8_lossy(&output.stdout).lines().filter_map(executable).collect()
}

/// The directory of the profile that this program was built in: `target/debug`.
fn profile_dir() -> PathBuf {
    let program = env::current_exe().expect("a program that knows where it is");
    let directory = program.parent().expect("a program lies in a directory");
    let is_test = directory.ends_with("deps");
    if is_test { directory.parent().expect("cargo's directories") } else { directory }.to_owned()
}

/// The name of the profile: that of its directory, but for one.
fn profile_of(profile_dir: &Path) -> &str {
    match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    }
}

fn executable(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    Some((message["target"]["name"].as_str()?.to_owned(), message["executable"].as_str()?.into()))
}
