//! Generates cases: requests that are valid, nearly valid, or hostile, and the other operations.

use crate::random::Random;
use crate::{numbers, texts};
use serde_json::{Value, json};

const HEALTH: [&str; 6] =
    ["concern", "symptoms", "patient_age", "patient_gender", "medical_history", "current_medications"];
const DRUG: [&str; 5] =
    ["drug_name", "analysis_type", "include_competitors", "include_market_data", "include_clinical_data"];
const TYPES: [&str; 8] = [
    "\"overview\"",
    "\"market_research\"",
    "\"clinical_trials\"",
    "\"competitive_analysis\"",
    "\"safety_profile\"",
    "\"pricing_analysis\"",
    "\"Overview\"",
    "null",
];
const CATEGORIES: [&str; 12] = [
    "user",
    "symptom",
    "ai_summary",
    "health_analysis",
    "medication_interactions",
    "drug_analysis",
    "drug_info",
    "session_state",
    "analysis_progress",
    "usage",
    "errors",
    "gen",
];
const SUB_KEYS: [&str; 7] = ["session", "preferences", "inputs", "overview", "overview-nomarket", "", "failures"];

/// An operation and its input.
pub(crate) fn case(random: &mut Random) -> (String, Value) {
    let (operation, input) = match random.below(100) {
        0..=54 => ("health_analysis", request(random, &HEALTH)),
        55..=69 => ("medication_interactions", request(random, &["medications"])),
        70..=81 => ("drug_analysis", request(random, &DRUG)),
        82..=86 => (
            "build_key",
            json!({"category": random.pick(&CATEGORIES), "identifier": identifier(random),
            "sub_key": sub_key(random)}),
        ),
        87..=90 => ("parse_key", json!({"key": key(random)})),
        91..=93 => ("normalise_text", json!({"text": texts::any(random)})),
        94..=96 => ("normalise_drug_name", json!({"text": texts::any(random)})),
        _ => ("freshness", freshness(random)),
    };
    (operation.to_owned(), input)
}

fn request(random: &mut Random, fields: &[&str]) -> Value {
    let mut body = object(random, fields).into_bytes();
    if random.chance(6) {
        damage(random, &mut body);
    }
    let mut input = json!({"body_base64": base64(&body), "analyzer": random.pick(&["embedded-1", "b:\u{3BC}/7", "x"])});
    if let (true, Some(members)) = (random.chance(25), input.as_object_mut()) {
        members.insert(
            "secret".to_owned(),
            json!(random.pick(&["0123456789abcdef", "\u{4E2D}\u{6587} a secret, longer"])),
        );
    }
    input
}

/// An object with most of the fields, in any order, and sometimes with other or repeated members.
fn object(random: &mut Random, fields: &[&str]) -> String {
    let mut members: Vec<String> = Vec::new();
    for field in fields {
        if random.chance(if *field == "symptoms" || *field == "concern" { 97 } else { 75 }) {
            members.push(member(random, field));
        }
    }
    if random.chance(15) {
        let depth = random.pick(&[0, 1, 2, 3, 28, 30, 31, 32, 40]);
        members.push(format!("{}:{}", string(random, "note"), nested(random, depth)));
    }
    if random.chance(4) {
        let field = random.pick(fields);
        members.push(member(random, field));
    }
    let first = random.up_to(members.len().saturating_sub(1));
    members.rotate_left(first);
    let space = random.pick(&["", "", " ", "\n", "\r\n\t "]);
    format!("{space}{{{space}{}{space}}}{space}", members.join(&format!("{space},{space}")))
}

fn member(random: &mut Random, field: &str) -> String {
    let value = if random.chance(5) { odd(random) } else { fitting(random, field) };
    format!("{}:{value}", string(random, field))
}

/// A value of the type that the field has.
fn fitting(random: &mut Random, field: &str) -> String {
    match field {
        "patient_age" => numbers::any(random),
        "medical_history" | "current_medications" | "medications" => list(random),
        "analysis_type" => random.pick(&TYPES).to_owned(),
        name if name.starts_with("include_") => random.pick(&["true", "false", "null"]).to_owned(),
        _ => {
            let text = if random.chance(60) { texts::words(random) } else { texts::any(random) };
            string(random, &text)
        }
    }
}

fn list(random: &mut Random) -> String {
    let length = if random.chance(3) { 60 + random.up_to(8) } else { random.up_to(6) };
    let item = |random: &mut Random| {
        if random.chance(2) {
            return odd(random);
        }
        let text = if random.chance(70) { texts::words(random) } else { texts::any(random) };
        string(random, &text)
    };
    format!("[{}]", (0..length).map(|_| item(random)).collect::<Vec<_>>().join(","))
}

