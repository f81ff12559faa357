//! What a model may send and is no answer: nothing of it is stored, and nobody sees it.

use super::{call_of, calling, error, health_text, model, said, service_with};
use crate::origins::{numbered, source_of};
use medinsight_tests::origin_server::Reply;
use medinsight_tests::question;
use serde_json::{Value, json};

fn changed(member: &str, value: Value) -> Value {
    let mut text = health_text();
    text[member] = value;
    text
}

/// Replies that arrive whole and are no answers.
fn none_of_them_answers() -> Vec<Reply> {
    let tool = |input: &Value| calling("health_analysis", input);
    let mut without = health_text();
    without.as_object_mut().expect("an object").remove("severity");
    let call = call_of("health_analysis", &health_text());
    vec![
        // It has stopped for a reason that makes the call worth nothing.
        said("max_tokens", &json!([call])),
        said("model_context_window_exceeded", &json!([call])),
        said("malformed_tool_use", &json!([call])),
        said("content_filtered", &json!([call])),
        said("guardrail_intervened", &json!([{ "text": "The guardrail has blocked this." }])),
        said("a_reason_of_the_future", &json!([call])),
        // It has called none of our tools, or more than one.
        said("end_turn", &json!([{ "text": "I am sorry, I cannot help with that." }])),
        said("tool_use", &json!([])),
        said("tool_use", &json!([call, call])),
        calling("another_tool", &health_text()),
        calling("unknown_drug", &json!({})),
        // The call is not what the schema says.
        tool(&json!({})),
        tool(&json!("a text")),
        tool(&without),
        tool(&changed("severity", "harmless".into())),
        tool(&changed("natural_remedies", "Rest".into())),
        tool(&changed("condition", " ".into())),
        tool(&changed("explanation", "x".repeat(9_000).into())),
        tool(&changed("explanation", "a\u{7}b".into())),
        tool(&changed("when_to_see_doctor", vec!["again"; 65].into())),
        // It is no answer of the API.
        Reply::of_type(200, "application/json", ""),
        Reply::of_type(200, "application/json", "{\"output\": {\"mess"),
        Reply::of_type(200, "application/json", "[".repeat(100_000)),
        Reply::of_type(200, "text/html", "<html>Sign in</html>"),
        Reply::json(200, &json!({})),
        Reply::json(200, &json!({ "output": 7, "stopReason": "tool_use" })),
        Reply::json(302, &json!({})),
        error(400, "ValidationException"),
        error(403, "AccessDeniedException"),
        error(404, "ResourceNotFoundException"),
    ]
}

#[tokio::test]
async fn of_a_hundred_malformed_answers_none_is_stored() {
    let model = model().await;
    let service = service_with("bedrock", &model, &[]);
    let replies = none_of_them_answers();
    for number in 0..100 {
        model.answer_with(replies[number % replies.len()].clone());
        assert_eq!(service.ask(&numbered(number)).await.json()["code"], "origin_failed", "{number}");
    }
    model.answer_with(calling("health_analysis", &health_text()));
    for number in 0..100 {
        assert_eq!(service.ask(&numbered(number)).await.x_cache(), "MISS", "{number} was stored");
    }
}

#[tokio::test]
async fn what_is_truncated_huge_or_endless_is_no_answer_and_is_not_paid_for_twice() {
    for reply in [calling("health_analysis", &health_text()).truncated(), Reply::huge(), Reply::endless()] {
        let model = model().await;
        let service = service_with("bedrock", &model, &[]);
        model.answer_with(reply);
        assert_eq!(service.ask(&question()).await.json()["code"], "origin_failed");
        assert_eq!(model.requests(), 1);
    }
}

#[tokio::test]
async fn a_model_that_is_throttled_broken_or_slow_is_stood_in_for_and_not_asked_again_by_the_sdk() {
    let replies = [
        (error(429, "ThrottlingException"), "origin_unavailable"),
        (error(503, "ServiceUnavailableException"), "origin_unavailable"),
        (error(500, "InternalServerException"), "origin_failed"),
        (error(408, "ModelTimeoutException"), "origin_failed"),
        (error(424, "ModelErrorException"), "origin_failed"),
        (Reply::silence(), "origin_timed_out"),
    ];
    for (reply, code) in replies {
        let model = model().await;
        model.answer_with(reply);
        let alone = service_with("bedrock", &model, &[("ORIGIN_TIMEOUT_MS", "400")]);
        assert_eq!((alone.ask(&question()).await.json()["code"].as_str(), model.requests()), (Some(code), 1));
        let service = service_with("bedrock,embedded", &model, &[("ORIGIN_TIMEOUT_MS", "400")]);
        assert_eq!(source_of(&service.ask(&question()).await), "embedded");
    }
}

#[tokio::test]
async fn a_model_that_fails_is_left_alone() {
    let model = model().await;
    model.answer_with(error(500, "InternalServerException"));
    let service = service_with("bedrock", &model, &[]);
    for number in 0..20 {
        service.ask(&numbered(number)).await;
    }
    assert_eq!(model.requests(), 5);
}
