//! Measures what it costs to wrap and to open an entry: `cargo run --release -p medinsight-functions --example envelope`.

#![allow(clippy::print_stdout, reason = "a command-line tool talks to its user on the terminal")]

use bytes::Bytes;
use medinsight_core::{CacheKey, EntryHeader, Generation, HealthAnalysisRequest, MedicationSet, UnixMillis};
use medinsight_functions::cache::{Deadline, Encryption, Envelope, Keyring, Opened, Stamp};
use medinsight_functions::origin::{EmbeddedOrigin, Origin};
use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: u32 = 100_000;

const STAMP: Stamp =
    Stamp { written_at: UnixMillis(0), fresh_for_secs: 3_600, origin_cost_ms: 3_000, generation: Generation(1) };

/// Invented, and long enough for an answer of about 2.5 KB.
const QUESTION: &[u8] = br#"{
    "concern": "Headache",
    "symptoms": "Throbbing pain on one side, worse in bright light, since this morning",
    "current_medications": ["ibuprofen", "warfarin"]
}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let answer = answer()?;
    let mut noise = vec![0; answer.len()];
    getrandom::fill(&mut noise)?;
    let sealing = Envelope::new(Encryption::Sealed(Keyring::ephemeral(getrandom::fill)?));
    let digest = HealthAnalysisRequest::from_json(QUESTION)?.digest(EmbeddedOrigin::new(Duration::ZERO)?.revision());
    let key = CacheKey::health_analysis(&digest, None);
    first_use(&sealing, &key, &answer)?;
    for (name, envelope) in [("sealed", &sealing), ("not sealed", &Envelope::new(Encryption::Off))] {
        measure(&format!("answer, {name}"), envelope, &key, &answer)?;
        measure(&format!("noise, {name}"), envelope, &key, &noise)?;
    }
    Ok(())
}

/// What the first entry of a process pays for the dictionary and the contexts.
fn first_use(envelope: &Envelope, key: &CacheKey, answer: &[u8]) -> Result<(), Box<dyn Error>> {
    let before = resident_kib();
    let started = Instant::now();
    let entry = envelope.wrap(key, &STAMP, answer)?;
    let wrapped = started.elapsed();
    let started = Instant::now();
    envelope.open(key, entry)?;
    let opened = started.elapsed();
    println!("first wrap {wrapped:.1?}, first open {opened:.1?}, {} KiB more resident", resident_kib() - before);
    Ok(())
}

fn measure(name: &str, envelope: &Envelope, key: &CacheKey, payload: &[u8]) -> Result<(), Box<dyn Error>> {
    let entry = envelope.wrap(key, &STAMP, payload)?;
    let (header, _) = EntryHeader::split(&entry)?;
    let wrap = time(|| envelope.wrap(key, &STAMP, payload))?;
    // A store in memory keeps its bytes, so that opening copies them; a copy of a reply of Redis is decrypted in place.
    let shared = time(|| envelope.open(key, entry.clone()))?;
    let copy = time(|| Ok::<_, Box<dyn Error>>(Bytes::from(entry.to_vec())))?;
    let sole = time(|| envelope.open(key, Bytes::from(entry.to_vec())))? - copy;
    assert!(matches!(envelope.open(key, entry.clone())?, Opened::Entry(_, opened) if opened == payload));
    let kind = if header.compressed { "compressed" } else { "not compressed" };
    println!(
        "{name}, {kind}: {} B -> {} B, wrap {wrap:.2} us, open {shared:.2} us (shared bytes), {sole:.2} us (sole owner)",
        payload.len(),
        entry.len()
    );
    Ok(())
}

/// Microseconds of one call.
fn time<T, E>(mut call: impl FnMut() -> Result<T, E>) -> Result<f64, E> {
    for _ in 0..ROUNDS / 10 {
        black_box(call()?);
    }
    let started = Instant::now();
    for _ in 0..ROUNDS {
        black_box(call()?);
    }
    Ok(started.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS))
}

fn answer() -> Result<Vec<u8>, Box<dyn Error>> {
    let question = HealthAnalysisRequest::from_json(QUESTION)?;
    let medications = MedicationSet::of_request(&question).ok_or("the question names medicines")?;
    let origin = EmbeddedOrigin::new(Duration::ZERO)?;
    tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
        let interactions = origin.interactions(&medications).await?;
        let until = Deadline::after(Duration::from_secs(60));
        Ok(serde_json::to_vec(&origin.analyze(&question, &interactions, until).await?)?)
    })
}

/// How much memory the process occupies; zero where there is no `/proc`.
fn resident_kib() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    pages.and_then(|pages| pages.split(' ').nth(1)?.parse::<u64>().ok()).map_or(0, |pages| pages * 4)
}