/// A value of a type that fits nowhere, or no value at all.
fn odd(random: &mut Random) -> String {
    match random.below(6) {
        0 => numbers::any(random),
        1 => nested(random, 2),
        2 => random.pick(&["\"\\ud800\"", "\"\\udc00x\"", "\"\\ud83d\\ude00\"", "\"\\x\"", "\"\\u12g4\""]).to_owned(),
        3 => random.pick(&["nul", "truE", "", "'a'", "[1,]", "{\"a\":1,}", "\"\u{1}\"", "\"open"]).to_owned(),
        4 => random.pick(&["null", "true", "[]", "{}", "\"\""]).to_owned(),
        _ => "{\"a\":1,\"\\u0061\":2}".to_owned(),
    }
}

fn nested(random: &mut Random, depth: usize) -> String {
    let core = if random.chance(50) { numbers::any(random) } else { string(random, "x") };
    (0..depth)
        .fold(core, |inner, level| if level % 2 == 0 { format!("[{inner}]") } else { format!("{{\"n\":{inner}}}") })
}

/// A JSON string, with more escapes than it needs.
fn string(random: &mut Random, text: &str) -> String {
    let escapes = if random.chance(20) { 30 } else { 0 };
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' if random.chance(50) => out.push_str("\\n"),
            c if c < ' ' || random.chance(escapes) => {
                c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Cuts, flips, or inserts: bytes that are not UTF-8, lone surrogates in the manner of UTF-16, byte order marks.
fn damage(random: &mut Random, body: &mut Vec<u8>) {
    let at = random.up_to(body.len().saturating_sub(1));
    match random.below(5) {
        0 => body.truncate(at),
        1 => {
            if let Some(byte) = body.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        2 => drop(body.splice(at..at, [0xED, 0xA0 + u8::try_from(random.below(32)).unwrap_or(0), 0x80])),
        3 => drop(body.splice(0..0, [0xEF, 0xBB, 0xBF])),
        _ => body.push(b','),
    }
}

fn identifier(random: &mut Random) -> String {
    match random.below(4) {
        0 => "0123456789abcdef".repeat(4),
        1 => "x".repeat(480 + random.up_to(30)),
        _ => texts::any(random),
    }
}

fn sub_key(random: &mut Random) -> Option<&'static str> {
    if random.chance(40) { None } else { Some(random.pick(&SUB_KEYS)) }
}

/// What looks like a key, mostly.
fn key(random: &mut Random) -> String {
    let identifier = random.pick(&["aspirin", "a%20b", "a%2a", "%", "Aspirin", "", "caf%C3%A9", "%FF", "a*"]);
    let sub_key = sub_key(random).map(|sub_key| format!(":{sub_key}")).unwrap_or_default();
    match random.below(10) {
        0 => texts::any(random),
        1 => format!("medinsight:health_analysis:{}", "0a".repeat(31 + random.up_to(2))),
        _ => format!("medinsight:{}:{identifier}{sub_key}", random.pick(&CATEGORIES)),
    }
}

fn freshness(random: &mut Random) -> Value {
    let key = random.pick(&[
        "medinsight:drug_info:aspirin",
        "medinsight:drug_analysis:aspirin",
        "medinsight:ai_summary:a",
        "medinsight:session_state:a",
        "medinsight:usage:a:b",
    ]);
    let secs = random.pick(&["60", "1", "31536000", "31536001", "0", "", "1.5", "soon"]);
    let name = random.pick(&["CACHE_TTL_DRUG_ANALYSIS", "CACHE_REVALIDATE_DRUG_INFO", "CACHE_TTL_NOTHING", "HOME"]);
    let written_at = 1_700_000_000_000_u64 + u64::from(random.below(1 << 30));
    json!({"key": key, "written_at": written_at, "fresh_for_secs": random.below(1 << 20),
        "now": written_at + u64::from(random.below(1 << 31)) - 70_000, "overrides": {name: secs}})
}

/// Encodes bytes; JSON cannot hold those that are not UTF-8.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let value = chunk.iter().fold(0, |value, byte| value << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let position = value >> (18 - 6 * digit) & 63;
            let is_digit = digit <= chunk.len();
            out.push(char::from(ALPHABET.get(position).copied().filter(|_| is_digit).unwrap_or(b'=')));
        }
    }
    out
}
