//! openFDA as an origin of facts about drugs: shapes as its documentation has them, content invented.

use super::{info, source_of};
use medinsight_tests::Service;
use medinsight_tests::origin_server::{OriginServer, Received, Reply};
use serde_json::{Value, json};

fn page(results: &Value) -> Value {
    let count = results.as_array().map_or(0, Vec::len);
    json!({
        "meta": {
            "disclaimer": "Do not rely on openFDA to make decisions regarding medical care.",
            "terms": "https://open.fda.gov/terms/", "license": "https://open.fda.gov/license/",
            "last_updated": "2026-10-01", "results": { "skip": 0, "limit": 50, "total": count },
        },
        "results": results,
    })
}

fn products() -> Value {
    page(&json!([{
        "product_ndc": "00000-001", "generic_name": "Inventinib Besylate", "labeler_name": "Invented Pharma",
        "brand_name": "Inventra", "active_ingredients": [{ "name": "INVENTINIB BESYLATE", "strength": "5 mg/1" }],
        "finished": true, "packaging": [], "dosage_form": "TABLET", "route": ["ORAL"],
        "pharm_class": ["Invented Kinase Inhibitor [EPC]", "Kinase Inhibitors [MoA]"],
        "openfda": { "spl_set_id": ["0a1b2c3d-0000-4000-8000-000000000001"], "manufacturer_name": ["Invented Pharma"] },
    }]))
}

fn label() -> Value {
    page(&json!([{
        "set_id": "0a1b2c3d-0000-4000-8000-000000000001", "id": "1", "version": "3", "effective_time": "20260102",
        "indications_and_usage": ["1 INDICATIONS AND USAGE It is used for an invented illness."],
        "adverse_reactions": ["6 ADVERSE REACTIONS Invented headaches."],
        "openfda": { "generic_name": ["INVENTINIB BESYLATE"], "brand_name": ["INVENTRA"] },
    }]))
}

fn not_found() -> Reply {
    Reply::json(404, &json!({ "error": { "code": "NOT_FOUND", "message": "No matches found!" } }))
}

fn answer(received: &Received) -> Reply {
    let target = received.target.as_str();
    if target.starts_with("/drug/ndc.json?") && target.contains("inventinib") {
        Reply::json(200, &products())
    } else if target.starts_with("/drug/label.json?search=set_id%3A%220a1b2c3d") {
        Reply::json(200, &label())
    } else {
        not_found()
    }
}

fn service_on(server: &OriginServer, order: &str, more: &[(&str, &str)]) -> Service {
    let url = server.url();
    Service::with_origins(&[&[("MEDINSIGHT_ORIGIN", order), ("OPENFDA_URL", &url)], more].concat())
}

#[tokio::test]
async fn facts_are_put_together_from_the_directory_and_the_label_and_kept() {
    let server = OriginServer::start(answer).await;
    let service = service_on(&server, "openfda,embedded", &[("OPENFDA_API_KEY", "invented-key")]);
    let (miss, hit) = (info(&service, "Inventinib").await, info(&service, "inventinib").await);
    assert_eq!((miss.x_cache(), hit.x_cache(), server.requests()), ("MISS", "HIT", 2));
    assert_eq!((source_of(&miss).as_str(), source_of(&hit).as_str()), ("openfda", "openfda"));
    let data = &miss.json()["data"];
    assert_eq!(data["generic_name"], "inventinib besylate");
    assert_eq!(
        (&data["brand_names"], &data["active_ingredients"]),
        (&json!(["Inventra"]), &json!(["inventinib besylate"]))
    );
    assert_eq!(data["drug_class"], "Invented Kinase Inhibitor");
    assert!(data["uses"][0].as_str().is_some_and(|text| text.contains("an invented illness")));
    assert!(data["data_sources"][0].as_str().is_some_and(|text| text.contains("2026-10-01")));
    // An address is logged by whoever is on the way; a header is not.
    for received in server.received() {
        assert!(!received.target.contains("invented-key"), "{}", received.target);
        assert_eq!(received.headers["authorization"], "Basic aW52ZW50ZWQta2V5Og==");
    }
}

#[tokio::test]
async fn what_openfda_does_not_know_the_formulary_may_and_what_neither_knows_is_a_404() {
    let server = OriginServer::start(|_| not_found()).await;
    let service = service_on(&server, "openfda,embedded", &[]);
    assert_eq!(source_of(&info(&service, "aspirin").await), "embedded");
    assert_eq!(info(&service, "zyxwv").await.json()["code"], "unknown_drug");
    assert_eq!(info(&service, "zyxwv").await.json()["code"], "unknown_drug");
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn what_cannot_be_the_name_of_a_drug_never_gets_there() {
    let server = OriginServer::start(|_| not_found()).await;
    let service = service_on(&server, "openfda", &[]);
    for name in ["my%20e-mail%20is%20a%40b.example", "x%22%20OR%20y", "_exists_%3Ax", "%2A"] {
        assert_eq!(info(&service, name).await.json()["code"], "unknown_drug", "{name}");
    }
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn throttling_and_errors_leave_the_answer_to_the_formulary() {
    let replies = [
        Reply::json(429, &json!({ "error": { "code": "OVER_RATE_LIMIT", "message": "Too many." } })),
        Reply::json(500, &json!({ "error": { "code": "SERVER_ERROR", "message": "Check your request." } })),
        Reply::of_type(200, "text/html", "<html>"),
        Reply::json(200, &json!({ "results": [] })),
        Reply::json(200, &products()).truncated(),
        Reply::endless(),
    ];
    for reply in replies {
        let server = OriginServer::start(move |_| reply.clone()).await;
        let facts = info(&service_on(&server, "openfda,embedded", &[]), "aspirin").await;
        assert_eq!((source_of(&facts).as_str(), facts.header("cache-control")), ("embedded", "public, max-age=60"));
    }
}

#[tokio::test]
async fn the_budget_of_a_day_is_kept() {
    let server = OriginServer::start(|_| not_found()).await;
    let settings = [("OPENFDA_REQUESTS_PER_DAY", "20"), ("ORIGIN_QUEUE_MS", "0")];
    let service = service_on(&server, "openfda", &settings);
    for letter in 'a'..='z' {
        info(&service, &format!("zyxwv{letter}")).await;
    }
    // A tenth of a day's requests may come at once.
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn health_questions_are_answered_by_the_embedded_origin() {
    let server = OriginServer::start(|_| not_found()).await;
    let answer = service_on(&server, "openfda", &[]).ask(&medinsight_tests::question()).await;
    assert_eq!((source_of(&answer).as_str(), server.requests()), ("embedded", 0));
}
