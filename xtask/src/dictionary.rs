//! `cargo xtask dictionary`: what a dictionary is worth to the compression of entries, and how one is made.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::process;

/// Whether a dictionary is only measured or also written.
#[derive(Debug, Args)]
pub(crate) struct DictionaryOptions {
    /// Writes a dictionary to this new file, for example `functions/data/answers-2.zstd-dict`. A file that exists is
    /// never overwritten, because entries need the very dictionary that they were compressed with.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// Runs the example that knows the answers, optimised, because it also measures time.
pub(crate) fn run(options: &DictionaryOptions) -> Result<ExitCode> {
    let mut example = process::cargo();
    example.args(["run", "--release", "--locked", "--package", "medinsight-functions"]);
    example.args(["--example", "dictionary", "--"]);
    if let Some(file) = &options.write {
        example.arg("--write").arg(std::path::absolute(file).context("the file has no path")?);
    }
    process::run(&mut example)?;
    Ok(ExitCode::SUCCESS)
}
