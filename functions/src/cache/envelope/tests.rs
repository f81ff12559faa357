use super::{Envelope, NONCE_BYTES, NotWrapped, Opened, SEALED_AT, Stamp, TAG_BYTES, Unreadable, seal};
use crate::cache::{Encryption, Keyring};
use base64ct::{Base64, Encoding};
use bytes::Bytes;
use medinsight_core::{CacheKey, EntryHeader, EntryKind, Generation, HEADER_BYTES, RequestDigest, Sealing, UnixMillis};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const DIGEST: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// An envelope whose keys are made of one byte each, which is also their id.
fn sealed(keys: &[u8]) -> Envelope {
    let pairs: Vec<_> = keys.iter().map(|key| format!("{key}:{}", Base64::encode_string(&[*key; 32]))).collect();
    Envelope::new(Encryption::Sealed(pairs.join(",").parse().expect("a keyring")))
}

fn off() -> Envelope {
    Envelope::new(Encryption::Off)
}

fn key(kind: EntryKind, identifier: &str) -> CacheKey {
    let sub_key = match kind {
        EntryKind::UserSession => Some("session"),
        EntryKind::UserPreferences => Some("preferences"),
        EntryKind::SymptomInput => Some("inputs"),
        EntryKind::Usage | EntryKind::Errors => Some("requests"),
        _ => None,
    };
    let identifier = match kind {
        EntryKind::HealthAnalysis | EntryKind::MedicationInteractions => hex::encode(Sha256::digest(identifier)),
        _ => identifier.to_owned(),
    };
    CacheKey::build(kind.category().as_str(), &identifier, sub_key).expect("a key")
}

fn any_key() -> impl Strategy<Value = CacheKey> {
    (prop::sample::select(&EntryKind::ALL[..]), "[a-z0-9]{1,40}").prop_map(|(kind, id)| key(kind, &id))
}

fn any_stamp() -> impl Strategy<Value = Stamp> {
    (any::<u64>(), any::<u32>(), any::<u32>(), any::<u64>()).prop_map(
        |(written_at, fresh_for_secs, origin_cost_ms, generation)| Stamp {
            written_at: UnixMillis(written_at),
            fresh_for_secs,
            origin_cost_ms,
            generation: Generation(generation),
        },
    )
}

/// Noise, which is stored as it is, and repetition, which is compressed.
fn any_payload() -> impl Strategy<Value = Vec<u8>> {
    let noise = prop::collection::vec(any::<u8>(), 0..80);
    (noise, prop::sample::select(vec![1_usize, 1, 40])).prop_map(|(noise, times)| noise.repeat(times))
}

fn stamp() -> Stamp {
    Stamp {
        written_at: UnixMillis(1_800_000_000_000),
        fresh_for_secs: 3_600,
        origin_cost_ms: 3_000,
        generation: Generation(0x0123_4567_89AB_CDEF),
    }
}

fn wrapped(envelope: &Envelope, key: &CacheKey, payload: &[u8]) -> Bytes {
    envelope.wrap(key, &stamp(), payload).expect("an entry")
}

fn payload(opened: Result<Opened, Unreadable>) -> Result<Bytes, Unreadable> {
    opened.map(|opened| match opened {
        Opened::Entry(_, payload) | Opened::Legacy(payload) => payload,
    })
}

/// The entry with another header.
fn with_header(entry: &Bytes, change: impl FnOnce(&mut EntryHeader)) -> Bytes {
    let (mut header, rest) = EntryHeader::split(entry).expect("an entry");
    change(&mut header);
    [header.encode().as_slice(), rest].concat().into()
}

#[test]
fn the_bytes_of_a_known_entry_are_pinned() {
    let envelope = Envelope {
        entropy: |nonce| {
            nonce.copy_from_slice(b"twelve bytes");
            Ok(())
        },
        ..sealed(&[7])
    };
    let digest: RequestDigest = DIGEST.parse().expect("a digest");
    let entry = wrapped(&envelope, &CacheKey::health_analysis(&digest, None), b"{\"severity\":\"mild\"}");
    // Computed with another implementation of AES-GCM.
    assert_eq!(
        hex::encode(&entry),
        "4d49010200000007000001a3185c500000000e1000000bb80123456789abcdef7477656c7665206279746573f3f5c25f686deac3dd47c0f5771d27f59ba462057ff42d8e24e93c38771833a4a36d09"
    );
}

