//! Properties of keys: the same meaning has the same key, another meaning another one, and no input panics.

use medinsight_core::{
    AnalyzerRevision, CacheKey, Category, DrugAnalysisRequest, HealthAnalysisRequest, MedicationSet, text,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn analyzer(revision: &str) -> AnalyzerRevision {
    AnalyzerRevision::new(revision).expect("a revision")
}

fn digest(question: &Value) -> Option<String> {
    let request = HealthAnalysisRequest::from_json(question.to_string().as_bytes()).ok()?;
    Some(request.digest(&analyzer("test")).to_hex())
}

prop_compose! {
    fn any_question()(
        concern in "[a-zA-ZäßΣé³ ]{1,12}x",
        symptoms in "\\PC{0,30}y",
        age in prop::option::of(0..=150_u8),
        gender in prop::option::of("[a-z]{1,6}"),
        history in prop::collection::vec("[a-z ]{1,10}", 0..4),
        medications in prop::collection::vec("[a-z ]{1,10}", 0..4),
    ) -> Value {
        json!({
            "concern": concern,
            "symptoms": symptoms,
            "patient_age": age,
            "patient_gender": gender,
            "medical_history": history,
            "current_medications": medications,
        })
    }
}

/// What a member means: lists as sets, texts in their normal form.
fn meaning(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(text::normalise(text)),
        Value::Array(items) => {
            let mut items: Vec<String> =
                items.iter().filter_map(Value::as_str).map(text::normalise).filter(|item| !item.is_empty()).collect();
            items.sort();
            items.dedup();
            json!(items)
        }
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn parsing_a_key_is_the_inverse_of_building_it(
        category in prop::sample::select(Category::ALL.to_vec()),
        identifier in any::<String>(),
        sub_key in prop::option::of(prop_oneof!["session", "preferences", "inputs", "overview-nomarket", "\\PC{0,12}"]),
    ) {
        if let Ok(key) = CacheKey::build(category.as_str(), &identifier, sub_key.as_deref()) {
            let parsed: CacheKey = key.as_str().parse().expect("a key that was built");
            prop_assert_eq!(&parsed, &key);
            let rebuilt = CacheKey::build(category.as_str(), &parsed.identifier(), parsed.sub_key().as_deref());
            prop_assert_eq!(rebuilt, Ok(key));
        }
    }

    #[test]
    fn no_text_that_parses_as_a_key_is_changed_by_that(text in "medinsight:(user|drug_info|drug_analysis|usage):[a-zA-Z0-9%:_-]{0,30}") {
        if let Ok(key) = text.parse::<CacheKey>() {
            prop_assert_eq!(key.as_str(), text);
        }
    }

    #[test]
    fn different_identifiers_never_share_a_key(one in any::<String>(), other in any::<String>()) {
        let key = |identifier: &str| CacheKey::build("session_state", identifier, None);
        if let (Ok(one_key), Ok(other_key)) = (key(&one), key(&other)) {
            prop_assert_eq!(one_key == other_key, one == other);
        }
    }

    #[test]
    fn changing_or_dropping_a_field_changes_the_key_exactly_when_it_changes_the_meaning(
        question in any_question(),
        other in any_question(),
        field in prop::sample::select(vec![
            "concern", "symptoms", "patient_age", "patient_gender", "medical_history", "current_medications",
        ]),
        drop_it: bool,
    ) {
        let mut changed = question.clone();
        changed[field] = if drop_it { Value::Null } else { other[field].clone() };
        let empty = |value: &Value| value.is_null() || *value == json!([]);
        let (before, after) = (meaning(&question[field]), meaning(&changed[field]));
        let is_same = before == after || (empty(&before) && empty(&after));
        if let (Some(one), Some(two)) = (digest(&question), digest(&changed)) {
            prop_assert_eq!(one == two, is_same);
        }
    }

    #[test]
    fn order_case_spacing_and_duplicates_in_lists_do_not_matter(question in any_question(), seed: u8) {
        let mut respelled = question.clone();
        for field in ["medical_history", "current_medications"] {
            let mut items: Vec<Value> = question[field].as_array().cloned().unwrap_or_default();
            if !items.is_empty() {
                items.rotate_left(usize::from(seed) % question[field].as_array().map_or(1, Vec::len));
            }
            items.extend(items.first().cloned());
            items.push(json!("  "));
            let shout = |item: &Value| json!(format!("\t{} ", item.as_str().unwrap_or_default().to_uppercase()));
            respelled[field] = items.iter().map(shout).collect();
        }
        prop_assert_eq!(digest(&question), digest(&respelled));
    }

    #[test]
    fn another_analyzer_has_other_keys(question in any_question()) {
        let request = HealthAnalysisRequest::from_json(question.to_string().as_bytes()).expect("a valid question");
        prop_assert_ne!(request.digest(&analyzer("one")), request.digest(&analyzer("two")));
    }

    #[test]
    fn different_sets_of_medicines_have_different_digests(
        one in prop::collection::vec("[a-c ,\"]{1,4}", 1..4),
        other in prop::collection::vec("[a-c ,\"]{1,4}", 1..4),
    ) {
        let read = |list: &[String]| MedicationSet::from_json(json!({"medications": list}).to_string().as_bytes()).ok();
        if let (Some(one_set), Some(other_set)) = (read(&one), read(&other)) {
            let is_same = meaning(&json!(one)) == meaning(&json!(other));
            prop_assert_eq!(one_set.digest(&analyzer("x")) == other_set.digest(&analyzer("x")), is_same);
        }
    }

    #[test]
    fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..120), text in any::<String>()) {
        let _ = HealthAnalysisRequest::from_json(&body);
        let _ = MedicationSet::from_json(&body);
        let _ = DrugAnalysisRequest::from_json(&body);
        let _ = text.parse::<CacheKey>();
        let _ = DrugAnalysisRequest::from_json(json!({"drug_name": text, "analysis_type": text}).to_string().as_bytes());
    }
}
