//! Search and comparison.

use super::COMPARE;
use medinsight_tests::{Answered, Service, get, post_to};
use serde_json::json;

async fn search(query: &str) -> Answered {
    Service::start().send(get(&format!("/api/v1/drug/search?{query}"))).await
}

#[tokio::test]
async fn a_search_finds_generics_and_brands_the_best_match_first() {
    let found = search("query=TYLEN").await;
    assert_eq!((found.status.as_u16(), found.header("cache-control")), (200, "public, max-age=300"));
    let body = found.json();
    assert_eq!(body["results"][0]["generic_name"], "acetaminophen");
    assert_eq!(body["results"][0]["matched"], "brand");
    assert!(body["disclaimer"].is_string());
    assert_eq!(search("query=aspirin").await.json()["results"][0]["generic_name"], "aspirin");
}

#[tokio::test]
async fn a_search_gives_ten_results_unless_told_otherwise_and_always_in_the_same_order() {
    let many = search("query=a&limit=50").await.json();
    let ten = search("limit=10&query=%61").await.json();
    assert_eq!((many["count"].as_u64(), ten["count"].as_u64()), (Some(50), Some(10)));
    assert_eq!(search("query=a").await.json(), ten);
    assert_eq!(many["results"].as_array().map(|all| all[..10].to_vec()).as_ref(), ten["results"].as_array());
    assert_eq!(search("query=zyxwv").await.json()["results"], json!([]));
}

#[tokio::test]
async fn a_comparison_has_the_drugs_in_their_order_and_the_interactions_between_them() {
    let service = Service::start();
    let body = json!({"drug_names": ["Coumadin", "Advil", "acetaminophen"]});
    let answer = service.send(post_to(COMPARE, body.to_string())).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"));
    let answer = answer.json();
    let names: Vec<_> = answer["drugs"].as_array().expect("drugs").iter().map(|drug| &drug["generic_name"]).collect();
    assert_eq!(names, ["warfarin", "ibuprofen", "acetaminophen"]);
    assert_eq!(answer["interactions"][0]["medications"], json!(["ibuprofen", "warfarin"]));
    assert!(answer["disclaimer"].is_string());
}

#[tokio::test]
async fn a_comparison_names_the_position_of_what_it_cannot_compare() {
    let service = Service::start();
    let compare = |names: &[&str]| service.send(post_to(COMPARE, json!({ "drug_names": names }).to_string()));
    let unknown = compare(&["aspirin", "zyxwv"]).await;
    unknown.assert_problem(404, "unknown_drug", "drug_names: item 2 is no known drug");
    let same = compare(&["Tylenol", "aspirin", "paracetamol"]).await;
    same.assert_problem(422, "repeated_item", "drug_names: item 3 is the same drug as an earlier one");
}
