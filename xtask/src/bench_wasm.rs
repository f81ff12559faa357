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

/// How many measurements there are in each turn.
pub(crate) const ROUNDS: u32 = 9;

/// What the comparison is held to.
#[derive(Debug, Args)]
pub(crate) struct BenchWasmOptions {
    /// Measurements in each turn; the table shows medians over all of them.
    #[arg(long, default_value_t = ROUNDS, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
}

/// The medians, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyTimes {
    pub(crate) native: f64,
    /// From the bytes of a request.
    pub(crate) wasm_bytes: f64,
    /// From its text.
    pub(crate) wasm_text: f64,
    /// From its text, without WebAssembly.
    pub(crate) javascript: f64,
}

/// Builds everything, measures in turns and prints the medians.
pub(crate) fn run(options: &BenchWasmOptions) -> Result<ExitCode> {
    report(measure(options.rounds)?);
    Ok(ExitCode::SUCCESS)
}

/// Builds everything and measures in turns.
pub(crate) fn measure(rounds: u32) -> Result<KeyTimes> {
    npm::require()?;
    wasm::build(&toolchain::require_wasm()?)?;
    npm::install(equality::RUNNERS)?;
    let rounds = rounds.to_string();
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
    Ok(KeyTimes { native: native?, wasm_bytes: bytes?, wasm_text: text?, javascript: javascript? })
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

impl KeyTimes {
    /// Each by where the key was computed, and of what.
    pub(crate) fn by_setting(&self) -> [(&'static str, f64); 4] {
        [
            ("native", self.native),
            ("WebAssembly of bytes", self.wasm_bytes),
            ("WebAssembly of text", self.wasm_text),
            ("JavaScript of text", self.javascript),
        ]
    }
}

fn report(times: KeyTimes) {
    println!("\nThe key of {REQUEST}, medians:\n");
    for (name, nanoseconds) in times.by_setting() {
        println!("{name:>26}: {nanoseconds:>6.0} ns, {:.2} times native", nanoseconds / times.native);
    }
    println!("{:>26}: {:.2} times as fast as JavaScript", "WebAssembly, text", times.javascript / times.wasm_text);
}
