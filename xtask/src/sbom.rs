//! `cargo xtask sbom`: what each program is made of, in the format of `CycloneDX`.
//!
//! cargo says what gets into a program, and `Cargo.lock` has the checksums. A document has no date and no random number, so
//! the same sources make the same document.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value, json};

use crate::process;

/// The package of all programs.
const PACKAGE: &str = "medinsight-functions";

/// The programs and the cargo features that they are released with.
const PROGRAMS: [(&str, &str); 6] =
    [("medinsight", "cli"), ("health", ""), ("drug", ""), ("sessions", ""), ("redis", ""), ("worker", "")];

/// Which programs are described.
#[derive(Debug, Args)]
pub(crate) struct SbomOptions {
    /// Further features of `medinsight-functions` that the programs are built with, such as `bedrock`.
    #[arg(long, default_value = "")]
    features: String,
}

/// A crate and its version.
type Name = (String, String);

/// What a program is made of: each crate with its licence, and what it uses.
#[derive(Debug, Default, PartialEq)]
struct Parts {
    licences: BTreeMap<Name, String>,
    uses: BTreeMap<Name, BTreeSet<Name>>,
}

/// Writes a document for each program.
pub(crate) fn run(options: &SbomOptions) -> Result<ExitCode> {
    let directory = process::target_dir()?.join("sbom");
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    for (program, features) in PROGRAMS {
        let parts = parts(&format!("{features} {}", options.features))?;
        let file = directory.join(format!("{program}.cdx.json"));
        let document = serde_json::to_string_pretty(&document(program, &parts, &checksums()?))?;
        fs::write(&file, document + "\n").with_context(|| format!("cannot write {}", file.display()))?;
        println!("{}: {} crates", file.display(), parts.licences.len());
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks cargo what is linked into a program; macros and build scripts are not.
fn parts(features: &str) -> Result<Parts> {
    let mut tree = process::cargo();
    tree.args(["tree", "--locked", "--package", PACKAGE, "--edges", "normal,no-proc-macro", "--no-default-features"]);
    tree.args(["--features", features.trim(), "--prefix", "depth", "--format", " {p}|{l}"]);
    process::capture(&mut tree).map(|tree| Parts::of(&tree)).context("cargo tree failed")
}

impl Parts {
    /// Reads lines such as `2 http v1.4.0|MIT OR Apache-2.0`; a crate of this workspace has its path in parentheses, and
    /// one that was shown before an asterisk.
    fn of(tree: &str) -> Self {
        let (mut parts, mut path) = (Self::default(), Vec::<Name>::new());
        for (depth, name, licence) in tree.lines().filter_map(line) {
            path.truncate(depth);
            if let Some(user) = path.last() {
                parts.uses.entry(user.clone()).or_default().insert(name.clone());
            }
            parts.licences.insert(name.clone(), licence.to_owned());
            path.push(name);
        }
        parts
    }
}

fn line(line: &str) -> Option<(usize, Name, &str)> {
    let (depth, rest) = line.split_once(' ')?;
    let (package, licence) = rest.split_once('|')?;
    let mut words = package.split(' ');
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    Some((depth.parse().ok()?, (name.to_owned(), version.to_owned()), licence.trim_end_matches(" (*)")))
}

/// The checksums in `Cargo.lock`; crates of this workspace have none.
fn checksums() -> Result<BTreeMap<Name, String>> {
    let lock = fs::read_to_string(process::workspace_root().join("Cargo.lock")).context("there is no Cargo.lock")?;
    Ok(packages(&lock).filter_map(|(name, checksum)| Some((name, checksum?))).collect())
}

fn packages(lock: &str) -> impl Iterator<Item = (Name, Option<String>)> {
    lock.split("[[package]]").skip(1).filter_map(|package| {
        let member = |name: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "))?;
            Some(line.trim_matches('"').to_owned())
        };
        Some(((member("name")?, member("version")?), member("checksum")))
    })
}

/// A document in version 1.6 of the format.
fn document(program: &str, parts: &Parts, checksums: &BTreeMap<Name, String>) -> Value {
    let (name, version) = parts.licences.keys().find(|(name, _)| name == PACKAGE).cloned().unwrap_or_default();
    let root = reference(&(name, version.clone()));
    let components = parts.licences.iter().filter(|(name, _)| name.0 != PACKAGE);
    let components: Vec<_> = components.map(|(name, licence)| component(name, licence, checksums.get(name))).collect();
    let dependencies = parts.licences.keys().map(|name| {
        let used: Vec<_> = parts.uses.get(name).into_iter().flatten().map(reference).collect();
        json!({ "ref": reference(name), "dependsOn": used })
    });
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": { "type": "application", "bom-ref": root, "name": program, "version": version },
        },
        "components": components,
        "dependencies": dependencies.collect::<Vec<_>>(),
    })
}

fn component(name: &Name, licence: &str, checksum: Option<&String>) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": reference(name),
        "name": name.0,
        "version": name.1,
        "licenses": [{ "expression": licence.replace('/', " OR ") }],
    });
    if let Some(checksum) = checksum {
        component["purl"] = reference(name).into();
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    component
}

/// The name of a crate among all packages of all languages.
fn reference((name, version): &Name) -> String {
    format!("pkg:cargo/{name}@{version}")
}

#[cfg(test)]
mod tests {
    use super::{PROGRAMS, Parts, checksums, document, packages, parts};
    use crate::source::read;
    use std::collections::BTreeSet;

    #[test]
    fn a_tree_is_read_with_what_uses_what() {
        let tree = "0 a v1.0.0 (/invented/a)|MIT\n1 b v2.0.0|MIT/Apache-2.0\n2 c v3.1.0|ISC\n1 c v3.1.0|ISC (*)\n";
        let parts = Parts::of(tree);
        let name = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        let (a, b, c) = (name("a", "1.0.0"), name("b", "2.0.0"), name("c", "3.1.0"));
        assert_eq!(parts.uses[&a], BTreeSet::from([b.clone(), c.clone()]));
        assert_eq!(parts.uses[&b], BTreeSet::from([c.clone()]));
        assert_eq!(
            parts.licences.into_iter().collect::<Vec<_>>(),
            [(a, "MIT".to_owned()), (b, "MIT/Apache-2.0".to_owned()), (c, "ISC".to_owned())]
        );
    }

    #[test]
    fn the_document_of_each_program_has_what_cargo_lock_has_and_as_many_crates_as_the_readme_says() {
        let lock = read("Cargo.lock");
        let (locked, checksums) = (packages(&lock).collect::<Vec<_>>(), checksums().expect("a lock file"));
        let readme = read("README.md").replace('\n', " ");
        for (program, features) in PROGRAMS.iter().take(2) {
            let parts = parts(features).expect("a tree");
            let document = document(program, &parts, &checksums);
            let components = document["components"].as_array().expect("components");
            for component in components {
                let text = |member: &str| component[member].as_str().expect("a text").to_owned();
                let checksum = component["hashes"][0]["content"].as_str().map(str::to_owned);
                assert!(locked.contains(&((text("name"), text("version")), checksum)), "{component}");
            }
            let others = components.iter().filter(|component| component["purl"].is_string()).count();
            let said = if *program == "medinsight" {
                format!("`medinsight` {others},")
            } else {
                format!("Each Lambda function and the worker have {others} crates of others")
            };
            assert!(readme.contains(&said), "README.md does not say: {said}");
            assert!(components.iter().any(|component| component["name"] == "axum"));
        }
    }
}
