//! Metrics of a Lambda function, as log lines in the embedded metric format, from which `CloudWatch` makes metrics
//! without being called.
//!
//! There is a line for each category that an invocation looked something up in, or one of category `none`.

use crate::api::RequestId;
use crate::cache::{CacheStatus, Measure};
use crate::clock::Clock;
use crate::store::FailureReason;
use serde::Serialize;
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

/// A line. The members that are metrics are named by its header.
#[derive(Serialize)]
struct Line<'a> {
    _aws: Header,
    function: &'a str,
    category: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cold_starts: Option<u64>,
    #[serde(flatten)]
    lookups: Option<Lookups>,
}

/// What happened in one category.
#[derive(Serialize)]
struct Lookups {
    hits: usize,
    misses: usize,
    stale: usize,
    coalesced: usize,
    bypasses: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    bypass_reason: Option<&'static str>,
    store_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin_ms: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Header {
    timestamp: u64,
    cloud_watch_metrics: Vec<Directive>,
}

/// Metrics and their dimensions.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    dimensions: [&'static [&'static str]; 1],
    metrics: Vec<Metric>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

const COLD_STARTS: Metric = count("cold_starts");
const BYPASSES: Metric = count("bypasses");
const ORIGIN: Metric = Metric { name: "origin_ms", unit: "Milliseconds" };

/// What every lookup has.
const OF_LOOKUPS: [Metric; 6] = [
    count("hits"),
    count("misses"),
    count("stale"),
    count("coalesced"),
    BYPASSES,
    Metric { name: "store_ms", unit: "Milliseconds" },
];

impl Metrics {
    pub(crate) const fn of(function: String, clock: Clock) -> Self {
        Self { function, clock, is_cold: AtomicBool::new(true) }
    }

    /// Writes what was measured for one invocation.
    pub(crate) fn publish(&self, id: &RequestId, measures: &[Measure]) {
        // Metrics that cannot be written are no reason to fail.
        let _ = io::stdout().lock().write_all(&self.lines(id, measures));
    }

    fn lines(&self, id: &RequestId, measures: &[Measure]) -> Vec<u8> {
        let mut cold_starts = Some(u64::from(self.is_cold.swap(false, Ordering::Relaxed)));
        let mut lines = Vec::with_capacity(1_024);
        let lookups = measures.iter().map(|measure| (measure.category.as_str(), Some(Lookups::of(measure))));
        let none = measures.is_empty().then_some(("none", None));
        for (category, lookups) in lookups.chain(none) {
            let line = self.line(category, id, cold_starts.take(), lookups);
            // A line always has a JSON form, and memory takes it.
            let _ = serde_json::to_writer(&mut lines, &line);
            lines.push(b'\n');
        }
        lines
    }

    fn line<'a>(
        &'a self,
        category: &'static str,
        id: &'a RequestId,
        cold_starts: Option<u64>,
        lookups: Option<Lookups>,
    ) -> Line<'a> {
        let header = Header::of(self.clock.now().0, cold_starts, lookups.as_ref());
        Line { _aws: header, function: &self.function, category, request_id: id.as_str(), cold_starts, lookups }
    }
}

impl Lookups {
    fn of(measure: &Measure) -> Self {
        let count = |of: fn(&CacheStatus) -> bool| measure.statuses.iter().filter(|status| of(status)).count();
        Self {
            hits: count(|status| matches!(status, CacheStatus::Hit)),
            misses: count(|status| matches!(status, CacheStatus::Miss)),
            stale: count(|status| matches!(status, CacheStatus::Stale)),
            coalesced: count(|status| matches!(status, CacheStatus::Coalesced)),
            bypasses: count(|status| matches!(status, CacheStatus::Bypass(_))),
            bypass_reason: reason_of(measure).map(FailureReason::as_str),
            store_ms: millis(measure.store),
            origin_ms: measure.origin.map(millis),
        }
    }
}

impl Header {
    fn of(timestamp: u64, cold_starts: Option<u64>, lookups: Option<&Lookups>) -> Self {
        let mut metrics = Vec::with_capacity(OF_LOOKUPS.len() + 2);
        metrics.extend(cold_starts.map(|_| COLD_STARTS));
        metrics.extend(lookups.map(|_| OF_LOOKUPS).into_iter().flatten());
        metrics.extend(lookups.and_then(|lookups| lookups.origin_ms).map(|_| ORIGIN));
        let mut directives = vec![Directive::of(&["function", "category"], metrics)];
        if lookups.is_some_and(|lookups| lookups.bypass_reason.is_some()) {
            directives.push(Directive::of(&["function", "category", "bypass_reason"], vec![BYPASSES]));
        }
        Self { timestamp, cloud_watch_metrics: directives }
    }
}

impl Directive {
    const fn of(dimensions: &'static [&'static str], metrics: Vec<Metric>) -> Self {
        Self { namespace: NAMESPACE, dimensions: [dimensions], metrics }
    }
}

const fn count(name: &'static str) -> Metric {
    Metric { name, unit: "Count" }
}

/// A bypass has a reason, which is a dimension of its own.
fn reason_of(measure: &Measure) -> Option<FailureReason> {
    measure.statuses.iter().find_map(|status| match status {
        CacheStatus::Bypass(reason) => Some(*reason),
        _ => None,
    })
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
        let bytes = metrics.lines(&RequestId::of_platform("an-id"), measures);
        let lines = String::from_utf8(bytes).expect("text");
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
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
