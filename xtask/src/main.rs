//! The commands of this workspace, as `cargo xtask <command>`: everything CI checks, the WebAssembly build
//! and the load benchmark. Each command installs what it needs or says plainly how to get it.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its user on the terminal")]

mod apt;
mod bench;
mod bench_wasm;
mod capacity;
mod dashboard;
mod deny;
mod dictionary;
#[cfg(test)]
mod documents;
mod drill;
mod equality;
mod fuzz;
mod fuzz_targets;
mod npm;
mod openapi;
mod process;
mod python;
mod redis;
mod sbom;
mod server;
#[cfg(test)]
mod source;
mod template;
mod test;
mod toolchain;
mod wasm;
mod web;

use std::process::ExitCode;

use clap::Parser;

/// The command line of `cargo xtask`.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Development commands of the MedInsight response cache")]
enum Command {
    /// Runs everything CI checks: formatting, the deployment template, lints, documentation, the wasm32 build and all tests.
    Test,
    /// Lints `template.yaml` with cfn-lint and the SAM command line.
    Template,
    /// Checks the licences, the sources and the versions of the dependencies.
    Deny(deny::DenyOptions),
    /// Writes a document (SBOM, `CycloneDX`) for each program: the crates in it, with licences and checksums.
    Sbom(sbom::SbomOptions),
    /// Builds the npm package of the WebAssembly module and prints its sizes.
    Wasm(wasm::WasmOptions),
    /// Measures the service beside the alternatives and writes BENCHMARKS.md, with plots.
    Bench(bench::BenchOptions),
    /// Builds the npm package and compares its keys with the native ones in every runtime; `test` does so, too.
    Equality,
    /// Tests the edge worker, `fetchAnalysis` and both pages in workerd and Chromium; `test` does so, too.
    Web,
    /// Bundles the page at `/dashboard` from `functions/dashboard` into its folder `built`.
    Dashboard,
    /// Measures the time of a key natively, in WebAssembly and in JavaScript.
    BenchWasm(bench_wasm::BenchWasmOptions),
    /// Simulates what breaks first as the load grows: connections, bandwidth, memory, or what Lambda has.
    Capacity(capacity::CapacityOptions),
    /// Measures what a dictionary is worth to the compression of entries, and makes one.
    Dictionary(dictionary::DictionaryOptions),
    /// Measures on real processes what is promised about outages, stampedes, clearing and key rotation.
    Drill(drill::DrillOptions),
    /// Writes functions/openapi.json, the description of the interface, anew from the code.
    Openapi,
    /// Sends a server at least 20,000 requests that schemathesis makes from its OpenAPI document.
    Fuzz(fuzz::FuzzOptions),
    /// Runs the fuzz targets of `tests/fuzz`: keys, patterns, entries, bodies of requests and the routes, guided by coverage.
    FuzzTargets(fuzz_targets::FuzzTargetsOptions),
}

fn main() -> ExitCode {
    let outcome = match Command::parse() {
        Command::Test => test::run(),
        Command::Template => template::run(),
        Command::Deny(options) => deny::run(&options),
        Command::Sbom(options) => sbom::run(&options),
        Command::Wasm(options) => wasm::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Equality => equality::run_alone(),
        Command::Web => web::run_alone(),
        Command::Dashboard => dashboard::run(),
        Command::BenchWasm(options) => bench_wasm::run(&options),
        Command::Capacity(options) => capacity::run(&options),
        Command::Dictionary(options) => dictionary::run(&options),
        Command::Drill(options) => drill::run(&options),
        Command::Openapi => openapi::run(),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::FuzzTargets(options) => fuzz_targets::run(&options),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
