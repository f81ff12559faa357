//! What tests of the template and of the documents read in the source.

use crate::process::workspace_root;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A file of the workspace.
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = workspace_root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of all settings in the source: texts of capitals and underscores, but for those that tests make up.
pub(crate) fn settings() -> BTreeSet<String> {
    let folder = fs::read_dir(workspace_root().join("functions/src/config")).expect("the settings' folder");
    let files = folder.map(|entry| entry.expect("an entry").path());
    let files = files.chain(["functions/src/config.rs", "core/src/policy.rs"].map(|file| workspace_root().join(file)));
    let names = files.flat_map(|file| {
        let source = read(file);
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        code.split('"').filter(|text| is_name(text)).map(str::to_owned).collect::<Vec<_>>()
    });
    names.collect()
}

fn is_name(text: &str) -> bool {
    text.contains('_')
        && !text.ends_with('_')
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.chars().all(|next| next.is_ascii_uppercase() || next.is_ascii_digit() || next == '_')
}