#[test]
fn while_encryption_is_on_everything_is_sealed_whatever_it_is_about() {
    for kind in EntryKind::ALL {
        let key = key(kind, "somebody");
        let entry = wrapped(&sealed(&[1]), &key, b"what nobody may read");
        let (header, rest) = EntryHeader::split(&entry).expect("an entry");
        assert!(matches!(header.sealing, Sealing::Sealed(_)), "{kind:?}");
        assert!(!rest.windows(6).any(|window| b"what nobody may read".windows(6).any(|plain| plain == window)));
    }
}

#[test]
fn while_encryption_is_on_nothing_that_lies_open_is_read() {
    for kind in EntryKind::ALL {
        let key = key(kind, "somebody");
        let planted = wrapped(&off(), &key, b"{\"severity\":\"mild\"}");
        assert_eq!(sealed(&[1]).open(&key, planted), Err(Unreadable::NotSealed), "{kind:?}");
        let legacy = Bytes::from_static(b"{\"severity\":\"mild\"}");
        assert_eq!(sealed(&[1]).open(&key, legacy), Err(Unreadable::Foreign), "{kind:?}");
    }
}

#[test]
fn while_encryption_is_off_sealed_entries_are_not_read() {
    let key = key(EntryKind::DrugInfo, "aspirin");
    assert_eq!(off().open(&key, wrapped(&sealed(&[1]), &key, b"fact")), Err(Unreadable::UnknownKey));
}

