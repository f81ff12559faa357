//! The npm package: what belongs into it, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::module::Module;
use crate::{npm, process};

/// The directory of the finished package, in the workspace.
pub(crate) const DIRECTORY: &str = "wasm/pkg";

/// Files that are written by hand and where they are.
const COPIED: [(&str, &str); 9] = [
    ("CHANGELOG.md", "wasm/CHANGELOG.md"),
    ("LICENSE", "LICENSE"),
    ("README.md", "wasm/README.md"),
    ("browser.js", "wasm/entry/browser.js"),
    ("fetch.d.ts", "wasm/entry/fetch.d.ts"),
    ("fetch.js", "wasm/entry/fetch.js"),
    ("node.js", "wasm/entry/node.js"),
    ("package.json", "wasm/package.json"),
    ("workerd.js", "wasm/entry/workerd.js"),
];

/// Files that the build makes.
const GENERATED: [&str; 3] = ["cache_keys.js", "cache_keys.wasm", "index.d.ts"];

/// Writes the package and fails if npm would publish other files than these.
pub(crate) fn assemble(module: &Module) -> Result<PathBuf> {
    let root = process::workspace_root();
    let package = root.join(DIRECTORY);
    clear(&package)?;
    for (name, from) in COPIED {
        fs::copy(root.join(from), package.join(name)).with_context(|| format!("cannot copy {from}"))?;
    }
    let types = fs::read_to_string(root.join("wasm/entry/index.d.ts")).context("cannot read wasm/entry/index.d.ts")?;
    let declarations = [types.as_str(), &without_directives(&module.declarations)].concat();
    for (name, content) in GENERATED.iter().zip([module.glue.as_bytes(), &module.wasm, declarations.as_bytes()]) {
        fs::write(package.join(name), content).with_context(|| format!("cannot write {name}"))?;
    }
    check_content()?;
    Ok(package)
}

/// The files that are loaded in a browser, which the limit on the size is about.
pub(crate) fn loaded(package: &Path) -> [PathBuf; 3] {
    ["cache_keys.wasm", "cache_keys.js", "browser.js"].map(|name| package.join(name))
}

/// Makes an empty directory; a file of an earlier build must not be published.
fn clear(package: &Path) -> Result<()> {
    if package.exists() {
        fs::remove_dir_all(package).context("cannot clear the package")?;
    }
    fs::create_dir_all(package).context("cannot make the package's directory")
}

/// Leaves out the comments for linters, which have no meaning in a published file.
fn without_directives(declarations: &str) -> String {
    declarations.lines().filter(|line| !line.starts_with("/* ")).flat_map(|line| [line, "\n"]).collect()
}

/// Asks npm what it would publish.
fn check_content() -> Result<()> {
    let listing = process::capture(npm::npm(DIRECTORY).args(["pack", "--dry-run", "--json", "--ignore-scripts"]));
    let listing = listing.context("`npm pack` failed")?;
    let listing: serde_json::Value = serde_json::from_str(&listing).context("`npm pack` printed no JSON")?;
    // Newer versions of npm name the packages, older ones number them.
    let files = listing.as_array().and_then(|list| list.first()).or_else(|| listing.as_object()?.values().next());
    let files = files.and_then(|package| package["files"].as_array()).context("`npm pack` listed no files")?;
    let found: BTreeSet<&str> = files.iter().filter_map(|file| file["path"].as_str()).collect();
    let allowed: BTreeSet<&str> = COPIED.iter().map(|(name, _)| *name).chain(GENERATED).collect();
    ensure!(found == allowed, "npm would publish {found:?} instead of {allowed:?}");
    println!("npm pack: {} files, all of them allowed", found.len());
    Ok(())
}
