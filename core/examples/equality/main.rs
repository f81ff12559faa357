//! Writes test cases together with what the native build makes of them, one JSON object a line: `equality <vectors>
//! <number>`. The JavaScript runners of `tests/js` read the same lines and have to come to the same outcomes.
#![allow(clippy::print_stdout, reason = "a command-line tool talks to its user on the terminal")]

mod generator;
mod numbers;
mod outcome;
mod random;
mod texts;

use random::Random;
use serde_json::{Value, json};
use std::error::Error;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

/// Makes the generated cases the same in every run.
const SEED: u64 = 0x4D65_6449_6E73_6967;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("no folder of vectors was given")?;
    let number: usize = arguments.next().ok_or("no number of cases was given")?.parse()?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut random = Random::new(SEED);
    let generated = (0..number).map(|_| generator::case(&mut random));
    for (operation, input) in vectors(&folder)?.into_iter().chain(generated) {
        let outcome = outcome::of(&operation, &input)?;
        writeln!(out, "{}", json!({"operation": operation, "input": input, "outcome": outcome}))?;
    }
    Ok(out.flush()?)
}

/// The operations and inputs of the conformance vectors, in the order of their names.
fn vectors(folder: &str) -> Result<Vec<(String, Value)>, Box<dyn Error>> {
    let files = fs::read_dir(folder)?.map(|file| file.map(|file| file.path()));
    let mut files: Vec<PathBuf> = files.collect::<Result<_, _>>()?;
    files.sort();
    let read = |path: &PathBuf| -> Result<(String, Value), Box<dyn Error>> {
        let mut vector: Value = serde_json::from_slice(&fs::read(path)?)?;
        let operation = vector.get("operation").and_then(Value::as_str).ok_or("a vector has no operation")?.to_owned();
        Ok((operation, vector.get_mut("input").ok_or("a vector has no input")?.take()))
    };
    files.iter().map(read).collect()
}