#[test]
fn while_encryption_is_off_a_json_object_of_the_earlier_service_is_read() {
    let key = key(EntryKind::SessionState, "session");
    for json in ["{}", " {\"step\": 2, \"nested\": [null, {\"caf\u{E9}\": 1e3}]}\n"] {
        assert_eq!(off().open(&key, json.into()), Ok(Opened::Legacy(json.into())));
    }
    let invalid_text = Bytes::from_static(b"{\"a\": \"\xFF\"}");
    for other in ["[1]", "\"text\"", "3.5", "{\"a\": 1", "{\"a\": 1} {}", "{a: 1}", "gibberish"].map(Bytes::from) {
        assert_eq!(off().open(&key, other.clone()), Err(Unreadable::Foreign), "{other:?}");
    }
    assert_eq!(off().open(&key, invalid_text), Err(Unreadable::Foreign));
    // Python writes half of a surrogate pair, which nobody else reads.
    let half_a_pair = Bytes::from_static(br#"{"a": "\ud83d"}"#);
    assert_eq!(off().open(&key, half_a_pair), Err(Unreadable::Foreign));
}

#[test]
fn keys_are_rotated_without_losing_an_entry() {
    let key = key(EntryKind::AiSummary, "session");
    let (a, ab, ba, b) = (sealed(&[1]), sealed(&[1, 2]), sealed(&[2, 1]), sealed(&[2]));
    let (by_a, by_ab, by_ba) = (wrapped(&a, &key, b"A"), wrapped(&ab, &key, b"A+B"), wrapped(&ba, &key, b"B+A"));
    for envelope in [&a, &ab, &ba] {
        assert_eq!(payload(envelope.open(&key, by_a.clone())), Ok("A".into()));
        assert_eq!(payload(envelope.open(&key, by_ab.clone())), Ok("A+B".into()));
    }
    for envelope in [&ab, &ba, &b] {
        assert_eq!(payload(envelope.open(&key, by_ba.clone())), Ok("B+A".into()));
    }
    assert_eq!(b.open(&key, by_ab), Err(Unreadable::UnknownKey));
    assert_eq!(a.open(&key, by_ba), Err(Unreadable::UnknownKey));
}

#[test]
fn a_key_of_the_same_id_with_other_bytes_opens_nothing() {
    let key = key(EntryKind::AiSummary, "session");
    let other = Keyring::ephemeral(getrandom::fill).expect("random bytes");
    let entry = wrapped(&sealed(&[1]), &key, b"text");
    assert_eq!(Envelope::new(Encryption::Sealed(other)).open(&key, entry), Err(Unreadable::NotAuthentic));
}

#[test]
fn no_two_entries_have_the_same_nonce() {
    let key = key(EntryKind::AiSummary, "session");
    let nonces: std::collections::HashSet<_> =
        (0..1_000).map(|_| wrapped(&sealed(&[1]), &key, b"text").slice(HEADER_BYTES..SEALED_AT)).collect();
    assert_eq!(nonces.len(), 1_000);
}

#[test]
fn without_randomness_nothing_is_wrapped() {
    let envelope = Envelope { entropy: |_| Err(getrandom::Error::UNSUPPORTED), ..sealed(&[1]) };
    let refused = envelope.wrap(&key(EntryKind::AiSummary, "session"), &stamp(), b"text");
    assert_eq!(refused, Err(NotWrapped::NoRandomness));
}

#[test]
fn more_than_1_mib_is_neither_wrapped_nor_opened() {
    let key = key(EntryKind::DrugInfo, "aspirin");
    let mut noise = vec![0; 1 << 20];
    getrandom::fill(&mut noise).expect("random bytes");
    for envelope in [sealed(&[1]), off()] {
        let compressible = wrapped(&envelope, &key, &vec![b'a'; 1 << 20]);
        assert_eq!(payload(envelope.open(&key, compressible)).map(|payload| payload.len()), Ok(1 << 20));
        assert_eq!(envelope.wrap(&key, &stamp(), &vec![b'a'; (1 << 20) + 1]), Err(NotWrapped::TooLarge));
        assert_eq!(envelope.wrap(&key, &stamp(), &noise), Err(NotWrapped::TooLarge), "the header takes some bytes");
        let largest = noise.split_at((1 << 20) - SEALED_AT - TAG_BYTES).0;
        assert!(envelope.open(&key, wrapped(&envelope, &key, largest)).is_ok());
        assert_eq!(envelope.open(&key, Bytes::from(vec![b'{'; (1 << 20) + 1])), Err(Unreadable::TooLarge));
    }
}

#[test]
fn a_bomb_is_refused_also_when_it_is_authentic() {
    let key = key(EntryKind::DrugInfo, "aspirin");
    let frame = wrapped(&off(), &key, &vec![0; 1 << 20]).slice(HEADER_BYTES..);
    let mut bomb = frame.to_vec();
    // The size in the frame's own header: magic, descriptor, dictionary id, then four bytes.
    bomb.splice(9..13, 0xFFFF_FFFF_u32.to_le_bytes());
    for envelope in [sealed(&[1]), off()] {
        let mut header = envelope.header(&stamp(), true);
        let entry = match &envelope.encryption {
            Encryption::Sealed(keyring) => {
                seal(keyring, [0; NONCE_BYTES], &header.encode(), key.as_str(), &bomb).expect("an entry")
            }
            Encryption::Off => {
                header.sealing = Sealing::Plain;
                [header.encode().as_slice(), &bomb].concat().into()
            }
        };
        assert_eq!(envelope.open(&key, entry), Err(Unreadable::TooLarge));
    }
}

#[test]
fn an_edited_header_is_refused() {
    let (envelope, key) = (sealed(&[1, 2]), key(EntryKind::HealthAnalysis, "question"));
    let entry = wrapped(&envelope, &key, &b"text ".repeat(300));
    assert!(envelope.open(&key, entry.clone()).is_ok());
    let refused = |change: fn(&mut EntryHeader)| envelope.open(&key, with_header(&entry, change)).err();
    assert_eq!(refused(|header| header.fresh_for_secs *= 24), Some(Unreadable::NotAuthentic));
    assert_eq!(refused(|header| header.written_at.0 += 1), Some(Unreadable::NotAuthentic));
    assert_eq!(refused(|header| header.generation.0 -= 1), Some(Unreadable::NotAuthentic));
    assert_eq!(refused(|header| header.origin_cost_ms = 0), Some(Unreadable::NotAuthentic));
    assert_eq!(refused(|header| header.compressed = false), Some(Unreadable::NotAuthentic));
    let key_id = |id| move |header: &mut EntryHeader| header.sealing = Sealing::Sealed(id);
    let second = sealed(&[2]).header(&stamp(), false).sealing;
    let Sealing::Sealed(second) = second else { panic!("a sealing envelope seals") };
    assert_eq!(envelope.open(&key, with_header(&entry, key_id(second))), Err(Unreadable::NotAuthentic));
    assert_eq!(refused(|header| header.sealing = Sealing::Plain), Some(Unreadable::NotSealed));
}

#[test]
fn an_entry_opens_under_no_other_key_category_or_generation() {
    let envelope = sealed(&[1]);
    let keys: Vec<_> =
        EntryKind::ALL.iter().flat_map(|kind| ["anna", "bert", "cleo"].map(|name| key(*kind, name))).collect();
    let generations = [1, 2, 3].map(Generation);
    let places: Vec<_> = keys.iter().flat_map(|key| generations.map(|generation| (key, generation))).collect();
    let mut swaps = 0;
    for (from, old) in &places {
        let entry = envelope.wrap(from, &Stamp { generation: *old, ..stamp() }, b"text").expect("an entry");
        for (to, new) in &places {
            let moved = with_header(&entry, |header| header.generation = *new);
            let is_its_own = from == to && old == new;
            assert_eq!(envelope.open(to, moved).is_ok(), is_its_own, "{from} to {to}");
            swaps += usize::from(!is_its_own);
        }
    }
    assert!(swaps > 10_000, "{swaps}");
}

#[test]
fn debug_output_shows_neither_keys_nor_content() {
    let shown = format!("{:?}", sealed(&[0x41]));
    assert!(shown.contains("Keyring([65])"), "{shown}");
    assert!(!shown.contains("65, 65") && !shown.contains("AAAA") && !shown.contains("QUFB"), "{shown}");
    let error = format!("{:?}", sealed(&[1]).open(&key(EntryKind::AiSummary, "anna"), "{\"name\":\"Anna\"}".into()));
    assert_eq!(error, "Err(Foreign)");
}

proptest! {
    #[test]
    fn every_entry_opens_to_what_was_wrapped(key in any_key(), stamp in any_stamp(), payload in any_payload()) {
        for envelope in [sealed(&[1]), off()] {
            let entry = envelope.wrap(&key, &stamp, &payload).expect("an entry");
            let (header, _) = EntryHeader::split(&entry).expect("a header");
            let shared = entry.clone();
            prop_assert_eq!(envelope.open(&key, shared), Ok(Opened::Entry(header, payload.clone().into())));
            let sole = Bytes::from(entry.to_vec());
            prop_assert_eq!(envelope.open(&key, sole), Ok(Opened::Entry(header, payload.clone().into())));
            let Stamp { written_at, fresh_for_secs, origin_cost_ms, generation } = stamp;
            prop_assert_eq!(
                (header.written_at, header.fresh_for_secs, header.origin_cost_ms, header.generation),
                (written_at, fresh_for_secs, origin_cost_ms, generation)
            );
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(key in any_key(), bytes in prop::collection::vec(any::<u8>(), 0..200), flags in 0..5_u8) {
        for envelope in [sealed(&[1]), off()] {
            let _ = envelope.open(&key, bytes.clone().into());
            let id = u8::from(flags & 0b10 != 0);
            let framed: Bytes = [&[b'M', b'I', 1, flags, 0, 0, 0, id], bytes.as_slice()].concat().into();
            let opened = envelope.open(&key, framed);
            prop_assert!(opened.is_err() || matches!(envelope.encryption, Encryption::Off));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn an_entry_with_one_flipped_bit_is_refused(key in any_key(), stamp in any_stamp(), payload in any_payload()) {
        let envelope = sealed(&[1, 2]);
        let entry = envelope.wrap(&key, &stamp, &payload).expect("an entry");
        for bit in 0..entry.len() * 8 {
            let mut flipped = entry.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(envelope.open(&key, flipped.into()).is_err(), "bit {}", bit);
        }
    }

    #[test]
    fn an_entry_of_another_length_is_refused(key in any_key(), stamp in any_stamp(), payload in any_payload()) {
        let envelope = sealed(&[1, 2]);
        let entry = envelope.wrap(&key, &stamp, &payload).expect("an entry");
        for length in 0..entry.len() {
            prop_assert!(envelope.open(&key, entry.slice(..length)).is_err(), "{} bytes", length);
        }
        prop_assert!(envelope.open(&key, [entry.as_ref(), &[0]].concat().into()).is_err());
    }
}
