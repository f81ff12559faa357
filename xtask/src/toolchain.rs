//! Finds the tools that the other commands need, and installs the missing ones where that is possible.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::{apt, process};

/// The compilation target of the WebAssembly build.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The Debian packages of the second compiler: itself, its cargo, its standard library's source, and a linker.
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

/// How long rustup may take to download something; without a network it would try for minutes.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(180);

/// A compiler that can build for [`WASM_TARGET`]. Both build the standard library from its source: the ready-made one
/// has the code that prints panics, which nobody would see there and which is a seventh of the module.
#[derive(Debug)]
pub(crate) enum WasmToolchain {
    /// The compiler in use, with the source of its standard library.
    Installed,
    /// Debian's second compiler.
    Debian(DebianToolchain),
}

/// The programs of Debian's second compiler, used by path because another compiler comes first in `PATH`.
#[derive(Debug)]
pub(crate) struct DebianToolchain {
    cargo: PathBuf,
    rustc: PathBuf,
    linker: PathBuf,
}

/// Makes sure that a part of the toolchain such as `rustfmt` is there, and says which version.
pub(crate) fn require_component(subcommand: &str, component: &str) -> Result<()> {
    let installed = component_version(subcommand).or_else(|| {
        rustup(&["component", "add", component]);
        component_version(subcommand)
    });
    let version = installed.with_context(|| {
        format!("{component} is missing; please run `rustup component add {component}` or install your system's {component} package")
    })?;
    println!("needs {component}: found {version}");
    Ok(())
}

/// Finds or installs a compiler for [`WASM_TARGET`] and says which: the one in use first, then Debian's packages.
pub(crate) fn require_wasm() -> Result<WasmToolchain> {
    let toolchain = find_installed().or_else(find_debian).map_or_else(install_wasm, Ok)?;
    println!("needs a compiler for {WASM_TARGET}: found {}", toolchain.describe());
    Ok(toolchain)
}

/// Finds or installs Debian's compiler, where another one would do as well.
pub(crate) fn require_debian_wasm() -> Result<WasmToolchain> {
    let toolchain = find_debian().map_or_else(install_debian, Ok)?;
    println!("needs a compiler for {WASM_TARGET}: found {}", toolchain.describe());
    Ok(toolchain)
}

impl WasmToolchain {
    /// A cargo command of this toolchain. Building the standard library and aborting without a message are unstable
    /// features of stable compilers.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = match self {
            Self::Installed => process::cargo(),
            Self::Debian(debian) => debian.cargo(),
        };
        command
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
            .env("CARGO_UNSTABLE_PANIC_IMMEDIATE_ABORT", "true")
            .env("CARGO_PROFILE_WASM_PANIC", "immediate-abort");
        command
    }

    /// A name for the toolchain's output directory: two compilers would rebuild each other's output for ever.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Installed => "wasm",
            Self::Debian(_) => "wasm-debian",
        }
    }

    /// The directory of the compiler, which its own source is in.
    pub(crate) fn sysroot(&self) -> Option<String> {
        let rustc = match self {
            Self::Installed => PathBuf::from(rustc()),
            Self::Debian(debian) => debian.rustc.clone(),
        };
        process::capture(Command::new(rustc).args(["--print", "sysroot"]))
    }

    /// Which toolchain this is, for people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Installed => format!("{} with its source", version(Path::new("rustc"))),
            Self::Debian(debian) => format!("Debian's rustc-web, {}", version(&debian.rustc)),
        }
    }
}

impl DebianToolchain {
    /// This compiler's cargo, freed of what the other compiler's cargo and rustup put into the environment.
    fn cargo(&self) -> Command {
        let mut command = Command::new(&self.cargo);
        command.current_dir(process::workspace_root());
        for variable in ["CARGO", "LD_LIBRARY_PATH", "RUSTDOC", "RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER"] {
            command.env_remove(variable);
        }
        command.env("RUSTC", &self.rustc).env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &self.linker);
        command
    }
}

/// The version line of a cargo subcommand, or nothing if it does not run.
fn component_version(subcommand: &str) -> Option<String> {
    process::capture(process::cargo().args([subcommand, "--version"]))
}

/// The compiler in use, if the source of its standard library is there.
fn find_installed() -> Option<WasmToolchain> {
    let source = Path::new(&WasmToolchain::Installed.sysroot()?).join("lib/rustlib/src/rust/library/Cargo.lock");
    source.exists().then_some(WasmToolchain::Installed)
}

fn rustc() -> OsString {
    env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"))
}

/// Debian's second compiler, if all of its packages are installed.
fn find_debian() -> Option<WasmToolchain> {
    apt::files_of("rust-web-src")?;
    Some(WasmToolchain::Debian(DebianToolchain {
        cargo: program_of("cargo-web", "bin/cargo")?,
        rustc: program_of("rustc-web", "bin/rustc")?,
        linker: program_of("lld", "bin/wasm-ld")?,
    }))
}

/// A package's program by the end of its path; what lies under `share` are helpers of Debian's own builds.
fn program_of(package: &str, ending: &str) -> Option<PathBuf> {
    let files = apt::files_of(package)?;
    files.into_iter().find(|path| path.ends_with(ending) && !path.starts_with("/usr/share"))
}

/// Tries both ways of getting a compiler for the target, in the order of preference.
fn install_wasm() -> Result<WasmToolchain> {
    rustup(&["component", "add", "rust-src"]);
    find_installed().map_or_else(install_debian, Ok).with_context(|| {
        format!(
            "no compiler for {WASM_TARGET}: `rustup component add rust-src` did not work, nor did Debian's packages"
        )
    })
}

fn install_debian() -> Result<WasmToolchain> {
    apt::install(&DEBIAN_PACKAGES)?;
    find_debian().context("the Debian packages are installed, but their programs were not found")
}

/// Asks rustup for something; whether it worked shows when the thing is looked for again.
fn rustup(arguments: &[&str]) {
    println!("trying rustup {}", arguments.join(" "));
    process::succeeds_within(Command::new("rustup").args(arguments), DOWNLOAD_LIMIT);
}

/// The version line of a compiler.
fn version(rustc: &Path) -> String {
    process::capture(Command::new(rustc).arg("--version")).unwrap_or_else(|| "rustc of unknown version".to_owned())
}
