//! Size and time of a dictionary, kind by kind.

use super::corpus::{Document, Kind};
use std::hint::black_box;
use std::io;
use std::time::Instant;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

/// Compression levels that are compared. Higher ones need strategies that `.cargo/config.toml` leaves out.
const LEVELS: [i32; 2] = [1, 3];

/// How much of each document is compressed to see from which length on it pays, in bytes.
const BEGINNINGS: [usize; 6] = [24, 32, 48, 64, 96, 128];

/// How often each document is compressed and decompressed.
const ROUNDS: usize = 20;

/// Prints what a dictionary, or none, does to some documents.
pub(crate) fn report(name: &str, dictionary: &[u8], documents: &[&Document]) -> io::Result<()> {
    println!("{name}, beginnings: {}", beginnings(dictionary, documents)?);
    for level in LEVELS {
        println!("{name}, level {level}: {}", preparation(dictionary, level)?);
        for kind in [Kind::Analysis, Kind::Interactions, Kind::Summary, Kind::Input] {
            let bodies: Vec<_> = documents
                .iter()
                .filter(|document| document.kind == kind)
                .map(|document| document.bytes.as_slice())
                .collect();
            println!("  {}", measure(kind, dictionary, level, &bodies)?);
        }
    }
    Ok(())
}

/// How long it takes to prepare the dictionary, which each process does once.
fn preparation(dictionary: &[u8], level: i32) -> io::Result<String> {
    let started = Instant::now();
    let encoder = EncoderDictionary::try_copy(dictionary, level)?;
    let encoder_us = micros(started);
    let started = Instant::now();
    let decoder = DecoderDictionary::try_copy(dictionary)?;
    let decoder_us = micros(started);
    black_box((&encoder, &decoder));
    Ok(format!("prepared to compress in {encoder_us:.0} us, to decompress in {decoder_us:.0} us"))
}

/// From which length on compression pays.
fn beginnings(dictionary: &[u8], documents: &[&Document]) -> io::Result<String> {
    let encoder = EncoderDictionary::try_copy(dictionary, LEVELS[1])?;
    let mut compressor = Compressor::with_prepared_dictionary(&encoder)?;
    let mut results = Vec::new();
    for length in BEGINNINGS {
        let beginnings: Vec<_> = documents.iter().filter_map(|document| document.bytes.get(..length)).collect();
        let frames: Vec<_> = beginnings.iter().map(|bytes| compressor.compress(bytes)).collect::<Result<_, _>>()?;
        results.push(format!("{length} B -> {} B", frames.iter().map(Vec::len).sum::<usize>() / frames.len()));
    }
    Ok(results.join(", "))
}

fn measure(kind: Kind, dictionary: &[u8], level: i32, bodies: &[&[u8]]) -> io::Result<String> {
    let (encoder, decoder) =
        (EncoderDictionary::try_copy(dictionary, level)?, DecoderDictionary::try_copy(dictionary)?);
    let mut compressor = Compressor::with_prepared_dictionary(&encoder)?;
    let mut decompressor = Decompressor::with_prepared_dictionary(&decoder)?;
    let frames: Vec<_> = bodies.iter().map(|body| compressor.compress(body)).collect::<Result<_, _>>()?;
    let compress_us = time(bodies, |body| compressor.compress(body))?;
    let decompress_us = time(&frames, |frame| decompressor.decompress(frame, 1 << 20))?;
    let raw: usize = bodies.iter().map(|body| body.len()).sum();
    let packed: usize = frames.iter().map(Vec::len).sum();
    Ok(format!(
        "{kind:?}: {} B -> {} B ({:.1} %), compress {compress_us:.1} us, decompress {decompress_us:.1} us",
        raw / bodies.len(),
        packed / bodies.len(),
        100.0 * packed as f64 / raw as f64,
    ))
}

fn time<T>(items: &[T], mut work: impl FnMut(&T) -> io::Result<Vec<u8>>) -> io::Result<f64> {
    let started = Instant::now();
    for item in (0..ROUNDS).flat_map(|_| items) {
        black_box(work(item)?);
    }
    Ok(micros(started) / (ROUNDS * items.len()) as f64)
}

fn micros(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e6
}
