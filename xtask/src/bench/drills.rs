//! What the drills found, in the report: the README's table, so that there is one place to keep it.

use std::fs;

use anyhow::{Context as _, Result};

use crate::process;

const HEADING: &str = "| drill | figure | bar |";

const TEXT: &str = "
## Fault drills

As they stand in the [README](README.md), which says what each is about; `cargo xtask drill` measures them anew. The drill `chaos`
records every request of minutes of random faults and checks the history afterwards.

";

/// The section about the drills.
pub(crate) fn section() -> Result<String> {
    let readme = fs::read_to_string(process::workspace_root().join("README.md")).context("cannot read README.md")?;
    let table = table_of(&readme).context("README.md has no table of the drills")?;
    Ok(format!("{TEXT}{table}\n"))
}

fn table_of(readme: &str) -> Option<&str> {
    let table = &readme[readme.find(HEADING)?..];
    table.split("\n\n").next()
}

#[cfg(test)]
mod tests {
    use super::{section, table_of};

    #[test]
    fn the_table_ends_where_its_paragraph_does() {
        let table = "| drill | figure | bar |\n|---|---|---|\n| a | b | c |";
        assert_eq!(table_of(&format!("before\n\n{table}\n\nafter")), Some(table));
        assert_eq!(table_of("before"), None);
    }

    #[test]
    fn the_readme_has_the_table() {
        assert!(section().expect("a table").contains("`chaos`"));
    }
}
