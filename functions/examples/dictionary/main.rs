//! Makes a dictionary for the compression of entries, and measures what it is worth.
//!
//! `cargo xtask dictionary` prints the measurements; `cargo xtask dictionary --write FILE` makes a dictionary as well.
//! Nobody's data go into it: it is trained on what the embedded origin answers to the invented questions of the tests.

#![allow(clippy::print_stdout, reason = "a command-line tool talks to its user on the terminal")]

mod corpus;
mod measure;

use clap::Parser;
use corpus::{Document, Group};
use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

/// Sizes that are compared, in bytes.
const SIZES: [usize; 3] = [8 << 10, 16 << 10, 32 << 10];

/// The size of the dictionary that is written, in bytes.
const WRITTEN_SIZE: usize = 16 << 10;

/// Makes a dictionary for the compression of entries, and measures what it is worth.
#[derive(Parser)]
struct Options {
    /// Writes a dictionary to this new file. It is trained on everything, also on what the measurements hold out.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let documents = corpus::documents()?;
    match options.write {
        Some(file) => write(&documents, file),
        None => compare(&documents),
    }
}

/// Dictionaries that have never seen the topics and the medicines that they are measured on.
fn compare(documents: &[Document]) -> Result<(), Box<dyn Error>> {
    let (training, held_out): (Vec<_>, Vec<_>) =
        documents.iter().partition(|document| document.group == Group::Training);
    println!(
        "{} documents to train on, {} on other topics and medicines to measure on",
        training.len(),
        held_out.len()
    );
    let bodies: Vec<_> = training.iter().map(|document| document.bytes.as_slice()).collect();
    measure::report("no dictionary", &[], &held_out)?;
    for size in SIZES {
        let dictionary = zstd::dict::from_samples(&bodies, size)?;
        measure::report(&format!("{} KiB", size >> 10), &dictionary, &held_out)?;
    }
    Ok(())
}

/// Never overwrites: entries that were compressed with a dictionary can be read only with that very one.
fn write(documents: &[Document], file: PathBuf) -> Result<(), Box<dyn Error>> {
    let bodies: Vec<_> = documents.iter().map(|document| document.bytes.as_slice()).collect();
    let dictionary = zstd::dict::from_samples(&bodies, WRITTEN_SIZE)?;
    File::create_new(file)?.write_all(&dictionary)?;
    let id = zstd::zstd_safe::get_dict_id_from_dict(&dictionary).ok_or("the dictionary has no id")?;
    println!("dictionary {id}, {} bytes", dictionary.len());
    Ok(())
}
