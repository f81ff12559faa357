//! Answers that are none: nothing of them is stored, and nobody sees them.

use super::{analysis, backend, numbered, service_with, source_of};
use medinsight_tests::origin_server::Reply;
use medinsight_tests::question;
use serde_json::{Value, json};

fn changed(member: &str, value: Value) -> Value {
    let mut answer = analysis();
    answer[member] = value;
    answer
}

/// Ways in which an answer can be malformed although it arrives whole.
fn malformed() -> Vec<Reply> {
    let mut without = analysis();
    without.as_object_mut().expect("an object").remove("severity");
    let json = |body: &Value| Reply::json(200, body);
    vec![
        Reply::of_type(200, "application/json", ""),
        Reply::of_type(200, "application/json", "{\"condition\": \"cut o"),
        Reply::of_type(200, "application/json", b"\xff\xfe".as_slice()),
        json(&json!([])),
        json(&json!({})),
        json(&json!({ "detail": "I cannot help with that." })),
        json(&without),
        json(&changed("condition", "".into())),
        json(&changed("recommendation", "  ".into())),
        json(&changed("severity", "harmless".into())),
        json(&changed("natural_remedies", "Rest".into())),
        json(&changed("explanation", "x".repeat(9_000).into())),
        json(&changed("explanation", "a\u{7}b".into())),
        json(&changed("when_to_see_doctor", vec!["again"; 65].into())),
        Reply::of_type(200, "text/html", "<html>Sign in</html>"),
        Reply::of_type(200, "text/plain", analysis().to_string()),
        Reply::json(302, &analysis()),
        Reply::json(401, &json!({})),
        Reply::json(422, &json!({ "detail": "no" })),
        json(&Value::Null),
    ]
}

#[tokio::test]
async fn of_a_hundred_malformed_answers_none_is_stored() {
    let backend = backend().await;
    let service = service_with("upstream", &backend, &[]);
    let replies = malformed();
    for number in 0..100 {
        backend.answer_with(replies[number % replies.len()].clone());
        let answer = service.ask(&numbered(number)).await;
        assert_eq!(answer.json()["code"], "origin_failed", "{number}");
    }
    backend.answer_with(Reply::json(200, &analysis()));
    for number in 0..100 {
        assert_eq!(service.ask(&numbered(number)).await.x_cache(), "MISS", "{number} was stored");
    }
}

#[tokio::test]
async fn what_is_truncated_huge_or_endless_is_no_answer() {
    for reply in [Reply::json(200, &analysis()).truncated(), Reply::huge(), Reply::endless()] {
        let backend = backend().await;
        let service = service_with("upstream", &backend, &[]);
        backend.answer_with(reply);
        assert_eq!(service.ask(&question()).await.json()["code"], "origin_failed");
        // A question costs money: nobody knows whether the backend has answered it, so it is not sent again.
        assert_eq!(backend.requests(), 1);
        backend.answer_with(Reply::json(200, &analysis()));
        assert_eq!(service.ask(&question()).await.x_cache(), "MISS");
    }
}

#[tokio::test]
async fn a_slow_backend_is_given_up_when_its_time_is_over() {
    let backend = backend().await;
    let service = service_with("upstream", &backend, &[("ORIGIN_TIMEOUT_MS", "200")]);
    backend.answer_with(Reply::silence());
    assert_eq!(service.ask(&question()).await.json()["code"], "origin_timed_out");
    let service = service_with("upstream,embedded", &backend, &[("ORIGIN_TIMEOUT_MS", "4000")]);
    assert_eq!(source_of(&service.ask(&question()).await), "embedded");
}
