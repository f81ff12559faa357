//! Metrics of a Lambda function, as log lines in CloudWatch's embedded metric format, from which CloudWatch makes
//! metrics without being called.
//!
//! There is a line for each category that an invocation looked something up in, or one of category `none`.

use crate::api::RequestId;
use crate::cache::{CacheStatus, Measure};
use crate::clock::Clock;
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const NAMESPACE: &str = "MedInsight/ResponseCache";

/// Writes the metrics of one function.
#[derive(Debug)]
pub(crate) struct Metrics {
    function: String,
    clock: Clock,
    is_cold: AtomicBool,
}

/// A line under way: the values, and which of them are metrics.
struct Line {
    members: Map<String, Value>,
    metrics: Vec<Value>,
}

impl Metrics {
    pub(crate) const fn of(function: String, clock: Clock) -> Self {
        Self { function, clock, is_cold: AtomicBool::new(true) }
    }

    /// Writes what was measured for one invocation.
    pub(crate) fn publish(&self, id: &RequestId, measures: &[Measure]) {
        let mut lines = Vec::with_capacity(1_024);
        for line in self.lines(id, measures) {
            // A value always has a JSON form, and memory takes it.
            let _ = serde_json::to_writer(&mut lines, &line);
            lines.push(b'\n');
        }
        // Metrics that cannot be written are no reason to fail.
        let _ = io::stdout().lock().write_all(&lines);
    }

    fn lines(&self, id: &RequestId, measures: &[Measure]) -> Vec<Value> {
        let is_cold = self.is_cold.swap(false, Ordering::Relaxed);
        let mut lines: Vec<_> = measures.iter().map(|measure| self.line_of(measure)).collect();
        if lines.is_empty() {
            lines.push(self.line("none"));
        }
        if let Some(first) = lines.first_mut() {
            first.add("cold_starts", "Count", u64::from(is_cold));
        }
        lines.into_iter().map(|line| line.finish(id, &self.clock)).collect()
    }

    fn line(&self, category: &str) -> Line {
        let mut members = Map::new();
        members.insert("function".to_owned(), self.function.as_str().into());
        members.insert("category".to_owned(), category.into());
        Line { members, metrics: Vec::new() }
    }

    fn line_of(&self, measure: &Measure) -> Line {
        let mut line = self.line(measure.category.as_str());
        let count = |of: fn(&CacheStatus) -> bool| measure.statuses.iter().filter(|status| of(status)).count();
        line.add("hits", "Count", count(|status| matches!(status, CacheStatus::Hit)));
        line.add("misses", "Count", count(|status| matches!(status, CacheStatus::Miss)));
        line.add("stale", "Count", count(|status| matches!(status, CacheStatus::Stale)));
        line.add("coalesced", "Count", count(|status| matches!(status, CacheStatus::Coalesced)));
        line.add("bypasses", "Count", count(|status| matches!(status, CacheStatus::Bypass(_))));
        line.add("store_ms", "Milliseconds", millis(measure.store));
        if let Some(origin) = measure.origin {
            line.add("origin_ms", "Milliseconds", millis(origin));
        }
        line.name_reason(measure);
        line
    }
}

impl Line {
    fn add(&mut self, name: &'static str, unit: &'static str, value: impl Into<Value>) {
        self.metrics.push(json!({"Name": name, "Unit": unit}));
        self.members.insert(name.to_owned(), value.into());
    }

    /// A bypass has a reason, which is a dimension of its own.
    fn name_reason(&mut self, measure: &Measure) {
        let reason = measure.statuses.iter().find_map(|status| match status {
            CacheStatus::Bypass(reason) => Some(reason.as_str()),
            _ => None,
        });
        if let Some(reason) = reason {
            self.members.insert("bypass_reason".to_owned(), reason.into());
        }
    }

    fn finish(mut self, id: &RequestId, clock: &Clock) -> Value {
        let mut directives = vec![directive(&["function", "category"], self.metrics)];
        if self.members.contains_key("bypass_reason") {
            let bypasses = vec![json!({"Name": "bypasses", "Unit": "Count"})];
            directives.push(directive(&["function", "category", "bypass_reason"], bypasses));
        }
        self.members.insert("request_id".to_owned(), id.as_str().into());
        let header = json!({"Timestamp": clock.now().0, "CloudWatchMetrics": directives});
        self.members.insert("_aws".to_owned(), header);
        Value::Object(self.members)
    }
}

fn directive(dimensions: &[&str], metrics: Vec<Value>) -> Value {
    json!({"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": Value::Array(metrics)})
}

/// In milliseconds, to the microsecond.
fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::Metrics;
    use crate::api::RequestId;
    use crate::cache::{CacheStatus, Measure};
    use crate::clock::{Clock, ManualClock};
    use crate::store::FailureReason;
    use medinsight_core::{Category, UnixMillis};
    use serde_json::{Value, json};
    use std::time::Duration;

    fn metrics() -> Metrics {
        Metrics::of("health".to_owned(), Clock::Manual(ManualClock::at(UnixMillis(7))))
    }

    fn measure(status: CacheStatus, origin: Option<Duration>) -> Measure {
        let store = Duration::from_micros(1_500);
        Measure { category: Category::HealthAnalysis, statuses: vec![status], store, origin }
    }

    fn lines(metrics: &Metrics, measures: &[Measure]) -> Vec<Value> {
        metrics.lines(&RequestId::of_platform("an-id"), measures)
    }

    #[test]
    fn a_line_has_every_metric_that_it_names_and_its_dimensions() {
        let line = lines(&metrics(), &[measure(CacheStatus::Miss, Some(Duration::from_millis(3)))]).remove(0);
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(line["_aws"]["Timestamp"], 7);
        assert_eq!(directive["Dimensions"], json!([["function", "category"]]));
        for metric in directive["Metrics"].as_array().expect("metrics") {
            assert!(line[metric["Name"].as_str().expect("a name")].is_number(), "{metric}");
        }
        assert_eq!((&line["misses"], &line["hits"], &line["cold_starts"]), (&json!(1), &json!(0), &json!(1)));
        assert_eq!((&line["store_ms"], &line["origin_ms"]), (&json!(1.5), &json!(3.0)));
        assert_eq!((&line["function"], &line["category"]), (&json!("health"), &json!("health_analysis")));
    }

    #[test]
    fn a_bypass_is_counted_by_its_reason_and_only_the_first_line_is_a_cold_start() {
        let metrics = metrics();
        assert_eq!(lines(&metrics, &[])[0]["category"], "none");
        let line = lines(&metrics, &[measure(CacheStatus::Bypass(FailureReason::TimedOut), None)]).remove(0);
        assert_eq!((&line["cold_starts"], &line["bypass_reason"]), (&json!(0), &json!("store-timed-out")));
        let directive = &line["_aws"]["CloudWatchMetrics"][1];
        assert_eq!(directive["Dimensions"], json!([["function", "category", "bypass_reason"]]));
        assert!(line.get("origin_ms").is_none());
    }
}
