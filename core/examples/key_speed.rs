//! How long the key of a health question takes natively: `key_speed <file> <rounds>` prints nanoseconds, one round a line.
#![allow(clippy::print_stdout, reason = "a command-line tool talks to its user on the terminal")]

use medinsight_core::{AnalyzerRevision, CacheKey, HealthAnalysisRequest};
use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

/// Keys in one round, about a twentieth of a second.
const KEYS: u32 = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let body = std::fs::read(arguments.next().ok_or("no file was given")?)?;
    let rounds: u32 = arguments.next().ok_or("no number of rounds was given")?.parse()?;
    (0..KEYS).try_for_each(|_| key(&body).map(|key| drop(black_box(key))))?;
    for _ in 0..rounds {
        let start = Instant::now();
        (0..KEYS).try_for_each(|_| key(black_box(&body)).map(|key| drop(black_box(key))))?;
        println!("{}", start.elapsed().as_nanos() / u128::from(KEYS));
    }
    Ok(())
}

/// All that is done for a request: check the revision, read and normalise the body, and make the key.
fn key(body: &[u8]) -> Result<CacheKey, Box<dyn Error>> {
    let analyzer = AnalyzerRevision::new("embedded-1")?;
    let request = HealthAnalysisRequest::from_json(body)?;
    Ok(CacheKey::health_analysis(&request.digest(&analyzer), None))
}
