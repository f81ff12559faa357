//! `medinsight inspect`: what is known of one entry.

use crate::input;
use crate::output::{Output, readable_bytes, readable_secs};
use crate::service::{Ask, Service, ServiceArgs};
use crate::verdict::{Failure, Verdict};
use clap::Args;
use medinsight_core::{CacheKey, Pattern};
use serde_json::Value;
use std::fmt::Write as _;

#[derive(Args)]
#[command(after_long_help = "\
A key is written as it is stored, with or without its medinsight:. The digest that clients see finds a health analysis
also where keys are private.

Examples:
  medinsight inspect drug_info:aspirin
  medinsight key question.json --json | jq -r .key | medinsight inspect -")]
pub(crate) struct InspectArgs {
    /// The key; - reads it from standard input, because others can see arguments
    key: String,
    /// Show also what is in the entry. The audit record says that somebody read it
    #[arg(long)]
    value: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// Shows one entry.
pub(crate) async fn run(args: &InspectArgs, service: &Service, output: &Output) -> Result<Verdict, Failure> {
    let key = parse(&input::argument(&args.key)?)?;
    let shown = service.ask(Ask::get(path(&key, args.value))).await?;
    if shown["entry"].is_null() {
        output.show(&shown, || "there is no such entry\n".to_owned())?;
        return Ok(Verdict::No);
    }
    output.show(&shown, || text(&shown, args.value))?;
    Ok(Verdict::Done)
}

/// Reads a key. What is wrong with it is said without showing it: it may name a person.
fn parse(text: &str) -> Result<CacheKey, Failure> {
    let pattern = text.strip_prefix("medinsight:").unwrap_or(text).parse::<Pattern>();
    match pattern.map_err(|error| Failure::Usage(format!("KEY: {error}")))? {
        Pattern::Exact(key) => Ok(key),
        Pattern::Category(_) | Pattern::Prefix(..) => Err(Failure::Usage("KEY: must be the key of one entry".into())),
    }
}

/// The parts of a key are spelled as the segments of a path.
fn path(key: &CacheKey, value: bool) -> String {
    let mut parts = key.as_str().split(':').skip(1);
    let mut part = || parts.next().unwrap_or_default();
    let (category, identifier, sub_key) = (part(), part(), part());
    let sub_key = if sub_key.is_empty() { String::new() } else { format!("&sub_key={sub_key}") };
    format!("/api/v1/redis/cache/{category}/{identifier}?value={value}{sub_key}")
}

fn text(shown: &Value, with_value: bool) -> String {
    let entry = &shown["entry"];
    let secs = |name: &str| entry[name].as_u64().map(readable_secs);
    let millis = |name: &str| entry[name].as_u64().map(|millis| format!("{millis} ms"));
    let lines = [
        ("key", entry["key"].as_str().map(str::to_owned)),
        ("age", secs("age_secs")),
        ("fresh for", secs("fresh_for_secs")),
        ("expires in", Some(secs("expires_in_secs").unwrap_or_else(|| "never".into()))),
        ("size", entry["size_bytes"].as_u64().map(readable_bytes)),
        ("sealed by", sealed_by(entry)),
        ("compressed", entry["is_compressed"].as_bool().map(yes_or_no)),
        ("origin took", millis("origin_cost_ms")),
        ("is served", entry["is_current"].as_bool().map(current)),
    ];
    let mut text = String::new();
    for (name, value) in lines {
        let value = value.unwrap_or_else(|| "unknown: it has no header of ours".into());
        let _ = writeln!(text, "{name:<12}{value}");
    }
    if with_value {
        let value = serde_json::to_string_pretty(&shown["value"]).unwrap_or_default();
        let value = if shown["value"].is_null() { "nobody would be served it".into() } else { value };
        let _ = writeln!(text, "value\n{value}");
    }
    text
}

fn sealed_by(entry: &Value) -> Option<String> {
    match (entry["is_sealed"].as_bool()?, entry["key_id"].as_u64()) {
        (true, Some(id)) => Some(format!("key {id}")),
        _ => Some("nobody: it lies open".into()),
    }
}

fn yes_or_no(flag: bool) -> String {
    if flag { "yes" } else { "no" }.to_owned()
}

fn current(is_current: bool) -> String {
    if is_current { "yes, while it is fresh enough" } else { "no: its category was cleared since" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{parse, path};
    use proptest::prelude::*;

    #[test]
    fn a_key_is_one_with_or_without_its_beginning_and_becomes_a_path() {
        for (text, expected) in [
            ("medinsight:drug_info:aspirin", "drug_info/aspirin?value=false"),
            ("symptom:a%20session:inputs", "symptom/a%20session?value=false&sub_key=inputs"),
        ] {
            assert_eq!(parse(text).map(|key| path(&key, false)), Ok(format!("/api/v1/redis/cache/{expected}")));
        }
        for text in ["", "drug_info", "drug_info:*", "usage:health_analysis:requests", "nonsense:x", "gen:drug_info"] {
            assert!(parse(text).is_err_and(|error| error.number() == 2), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_every_key_makes_a_path_of_visible_ascii(text in "(drug_info|symptom|user|ai_summary|.{0,9}):.{0,30}") {
            if let Ok(key) = parse(&text) {
                prop_assert!(path(&key, true).bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }
    }
}
