//! `cargo xtask wasm`: builds what runs in edge workers and browsers.

mod module;

use std::process::ExitCode;

use anyhow::Result;

use crate::npm;
use crate::toolchain::{self, WasmToolchain};

/// Finds a compiler and builds with it.
pub(crate) fn run() -> Result<ExitCode> {
    npm::require()?;
    build(&toolchain::require_wasm()?)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the packages in the release profile and prints the size of the module.
pub(crate) fn build(toolchain: &WasmToolchain) -> Result<()> {
    npm::install("wasm")?;
    let module = module::build(toolchain)?;
    println!("{}", module.wasm.len());
    Ok(())
}
