//! What the documents list against the code that it is about.

use crate::process::workspace_root;
use crate::source::{read, settings};
use clap::CommandFactory as _;
use std::collections::BTreeSet;
use std::path::Path;

const DOCUMENTS: [&str; 10] = [
    "README.md",
    "ARCHITECTURE.md",
    "BENCHMARKS.md",
    "CHANGELOG.md",
    "docs/benchmarks/scale.md",
    "docs/capacity.md",
    "docs/command-line.md",
    "docs/deploy.md",
    "docs/local-lambda.md",
    "docs/origins.md",
];

#[test]
fn the_table_of_settings_has_every_setting_that_is_read_and_no_other() {
    let (listed, read) = (settings_of_the_readme(), settings());
    assert!(read.len() > 40, "the settings were not found");
    assert_eq!(listed.difference(&read).collect::<Vec<_>>(), Vec::<&String>::new(), "nobody reads these");
    assert_eq!(read.difference(&listed).collect::<Vec<_>>(), Vec::<&String>::new(), "README.md lacks these");
}

#[test]
fn the_flags_in_the_table_of_settings_are_those_of_the_server() {
    let (readme, source) = (read("README.md"), read("functions/src/bin/medinsight/serve.rs"));
    let listed: BTreeSet<_> = quoted_in(section(&readme, "Settings")).filter(|text| text.starts_with("--")).collect();
    let (_, arguments) = source.split_once("struct ServeArgs {").expect("the arguments of `serve`");
    let fields = arguments.split('}').next().unwrap_or_default().lines();
    let fields = fields.filter_map(|line| line.trim().split_once(": Option<"));
    let flags: BTreeSet<_> = fields.map(|(field, _)| format!("--{}", field.replace('_', "-"))).collect();
    assert_eq!(listed.iter().map(|flag| (*flag).to_owned()).collect::<BTreeSet<_>>(), flags);
}

#[test]
fn the_list_of_commands_has_every_command_of_this_program() {
    let readme = read("README.md");
    let listed = section(&readme, "Test it");
    for command in crate::Command::command().get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = format!("`cargo xtask {}", command.get_name());
        assert!(listed.contains(&format!("| {name}")), "{name}`");
    }
}

#[test]
fn links_lead_somewhere() {
    for document in DOCUMENTS {
        let text = read(document);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.contains("://") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let folder = Path::new(document).parent().expect("a folder");
            let file = if file.is_empty() { document.into() } else { folder.join(file) };
            assert!(workspace_root().join(&file).exists(), "{document}: {target}");
            assert!(
                heading.is_empty() || anchors(&read(&file)).any(|anchor| anchor == heading),
                "{document}: {target}"
            );
        }
    }
}

/// What stands between a heading of the second level and the next one.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    rest.split("\n## ").next().unwrap_or_default()
}

/// What stands in backticks in the lines of tables.
fn quoted_in(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| line.starts_with('|')).flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// The first column, which may name several.
fn settings_of_the_readme() -> BTreeSet<String> {
    let readme = read("README.md");
    let rows = section(&readme, "Settings").lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    rows.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// The names that headings have in links.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    let headings =
        text.lines().filter_map(|line| line.strip_prefix('#')).map(|line| line.trim_start_matches('#').trim());
    headings.map(|heading| {
        let kept = heading.to_lowercase();
        let kept = kept.chars().filter(|next| next.is_alphanumeric() || matches!(next, ' ' | '-' | '_'));
        kept.map(|next| if next == ' ' { '-' } else { next }).collect()
    })
}
