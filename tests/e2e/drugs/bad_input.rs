//! Bad input: a 4xx that names the field and the rule, and never shows the content.

use super::{ANALYZE_DRUG, COMPARE, info, status};
use medinsight_tests::{Service, get, post_to};
use proptest::prelude::*;
use serde_json::{Value, json};

const TYPES: &str = "analysis_type: must be one of overview, market_research, clinical_trials, competitive_analysis, \
                     safety_profile, pricing_analysis";

#[tokio::test]
async fn a_field_of_an_analysis_that_breaks_its_rule_is_named_together_with_the_rule() {
    let service = Service::start();
    let named = |member: &str, value: Value| json!({"drug_name": "aspirin", member: value});
    let cases = [
        (json!({}), "missing_field", "drug_name: is required"),
        (json!({"drug_name": null}), "missing_field", "drug_name: is required"),
        (json!({"drug_name": ""}), "empty_field", "drug_name: must not be empty"),
        (json!({"drug_name": " \t"}), "empty_field", "drug_name: must not be empty"),
        (json!({"drug_name": 7}), "wrong_type", "drug_name: must be text"),
        (json!({"drug_name": "x".repeat(201)}), "text_too_long", "drug_name: a text must have at most 200 characters"),
        (
            json!({"drug_name": "\u{1F48A}".repeat(200)}),
            "key_too_long",
            "drug_name: makes a key of more than 512 bytes",
        ),
        (json!({"drug_name": "a\u{0}b"}), "control_character", "drug_name: must have no control characters"),
        (named("analysis_type", json!("all")), "unknown_value", TYPES),
        (named("analysis_type", json!("Overview")), "unknown_value", TYPES),
        (named("analysis_type", json!([])), "wrong_type", "analysis_type: must be text"),
        (named("include_competitors", json!("true")), "wrong_type", "include_competitors: must be true or false"),
        (named("include_market_data", json!(1)), "wrong_type", "include_market_data: must be true or false"),
        (named("include_clinical_data", json!({})), "wrong_type", "include_clinical_data: must be true or false"),
    ];
    for (body, code, detail) in cases {
        service.send(post_to(ANALYZE_DRUG, body.to_string())).await.assert_problem(422, code, detail);
    }
    assert_eq!(service.origin.drug_analyses(), 0);
}

