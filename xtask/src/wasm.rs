//! `cargo xtask wasm`: builds what runs in edge workers and browsers.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::process;
use crate::toolchain::{self, WASM_TARGET, WasmToolchain};

/// The packages of the WebAssembly build. One command builds both: apart, they would compile all dependencies twice,
/// because only the bindings are linked and so optimised as a whole.
const PACKAGES: [&str; 4] = ["--package", "medinsight-core", "--package", "medinsight-wasm"];

/// The file that the build of the bindings leaves.
const MODULE: &str = "medinsight_wasm.wasm";

/// Finds a compiler and builds with it.
pub(crate) fn run() -> Result<ExitCode> {
    build(&toolchain::require_wasm()?)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the packages in the release profile and prints the size of the module.
pub(crate) fn build(toolchain: &WasmToolchain) -> Result<()> {
    let (mut cargo, target_dir) = toolchain.cargo()?;
    cargo.args(["build", "--release", "--locked", "--target", WASM_TARGET]).args(PACKAGES);
    process::run(cargo.args(toolchain.build_arguments()))?;
    report(toolchain, &target_dir)
}

/// Prints how large the module is and which toolchain built it.
fn report(toolchain: &WasmToolchain, target_dir: &Path) -> Result<()> {
    let module = target_dir.join(WASM_TARGET).join("release").join(MODULE);
    let bytes = fs::metadata(&module).with_context(|| format!("the build left no {MODULE}"))?.len();
    println!("{MODULE}: {bytes} bytes, built with {}", toolchain.describe());
    Ok(())
}
