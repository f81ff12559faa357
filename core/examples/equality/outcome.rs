//! What the native build makes of a case.

use medinsight_core::{
    AnalyzerRevision, CacheKey, DrugAnalysisRequest, DrugName, Freshness, HealthAnalysisRequest, InvalidTtl, KeyError,
    KeySecret, MedicationSet, RequestDigest, RequestError, TtlPolicy, UnixMillis, Window, text,
};
use serde_json::{Value, json};
use std::error::Error;

/// The outcome: the results, or the error's code, field and message.
pub(crate) fn of(operation: &str, input: &Value) -> Result<Value, Box<dyn Error>> {
    let outcome = match operation {
        "build_key" => build_key(input),
        "parse_key" => parse_key(input),
        "normalise_text" => Ok(json!({"text": text::normalise(member(input, "text"))})),
        "normalise_drug_name" => {
            DrugName::new(member(input, "text")).map(|name| json!({"text": name.as_str()})).map_err(key_error)
        }
        "freshness" => freshness(input),
        "health_analysis" => health_analysis(input)?,
        "medication_interactions" => medication_set(input)?,
        "drug_analysis" => drug_analysis(input)?,
        _ => return Err(format!("unknown operation {operation}").into()),
    };
    Ok(outcome.unwrap_or_else(|error| error))
}

type Outcome = Result<Value, Value>;

fn member<'a>(input: &'a Value, name: &str) -> &'a str {
    input.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn build_key(input: &Value) -> Outcome {
    let sub_key = input.get("sub_key").and_then(Value::as_str);
    let key = CacheKey::build(member(input, "category"), member(input, "identifier"), sub_key);
    key.map(|key| json!({"key": key.as_str()})).map_err(key_error)
}

fn parse_key(input: &Value) -> Outcome {
    let key: CacheKey = member(input, "key").parse().map_err(key_error)?;
    Ok(json!({
        "category": key.kind().category().as_str(),
        "data_class": key.kind().data_class().as_str(),
        "identifier": key.identifier(),
        "sub_key": key.sub_key(),
    }))
}

fn freshness(input: &Value) -> Outcome {
    let key: CacheKey = member(input, "key").parse().map_err(key_error)?;
    let overrides = input.get("overrides").and_then(Value::as_object).into_iter().flatten();
    let overrides = overrides.map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()));
    let policy = TtlPolicy::from_variables(overrides).map_err(|error| ttl_error(&error))?;
    let Some(life) = policy.lifetime(key.kind()) else { return Ok(Value::Null) };
    let number = |name| input.get(name).and_then(Value::as_u64).unwrap_or_default();
    let fresh_for = u32::try_from(number("fresh_for_secs")).unwrap_or(u32::MAX);
    let assessed =
        Freshness::assess_parts(&life, UnixMillis(number("written_at")), fresh_for, UnixMillis(number("now")));
    Ok(json!({
        "age_ms": u64::try_from(assessed.age.as_millis()).unwrap_or(u64::MAX),
        "fresh_for": assessed.fresh_for.as_secs(),
        "freshness": assessed.freshness.as_str(),
        "jittered": life.jittered_secs(&key),
        "life": [json!(life.fresh_for_secs), window(life.stale_while_revalidate), window(life.stale_if_error)],
    }))
}

fn window(window: Window) -> Value {
    match window {
        Window::Secs(secs) => json!(secs),
        Window::Unbounded => Value::Null,
    }
}

fn health_analysis(input: &Value) -> Result<Outcome, Box<dyn Error>> {
    let (analyzer, secret) = (analyzer(input)?, secret(input)?);
    Ok(HealthAnalysisRequest::from_json(&body(input)?).map_err(request_error).map(|request| {
        let digest = request.digest(&analyzer);
        let key = CacheKey::health_analysis(&digest, secret.as_ref());
        answer(&request.canonical_json(&analyzer), &digest, &key)
    }))
}

fn medication_set(input: &Value) -> Result<Outcome, Box<dyn Error>> {
    let (analyzer, secret) = (analyzer(input)?, secret(input)?);
    Ok(MedicationSet::from_json(&body(input)?).map_err(request_error).map(|set| {
        let digest = set.digest(&analyzer);
        let key = CacheKey::medication_interactions(&digest, secret.as_ref());
        answer(&set.canonical_json(&analyzer), &digest, &key)
    }))
}

fn drug_analysis(input: &Value) -> Result<Outcome, Box<dyn Error>> {
    let request = DrugAnalysisRequest::from_json(&body(input)?);
    Ok(request
        .map(|request| answer(&request.canonical_json(), &request.digest(), request.key()))
        .map_err(request_error))
}

fn analyzer(input: &Value) -> Result<AnalyzerRevision, Box<dyn Error>> {
    Ok(AnalyzerRevision::new(member(input, "analyzer"))?)
}

fn secret(input: &Value) -> Result<Option<KeySecret>, Box<dyn Error>> {
    Ok(input.get("secret").and_then(Value::as_str).map(KeySecret::new).transpose()?)
}

fn answer(canonical: &str, digest: &RequestDigest, key: &CacheKey) -> Value {
    json!({"canonical": canonical, "digest": digest.to_hex(), "key": key.as_str()})
}

fn key_error(error: KeyError) -> Value {
    json!({"code": error.code(), "field": null, "message": error.to_string()})
}

fn request_error(error: RequestError) -> Value {
    json!({"code": error.code(), "field": error.field(), "message": error.to_string()})
}

fn ttl_error(error: &InvalidTtl) -> Value {
    json!({"code": error.code(), "field": error.variable(), "message": error.to_string()})
}

/// The bytes of a request: a text, or base64.
fn body(input: &Value) -> Result<Vec<u8>, Box<dyn Error>> {
    match input.get("body").and_then(Value::as_str) {
        Some(body) => Ok(body.as_bytes().to_vec()),
        None => decode(member(input, "body_base64")),
    }
}

fn decode(encoded: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for c in encoded.trim_end_matches('=').chars() {
        buffer = (buffer << 6 | u32::try_from(ALPHABET.find(c).ok_or("not base64")?)?) & 0xFFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(buffer >> bits & 0xFF)?);
        }
    }
    Ok(out)
}
