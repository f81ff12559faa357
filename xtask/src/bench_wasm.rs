//! `cargo xtask bench-wasm`: the time that the key of a 600-byte request takes natively, in WebAssembly under Node, and
//! in plain JavaScript.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::bench::median;
use crate::toolchain;
use crate::{equality, npm, process, wasm};

const REQUEST: &str = "tests/cases/request_600_bytes.json";

/// How often native code and Node take turns, so that a slow second of the machine hits both.
const TURNS: usize = 5;

/// What the comparison is held to.
#[derive(Debug, Args)]
pub(crate) struct BenchWasmOptions {
    /// Measurements in each turn; the table shows medians over all of them.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
}

/// Builds everything, measures in turns and prints the medians.
pub(crate) fn run(options: &BenchWasmOptions) -> Result<ExitCode> {
    npm::require()?;
    wasm::build(&toolchain::require_wasm()?)?;
    npm::install(equality::RUNNERS)?;
    let rounds = options.rounds.to_string();
    let mut samples = [const { Vec::new() }; 4];
    for _ in 0..TURNS {
        let [native, bytes, text, javascript] = &mut samples;
        native.extend(measure_natively(&rounds)?);
        let node = measure_in_node(&rounds)?;
        for (name, into) in [("bytes", bytes), ("text", text), ("javascript", javascript)] {
            into.extend(node[name].as_array().into_iter().flatten().filter_map(serde_json::Value::as_f64));
        }
    }
    let [native, bytes, text, javascript] = samples.map(|samples| median(samples).context("nothing was measured"));
    report([native?, bytes?, text?, javascript?]);
    Ok(ExitCode::SUCCESS)
}

fn measure_natively(rounds: &str) -> Result<Vec<f64>> {
    let mut example = process::cargo();
    example.args(["run", "--quiet", "--release", "--locked", "--package", "medinsight-core", "--example", "key_speed"]);
    let output = process::capture(example.args(["--", REQUEST, rounds])).context("the native measurement failed")?;
    Ok(output.lines().filter_map(|line| line.parse().ok()).collect())
}

fn measure_in_node(rounds: &str) -> Result<serde_json::Value> {
    let mut node = Command::new("node");
    node.current_dir(process::workspace_root()).args(["tests/js/bench/main.js", REQUEST, rounds]);
    let output = process::capture(&mut node).context("the measurement in Node failed")?;
    serde_json::from_str(&output).context("the measurement in Node printed no JSON")
}

fn report([native, bytes, text, javascript]: [f64; 4]) {
    println!("\nThe key of {REQUEST}, medians:\n");
    let rows = [("native", native), ("Node, WebAssembly, bytes", bytes), ("Node, WebAssembly, text", text)];
    for (name, nanoseconds) in rows.into_iter().chain([("Node, JavaScript, text", javascript)]) {
        println!("{name:>26}: {nanoseconds:>6.0} ns, {:.2} times native", nanoseconds / native);
    }
    println!("{:>26}: {:.2} times as fast as JavaScript", "WebAssembly, text", javascript / text);
}
