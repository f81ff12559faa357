//! Bad input: a 4xx that names the field and the rule, and never shows the content.

use axum::body::Body;
use http::{Method, Request};
use medinsight_tests::{ANALYZE, Service, get, post, question};
use proptest::prelude::*;
use serde_json::{Value, json};

fn question_with(member: &str, value: Value) -> String {
    let mut question = question();
    question[member] = value;
    question.to_string()
}

#[tokio::test]
async fn a_field_that_breaks_its_rule_is_named_together_with_the_rule() {
    let service = Service::start();
    let cases = [
        ("concern", Value::Null, "missing_field", "concern: is required"),
        ("symptoms", json!(7), "wrong_type", "symptoms: must be text"),
        ("symptoms", json!("  "), "empty_field", "symptoms: must not be empty"),
        ("concern", json!("x".repeat(2_001)), "text_too_long", "concern: a text must have at most 2000 characters"),
        ("patient_age", json!(151), "out_of_range", "patient_age: must be from 0 to 150"),
        ("patient_age", json!(-1), "out_of_range", "patient_age: must be from 0 to 150"),
        ("patient_age", json!("34"), "wrong_type", "patient_age: must be a whole number"),
        ("patient_gender", json!([]), "wrong_type", "patient_gender: must be text"),
        ("medical_history", json!("asthma"), "wrong_type", "medical_history: must be a list of texts"),
        ("medical_history", json!([1]), "wrong_type", "medical_history: must be a list of texts"),
        (
            "current_medications",
            json!(vec!["x"; 65]),
            "list_too_long",
            "current_medications: must have at most 64 items",
        ),
        (
            "current_medications",
            json!(["x".repeat(257)]),
            "text_too_long",
            "current_medications: a text must have at most 256 characters",
        ),
    ];
    for (member, value, code, detail) in cases {
        let answer = service.send(post(question_with(member, value))).await;
        answer.assert_problem(422, code, detail);
        assert_eq!(answer.json()["field"].as_str(), Some(member));
    }
    assert_eq!(service.origin.analyses(), 0);
}

#[tokio::test]
async fn what_is_no_readable_json_object_is_a_400() {
    let service = Service::start();
    let twice = r#"{"concern": "a", "symptoms": "b", "concern": "a"}"#;
    let deep = format!(r#"{{"concern": "a", "symptoms": "b", "x": {}{}}}"#, "[".repeat(32), "]".repeat(32));
    let cases: [(Vec<u8>, &str, &str); 6] = [
        (b"{\"concern\": \"\xFF\"}".to_vec(), "not_utf8", "the body must be UTF-8"),
        (b"{\"concern\": ".to_vec(), "not_json", "the body must be JSON: syntax error at line 1, column 12"),
        (b"".to_vec(), "not_json", "the body must be JSON: syntax error at line 1, column 0"),
        (b"[]".to_vec(), "not_an_object", "the body must be a JSON object"),
        (twice.into(), "duplicate_member", "concern: members must not be repeated"),
        (deep.into(), "too_deep", "the body must not be nested more than 32 levels deep"),
    ];
    for (body, code, detail) in cases {
        service.send(post(body)).await.assert_problem(400, code, detail);
    }
}

#[tokio::test]
async fn a_wrong_or_absent_content_type_is_a_415() {
    let service = Service::start();
    for content_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonp")]
    {
        let mut request = post(question().to_string());
        request.headers_mut().remove("content-type");
        if let Some(content_type) = content_type {
            request.headers_mut().insert("content-type", content_type.parse().expect("a value"));
        }
        let answer = service.send(request).await;
        answer.assert_problem(415, "wrong_content_type", "Content-Type: must be application/json");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_a_413_whether_its_length_is_declared_or_not() {
    let service = Service::start();
    let detail = "the body must have at most 262144 bytes";
    let long = "x".repeat(262_145);
    service.send(post(long.clone())).await.assert_problem(413, "body_too_large", detail);
    let mut declared = post(long);
    declared.headers_mut().insert("content-length", "262145".parse().expect("a value"));
    service.send(declared).await.assert_problem(413, "body_too_large", detail);
    assert_eq!(Service::limits().body_bytes, 262_144);
}

#[tokio::test]
async fn unknown_routes_and_wrong_methods_are_problems_too() {
    let service = Service::start();
    for path in ["/", "/api/v1", "/api/v1/analyze-health/", "/api/v2/analyze-health"] {
        service.send(get(path)).await.assert_problem(404, "unknown_route", "there is no such route");
    }
    let answer = service.send(get(ANALYZE)).await;
    answer.assert_problem(405, "wrong_method", "the route does not have this method");
    assert_eq!(answer.header("allow"), "POST");
    let request = Request::builder().method(Method::DELETE).uri(format!("{ANALYZE}/{}", "0".repeat(64)));
    let answer = service.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET,HEAD"));
}

#[tokio::test]
async fn a_malformed_digest_or_session_is_a_400() {
    let service = Service::start();
    for digest in ["x", &"A".repeat(64), &"0".repeat(63), "%FF"] {
        let answer = service.find(digest).await;
        assert_eq!(answer.status.as_u16(), 400, "{digest}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    for session in ["", "two words", &"x".repeat(129)] {
        let answer = service.ask_as(session, &question()).await;
        let rule = "X-Session-Id: must be given once, as 1 to 128 visible ASCII characters";
        answer.assert_problem(400, "invalid_session_id", rule);
    }
}

#[tokio::test]
async fn a_problem_never_shows_what_was_sent() {
    let service = Service::start();
    let canary = "zyxcanary";
    let bodies = [
        format!(r#"{{"concern": {{"{canary}": 1}}, "symptoms": "{canary}"}}"#),
        format!(r#"{{"{canary}": 1, "{canary}": 2}}"#),
        format!(r#"{{"concern": "{canary}" "{canary}"}}"#),
        format!(r#"{{"concern": "x", "symptoms": ["{canary}"]}}"#),
        format!("{canary}{{"),
    ];
    for body in bodies {
        let answer = service.send(post(body)).await;
        assert!(answer.status.is_client_error());
        assert!(!answer.json().to_string().contains(canary));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_body_is_a_server_error(body in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        "[\\[\\]{}\",:0-9eE.+-]{0,60}".prop_map(String::into_bytes),
        "\\PC{0,40}".prop_map(|text| question_with("symptoms", json!(text)).into_bytes()),
    ]) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let status = runtime.block_on(async { Service::start().send(post(body)).await.status });
        prop_assert!(!status.is_server_error(), "{}", status);
    }
}
