//! Finds the programs of this machine that tests start.

use std::env;
use std::path::PathBuf;

/// Where a program is.
///
/// # Panics
///
/// When it is nowhere in `PATH`; the message names the package that has it.
#[must_use]
#[track_caller]
pub fn require(name: &str, package: &str) -> PathBuf {
    find(name).unwrap_or_else(|| {
        panic!(
            "this test needs {name}, which is not in PATH; please install the package {package}, \
             for instance by `apt-get install {package}`; `cargo xtask test` does it where it may"
        )
    })
}

/// Where a program is, if it is in `PATH`.
#[must_use]
pub fn find(name: &str) -> Option<PathBuf> {
    let directories = env::var_os("PATH")?;
    env::split_paths(&directories).map(|directory| directory.join(name)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::{find, require};

    #[test]
    fn a_program_that_is_there_is_found() {
        assert!(find("sh").is_some());
    }

    #[test]
    #[should_panic(expected = "please install the package invented-package")]
    fn a_missing_program_is_a_failure_that_names_the_package() {
        let _ = require("a-program-that-does-not-exist", "invented-package");
    }
}
