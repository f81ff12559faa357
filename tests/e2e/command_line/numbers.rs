//! `stats`, `advise`, `top` and `bench`.

use super::{Filled, server};
use medinsight_tests::command_line::medinsight;
use medinsight_tests::operator::TOKEN;
use serde_json::Value;

#[tokio::test]
async fn statistics_are_those_of_the_service_and_of_its_servers() {
    let filled = Filled::start().await;
    let shown = medinsight(&["stats"], &filled.settings()).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    for part in ["health_analysis", "hit rate", "drug_info", "version", "memory", "keys"] {
        assert!(shown.stdout.contains(part), "{part}: {shown:?}");
    }
    let document = medinsight(&["stats", "--json"], &filled.settings()).await.json();
    assert_eq!(document["stats"]["cache_performance"]["health_analysis"]["requests"], 1);
    assert!(document["performance"]["memory"]["used_memory"].is_u64());
}

#[tokio::test]
async fn advice_is_that_of_the_service_and_says_what_is_missing() {
    let filled = Filled::start().await;
    let shown = medinsight(&["advise"], &filled.settings()).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    for part in ["health_analysis", "fresh for     1 h", "1 requests for 100.0 % of the keys", "too few requests"] {
        assert!(shown.stdout.contains(part), "{part}: {shown:?}");
    }
    let document = medinsight(&["advise", "--json"], &filled.settings()).await.json();
    assert_eq!(document["categories"].as_array().map(Vec::len), Some(4));
}

#[tokio::test]
async fn top_shows_what_happened_since_the_look_before_a_line_at_a_time() {
    let (_server, url) = server().await;
    let settings = [("MEDINSIGHT_URL", url.as_str()), ("MEDINSIGHT_ADMIN_TOKEN", TOKEN)];
    let shown = medinsight(&["top", "--count", "2", "--interval", "1", "--json"], &settings).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let lines: Vec<Value> = shown.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["total"]["requests"], 0);
    assert!(lines[0]["endpoints"]["drug_info"].is_object());
}

#[tokio::test]
async fn bench_measures_three_things_and_leaves_nothing_of_them_behind() {
    let filled = Filled::start().await;
    let before = entries(&filled).await;
    let measured = medinsight(&["bench", "--requests", "20", "--at-once", "4", "--json"], &filled.settings()).await;
    assert_eq!(measured.code, Some(0), "{measured:?}");
    let rows = measured.json()["measured"].as_array().cloned().unwrap_or_default();
    let what: Vec<_> = rows.iter().map(|row| row["what"].as_str().unwrap_or_default()).collect();
    assert_eq!(what, ["round trip", "hit", "hits at once"]);
    assert!(rows.iter().all(|row| row["times"] == 20 && row["median_ms"].as_f64() > Some(0.0)));
    assert_eq!(entries(&filled).await, before);
}

/// The keys of entries; counters and generations are none.
async fn entries(filled: &Filled) -> Vec<String> {
    let is_entry = |key: &String| {
        !["medinsight:usage:", "medinsight:gen:", "medinsight:samples:"].iter().any(|kind| key.starts_with(kind))
    };
    filled.redis.dump().await.into_keys().filter(is_entry).collect()
}