#[tokio::test]
async fn what_is_no_readable_json_object_is_a_400_and_another_content_type_a_415() {
    let service = Service::start();
    let cases = [
        (r#"{"drug_name": "a", "drug_name": "a"}"#, "duplicate_member", "drug_name: members must not be repeated"),
        ("[]", "not_an_object", "the body must be a JSON object"),
        ("aspirin", "not_json", "the body must be JSON: syntax error at line 1, column 1"),
    ];
    for (body, code, detail) in cases {
        service.send(post_to(ANALYZE_DRUG, body)).await.assert_problem(400, code, detail);
    }
    for path in [ANALYZE_DRUG, COMPARE] {
        let mut request = post_to(path, "{}");
        request.headers_mut().insert("content-type", "text/plain".parse().expect("a value"));
        let answer = service.send(request).await;
        answer.assert_problem(415, "wrong_content_type", "Content-Type: must be application/json");
    }
}

#[tokio::test]
async fn a_name_in_a_path_that_breaks_its_rule_is_a_problem() {
    let service = Service::start();
    let cases = [
        ("%20%E3%80%80", 422, "empty_field", "drug_name: must not be empty"),
        ("a%00b", 422, "control_character", "drug_name: must have no control characters"),
        ("a%7Fb", 422, "control_character", "drug_name: must have no control characters"),
        ("%zz", 400, "malformed_escape", "drug_name: must be percent-encoded UTF-8 and given once"),
        ("aspirin%4", 400, "malformed_escape", "drug_name: must be percent-encoded UTF-8 and given once"),
        ("%FF", 400, "malformed_escape", "drug_name: must be percent-encoded UTF-8 and given once"),
        (&"x".repeat(201), 422, "text_too_long", "drug_name: a text must have at most 200 characters"),
        (&"%F0%9F%92%8A".repeat(200), 422, "key_too_long", "drug_name: makes a key of more than 512 bytes"),
    ];
    for (name, status, code, detail) in cases {
        info(&service, name).await.assert_problem(status, code, detail);
    }
    info(&service, "").await.assert_problem(404, "unknown_route", "there is no such route");
    assert_eq!(service.origin.drug_facts(), 0);
}

#[tokio::test]
async fn a_malformed_id_is_a_400_and_an_unknown_one_a_404() {
    let service = Service::start();
    for id in ["x", "%FF", &"A".repeat(32), &"0".repeat(31), &"0".repeat(33), "..%2F..%2Fstatus"] {
        let detail = "analysis_id: must be 32 lower-case hexadecimal characters";
        status(&service, id).await.assert_problem(400, "invalid_analysis_id", detail);
    }
    let unknown = status(&service, &"0".repeat(32)).await;
    unknown.assert_problem(404, "unknown_analysis", "there is no analysis with this id");
}

#[tokio::test]
async fn a_search_that_breaks_a_rule_is_a_problem() {
    let service = Service::start();
    let limit = "limit: must be a whole number from 1 to 50";
    let long = format!("query={}", "x".repeat(201));
    let cases = [
        ("", 422, "missing_field", "query: is required"),
        ("query=+", 422, "empty_field", "query: must not be empty"),
        ("query=%00", 422, "control_character", "query: must have no control characters"),
        (&long, 422, "text_too_long", "query: a text must have at most 200 characters"),
        ("query=%zz", 400, "malformed_escape", "query: must be percent-encoded UTF-8 and given once"),
        ("query=a&query=a", 400, "malformed_escape", "query: must be percent-encoded UTF-8 and given once"),
        ("query=a&limit=0", 422, "out_of_range", limit),
        ("query=a&limit=51", 422, "out_of_range", limit),
        ("query=a&limit=abc", 422, "out_of_range", limit),
        ("query=a&limit=", 422, "out_of_range", limit),
        ("query=a&limit=-1", 422, "out_of_range", limit),
        ("query=a&limit=99999999999999999999", 422, "out_of_range", limit),
    ];
    for (query, status, code, detail) in cases {
        service.send(get(&format!("/api/v1/drug/search?{query}"))).await.assert_problem(status, code, detail);
    }
}

#[tokio::test]
async fn a_comparison_that_breaks_a_rule_is_a_problem() {
    let service = Service::start();
    let names = |names: &[&str]| json!({ "drug_names": names });
    let cases = [
        (json!({}), "missing_field", "drug_names: is required"),
        (json!({"drug_names": "aspirin"}), "wrong_type", "drug_names: must be a list of texts"),
        (json!({"drug_names": ["aspirin", 1]}), "wrong_type", "drug_names: must be a list of texts"),
        (names(&["aspirin"]), "wrong_count", "drug_names: must have 2 to 5 items"),
        (names(&["a", "b", "c", "d", "e", "f"]), "wrong_count", "drug_names: must have 2 to 5 items"),
        (names(&["Aspirin", " aspirin"]), "repeated_item", "drug_names: items must not be repeated"),
        (names(&["aspirin", " "]), "empty_field", "drug_names: must not be empty"),
        (names(&["aspirin", "a\u{1}"]), "control_character", "drug_names: must have no control characters"),
    ];
    for (body, code, detail) in cases {
        service.send(post_to(COMPARE, body.to_string())).await.assert_problem(422, code, detail);
    }
}

#[tokio::test]
async fn a_problem_never_shows_what_was_sent() {
    let service = Service::start();
    let canary = "zyxcanary";
    let requests = [
        get(&format!("/api/v1/drug/info/{canary}")),
        get(&format!("/api/v1/drug/info/{canary}%00")),
        get(&format!("/api/v1/drug/search?query={canary}&limit={canary}")),
        get(&format!("{ANALYZE_DRUG}/{canary}/status")),
        post_to(ANALYZE_DRUG, format!(r#"{{"drug_name": "x", "analysis_type": "{canary}"}}"#)),
        post_to(COMPARE, format!(r#"{{"drug_names": ["aspirin", "{canary}"]}}"#)),
    ];
    for request in requests {
        let answer = service.send(request).await;
        assert!(answer.status.is_client_error());
        assert!(!answer.json().to_string().contains(canary));
    }
}

/// Every octet of a text as an escape, so that any text is a path.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_name_is_a_server_error(name in prop_oneof![any::<String>(), "\\PC{0,40}", "[a-z /%+,&()\\[\\]-]{0,40}"]) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let (service, _) = Service::in_memory();
            let requests = [
                get(&format!("/api/v1/drug/info/{}", escaped(&name))),
                get(&format!("/api/v1/drug/search?query={}", escaped(&name))),
                post_to(ANALYZE_DRUG, json!({"drug_name": name}).to_string()),
                post_to(COMPARE, json!({"drug_names": [name, "aspirin"]}).to_string()),
            ];
            for request in requests {
                let status = service.send(request).await.status;
                assert!(!status.is_server_error(), "{status}");
            }
        });
    }
}
