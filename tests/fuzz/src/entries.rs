//! Entries as they lie in the store, and payloads on the way there and back.

use bytes::Bytes;
use medinsight_core::{CacheKey, EntryHeader, Generation, HEADER_BYTES, UnixMillis};
use medinsight_functions::cache::{Encryption, Envelope, Keyring, Opened, Stamp, Unreadable};
use std::sync::LazyLock;

/// An invented key.
const KEYS: &str = "1:YW4gaW52ZW50ZWQga2V5IG9mIDMyIGJ5dGVzIGluIGw=";

/// The longest payload that an entry may have.
const MAX_PAYLOAD_BYTES: usize = 1 << 20;

static SEALED: LazyLock<Envelope> = LazyLock::new(|| {
    let keyring: Keyring = KEYS.parse().expect("a keyring");
    Envelope::new(Encryption::Sealed(keyring))
});

static OPEN: LazyLock<Envelope> = LazyLock::new(|| Envelope::new(Encryption::Off));

static KEY: LazyLock<CacheKey> = LazyLock::new(|| key("aspirin"));

static OTHER_KEY: LazyLock<CacheKey> = LazyLock::new(|| key("warfarin"));

/// The input is what somebody has put into the store, and also a payload, of which one bit is flipped on the way.
pub fn check(input: &[u8]) {
    check_foreign(input);
    check_payload(input);
}

/// What nobody sealed is not read where entries are sealed, and elsewhere it is what it says.
fn check_foreign(entry: &[u8]) {
    assert!(SEALED.open(&KEY, Bytes::copy_from_slice(entry)).is_err(), "nobody has sealed this");
    match OPEN.open(&KEY, Bytes::copy_from_slice(entry)) {
        Err(_) => {}
        Ok(Opened::Legacy(value)) => {
            assert_eq!(value, entry);
            assert!(serde_json::from_slice::<serde_json::Value>(&value).is_ok_and(|value| value.is_object()));
        }
        Ok(Opened::Entry(header, payload)) => {
            assert_eq!(header.encode(), entry[..HEADER_BYTES]);
            assert!(header.compressed || payload == entry[HEADER_BYTES..]);
            assert!(payload.len() <= MAX_PAYLOAD_BYTES);
            check_round_trip(&OPEN, &stamp(&header), &payload);
        }
    }
}

fn check_payload(input: &[u8]) {
    let Some((place, payload)) = input.split_first_chunk::<2>() else { return };
    let place = usize::from(u16::from_be_bytes(*place));
    let stamp = Stamp {
        written_at: UnixMillis(place as u64),
        fresh_for_secs: u32::MAX,
        origin_cost_ms: 0,
        generation: Generation(u64::MAX),
    };
    check_round_trip(&OPEN, &stamp, payload);
    let sealed = check_round_trip(&SEALED, &stamp, payload);
    assert_eq!(SEALED.open(&OTHER_KEY, sealed.clone()), Err(Unreadable::NotAuthentic));
    let mut flipped = sealed.to_vec();
    let bit = place % (flipped.len() * 8);
    flipped[bit / 8] ^= 1 << (bit % 8);
    assert!(SEALED.open(&KEY, flipped.into()).is_err(), "bit {bit}");
    let shorter = sealed.slice(..place % sealed.len());
    assert!(SEALED.open(&KEY, shorter).is_err());
}

fn check_round_trip(envelope: &Envelope, wanted: &Stamp, payload: &[u8]) -> Bytes {
    let entry = envelope.wrap(&KEY, wanted, payload).expect("a payload that is short enough");
    match envelope.open(&KEY, entry.clone()) {
        Ok(Opened::Entry(header, opened)) => assert!(opened == payload && stamp(&header) == *wanted),
        other => panic!("{other:?}"),
    }
    entry
}

fn stamp(header: &EntryHeader) -> Stamp {
    Stamp {
        written_at: header.written_at,
        fresh_for_secs: header.fresh_for_secs,
        origin_cost_ms: header.origin_cost_ms,
        generation: header.generation,
    }
}

fn key(drug: &str) -> CacheKey {
    CacheKey::build("drug_info", drug, None).expect("a key")
}
