//! The WebAssembly module and its JavaScript glue: built by cargo, bound by wasm-bindgen, made smaller by wasm-opt.

use std::env;
use std::fs;
use std::mem;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::toolchain::{WASM_TARGET, WasmToolchain};
use crate::{npm, process};

/// The packages of the WebAssembly build. One command builds both: apart, they would compile all dependencies twice,
/// because only the bindings are linked and so optimised as a whole.
const PACKAGES: [&str; 4] = ["--package", "medinsight-core", "--package", "medinsight-wasm"];

/// The profile of the build in `Cargo.toml`, which is also the name of its output directory.
const PROFILE: &str = "wasm";

/// Flags of the compiler. SIMD makes SHA-256 faster and smaller; every runtime has had it since 2023. Inlining about as
/// reluctantly as when optimising for size saves more than 2 KB with gzip.
const RUSTFLAGS: [&str; 2] = ["-Ctarget-feature=+simd128", "-Cllvm-args=-inline-threshold=60"];

/// The name of the files that wasm-bindgen makes, without their endings.
const NAME: &str = "cache_keys";

/// What every optimisation of the finished module may rely on: what the compiler was allowed to use.
const WASM_OPT: [&str; 9] = [
    "-O3",
    "--converge",
    "--enable-bulk-memory",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-simd",
    "--strip-target-features",
];

/// The three files that make the module usable.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Module {
    /// The JavaScript that loads the module and converts arguments and results.
    pub(crate) glue: String,
    /// The TypeScript declarations of the exported functions.
    pub(crate) declarations: String,
    /// The module.
    pub(crate) wasm: Vec<u8>,
}

/// Builds, binds and optimises the module in a directory of its own under the target directory.
pub(crate) fn build(toolchain: &WasmToolchain, directory: &str) -> Result<Module> {
    let directory = process::target_dir()?.join(directory);
    let built = compile(toolchain, &directory)?;
    let work = directory.join("bound");
    let names = bind(&built, &work)?;
    let optimised = work.join("optimised.wasm");
    optimise(&work.join(format!("{NAME}_bg.wasm")), &optimised)?;
    let glue = read(&work.join(format!("{NAME}.js")))?;
    Ok(Module {
        glue: minify(&with_short_names(without_indentation(&glue), &names)?, &work)?,
        declarations: declarations(&built)?,
        wasm: fs::read(&optimised).context("wasm-opt left no module")?,
    })
}

/// Compiles the packages and says where the module is.
fn compile(toolchain: &WasmToolchain, target_dir: &Path) -> Result<PathBuf> {
    let mut cargo = toolchain.cargo();
    cargo.env("CARGO_TARGET_DIR", target_dir).env("CARGO_ENCODED_RUSTFLAGS", rustflags(toolchain));
    cargo.args(["build", "--profile", PROFILE, "--locked", "--target", WASM_TARGET]).args(PACKAGES);
    process::run(&mut cargo)?;
    Ok(target_dir.join(WASM_TARGET).join(PROFILE).join("medinsight_wasm.wasm"))
}

/// The compiler's flags, and what keeps the directories of this machine out of the module.
fn rustflags(toolchain: &WasmToolchain) -> String {
    let home = env::var("CARGO_HOME").ok().or_else(|| env::var("HOME").ok().map(|home| format!("{home}/.cargo")));
    let root = process::workspace_root().to_string_lossy().into_owned();
    let directories = [(Some(root), "medinsight"), (home, "cargo"), (toolchain.sysroot(), "rust")];
    let remaps = directories.into_iter().filter_map(|(from, to)| Some(format!("--remap-path-prefix={}={to}", from?)));
    RUSTFLAGS.map(str::to_owned).into_iter().chain(remaps).collect::<Vec<_>>().join("\u{1f}")
}

/// Writes the module and the glue, for an explicit start from bytes, a compiled module or an address.
///
/// wasm-bindgen is a library here instead of its command-line tool: so `Cargo.lock` pins the very version that the
/// bindings need, and nobody has to install anything.
///
/// The names of what the module imports have hashes in them, which no compression makes smaller. Only the glue knows
/// them, so they are shortened on both sides; returned are the long ones in their order.
fn bind(built: &Path, out: &Path) -> Result<Vec<String>> {
    let mut output = bindgen(built).web(true)?.typescript(false).generate_output().context("wasm-bindgen failed")?;
    let imports = output.wasm_mut().imports.iter_mut().enumerate();
    let names = imports.map(|(number, import)| mem::replace(&mut import.name, short_name(number))).collect();
    output.emit(out).context("wasm-bindgen wrote nothing")?;
    Ok(names)
}

fn short_name(number: usize) -> String {
    format!("i{number}")
}

/// Gives the members of the glue's import object the short names.
fn with_short_names(mut glue: String, names: &[String]) -> Result<String> {
    for (number, name) in names.iter().enumerate() {
        let (long, short) = (format!("\n{name}: "), format!("\n{}: ", short_name(number)));
        ensure!(glue.matches(&long).count() == 1, "the glue does not define {name} exactly once");
        glue = glue.replace(&long, &short);
    }
    Ok(glue)
}

/// The declarations of the functions alone. Those of the target `web` would add its raw exports, which are nobody's
/// business.
fn declarations(built: &Path) -> Result<String> {
    let output = bindgen(built).bundler(true)?.typescript(true).generate_output().context("wasm-bindgen failed")?;
    Ok(output.ts().unwrap_or_default().to_owned())
}

fn bindgen(built: &Path) -> Bindgen {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(built).out_name(NAME).remove_name_section(true).remove_producers_section(true);
    bindgen
}

/// Makes the module smaller with the wasm-opt of the npm package `binaryen`.
fn optimise(from: &Path, to: &Path) -> Result<()> {
    let mut wasm_opt = Command::new("node");
    wasm_opt.arg(npm::tool("wasm", "binaryen/bin/wasm-opt")?).arg(from).arg("-o").arg(to).args(WASM_OPT);
    process::run(&mut wasm_opt)
}

/// The glue without its indentation, so that its members stand at the beginning of their lines.
fn without_indentation(glue: &str) -> String {
    glue.lines().flat_map(|line| [line.trim_start(), "\n"]).collect()
}

/// Makes the glue smaller with the npm package `esbuild`. Its documentation is in the declarations, where editors look
/// for it.
fn minify(glue: &str, work: &Path) -> Result<String> {
    let (from, to) = (work.join("long.js"), work.join("short.js"));
    fs::write(&from, glue).context("cannot write the glue")?;
    let mut esbuild = Command::new("node");
    esbuild.arg(npm::tool("wasm", "esbuild/bin/esbuild")?).arg(&from).arg(format!("--outfile={}", to.display()));
    process::run(esbuild.args(["--minify", "--format=esm", "--target=es2022", "--log-level=warning"]))?;
    read(&to)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
