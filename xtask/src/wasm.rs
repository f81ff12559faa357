//! `cargo xtask wasm`: builds the npm package that runs in edge workers and browsers.

mod module;
mod package;
mod sizes;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;

use crate::npm;
use crate::toolchain::{self, WasmToolchain};

/// How the package is built.
#[derive(Debug, Args)]
pub(crate) struct WasmOptions {
    /// Takes Debian's compiler even if the one in use would do.
    #[arg(long)]
    debian: bool,
    /// Builds everything a second time, from nothing, and fails unless all bytes are the same.
    #[arg(long)]
    twice: bool,
}

/// Finds a compiler and builds with it.
pub(crate) fn run(options: &WasmOptions) -> Result<ExitCode> {
    npm::require()?;
    let toolchain = if options.debian { toolchain::require_debian_wasm()? } else { toolchain::require_wasm()? };
    build(&toolchain)?;
    if options.twice {
        check_reproducible(&toolchain)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds the package and prints its sizes.
pub(crate) fn build(toolchain: &WasmToolchain) -> Result<()> {
    npm::install("wasm")?;
    let package = package::assemble(&module::build(toolchain, toolchain.name())?)?;
    sizes::report(&package::loaded(&package))
}

fn check_reproducible(toolchain: &WasmToolchain) -> Result<()> {
    let again = tempfile::tempdir_in(crate::process::target_dir()?)?;
    let name = again.path().file_name().unwrap_or_default().to_string_lossy();
    let (first, second) = (module::build(toolchain, toolchain.name())?, module::build(toolchain, &name)?);
    ensure!(first == second, "two builds differ");
    println!("a second build from nothing gave the same bytes");
    Ok(())
}
