//! Metrics of a Lambda function, as log lines in the embedded metric format, from which `CloudWatch` makes metrics
//! without being called.
//!
//! There is a line for each category that an invocation looked something up in, or one of category `none`. Every
//! invocation writes one, so its fixed parts are text already.

use crate::cache::{CacheStatus, Measure, Tokens};
use crate::clock::Clock;
use crate::logging::JsonText;
use crate::request_id::RequestId;
use crate::store::FailureReason;
use medinsight_core::UnixMillis;
use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Writes the metrics of one function.
#[derive(Debug)]
pub(crate) struct Metrics {
    function: String,
    clock: Clock,
    is_cold: AtomicBool,
}

/// A line. The members that are metrics are named by its header.
struct Line<'a> {
    timestamp: UnixMillis,
    function: &'a str,
    category: &'static str,
    id: &'a RequestId,
    cold_starts: Option<u64>,
    lookups: Option<Lookups>,
}

/// What happened in one category.
struct Lookups {
    hits: usize,
    misses: usize,
    stale: usize,
    coalesced: usize,
    bypasses: usize,
    bypass_reason: Option<&'static str>,
    store: Duration,
    origin: Option<Duration>,
    fallbacks: u64,
    tokens: Tokens,
}

/// What the header says of a metric.
macro_rules! metric {
    ($name:literal, $unit:literal) => {
        concat!(r#"{"Name":""#, $name, r#"","Unit":""#, $unit, r#""}"#)
    };
}

const COLD_STARTS: &str = metric!("cold_starts", "Count");
const BYPASSES: &str = metric!("bypasses", "Count");
const ORIGIN: &str = metric!("origin_ms", "Milliseconds");
const FALLBACKS: &str = metric!("fallbacks", "Count");
const TOKENS: [&str; 2] = [metric!("input_tokens", "Count"), metric!("output_tokens", "Count")];

/// What every lookup has, but for its bypasses.
const OF_LOOKUPS: [&str; 5] = [
    metric!("hits", "Count"),
    metric!("misses", "Count"),
    metric!("stale", "Count"),
    metric!("coalesced", "Count"),
    metric!("store_ms", "Milliseconds"),
];

/// The namespace, and the dimensions that every metric has.
const OF_CATEGORY: &str =
    r#"{"Namespace":"MedInsight/ResponseCache","Dimensions":[["function","category"]],"Metrics":["#;

/// Bypasses by reason.
const BY_REASON: &str =
    r#"{"Namespace":"MedInsight/ResponseCache","Dimensions":[["function","category","bypass_reason"]],"Metrics":["#;

impl Metrics {
    pub(crate) const fn of(function: String, clock: Clock) -> Self {
        Self { function, clock, is_cold: AtomicBool::new(true) }
    }

    /// Writes what was measured for one invocation.
    pub(crate) fn publish(&self, id: &RequestId, measures: &[Measure]) {
        // Metrics that cannot be written are no reason to fail.
        let _ = io::stdout().lock().write_all(self.lines(id, measures).as_bytes());
    }

    fn lines(&self, id: &RequestId, measures: &[Measure]) -> String {
        let mut cold_starts = Some(u64::from(self.is_cold.swap(false, Ordering::Relaxed)));
        let mut lines = String::with_capacity(1_024);
        let lookups = measures.iter().map(|measure| (measure.category.as_str(), Some(Lookups::of(measure))));
        let none = measures.is_empty().then_some(("none", None));
        for (category, lookups) in lookups.chain(none) {
            let (timestamp, function) = (self.clock.now(), self.function.as_str());
            let line = Line { timestamp, function, category, id, cold_starts: cold_starts.take(), lookups };
            // Memory takes it.
            let _ = line.write(&mut lines);
        }
        lines
    }
}

impl Line<'_> {
    fn write(&self, line: &mut String) -> fmt::Result {
        write!(line, r#"{{"_aws":{{"Timestamp":{},"CloudWatchMetrics":["#, self.timestamp.0)?;
        self.write_directives(line);
        let (function, id) = (JsonText(self.function), self.id.text());
        write!(line, r#"]}},"function":{function},"category":"{}","request_id":{}"#, self.category, JsonText(&id))?;
        if let Some(cold_starts) = self.cold_starts {
            write!(line, r#","cold_starts":{cold_starts}"#)?;
        }
        if let Some(lookups) = &self.lookups {
            lookups.write(line)?;
        }
        line.push_str("}\n");
        Ok(())
    }

    /// Metrics and their dimensions.
    fn write_directives(&self, line: &mut String) {
        let lookups = self.lookups.as_ref();
        let cold_starts = self.cold_starts.map(|_| COLD_STARTS);
        let of_lookups = lookups.into_iter().flat_map(|_| OF_LOOKUPS.into_iter().chain([BYPASSES]));
        let origin = lookups.and_then(|lookups| lookups.origin).map(|_| ORIGIN);
        let fallbacks = lookups.filter(|lookups| lookups.fallbacks > 0).map(|_| FALLBACKS);
        let tokens = lookups.filter(|lookups| lookups.has_tokens()).into_iter().flat_map(|_| TOKENS);
        let seldom = origin.into_iter().chain(fallbacks).chain(tokens);
        push_directive(line, OF_CATEGORY, cold_starts.into_iter().chain(of_lookups).chain(seldom));
        if lookups.is_some_and(|lookups| lookups.bypass_reason.is_some()) {
            line.push(',');
            push_directive(line, BY_REASON, [BYPASSES]);
        }
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
            store: measure.store,
            origin: measure.origin,
            fallbacks: measure.fallbacks,
            tokens: measure.tokens,
        }
    }

    fn has_tokens(&self) -> bool {
        self.tokens != Tokens::default()
    }

    fn write(&self, line: &mut String) -> fmt::Result {
        let Self { hits, misses, stale, coalesced, bypasses, bypass_reason, store, origin, fallbacks, tokens } = self;
        write!(line, r#","hits":{hits},"misses":{misses},"stale":{stale},"coalesced":{coalesced}"#)?;
        write!(line, r#","bypasses":{bypasses},"store_ms":{}"#, Millis(*store))?;
        if let Some(reason) = bypass_reason {
            write!(line, r#","bypass_reason":"{reason}""#)?;
        }
        if let Some(origin) = origin {
            write!(line, r#","origin_ms":{}"#, Millis(*origin))?;
        }
        if *fallbacks > 0 {
            write!(line, r#","fallbacks":{fallbacks}"#)?;
        }
        if self.has_tokens() {
            write!(line, r#","input_tokens":{},"output_tokens":{}"#, tokens.input, tokens.output)?;
        }
        Ok(())
    }
}

fn push_directive(line: &mut String, head: &str, metrics: impl IntoIterator<Item = &'static str>) {
    line.push_str(head);
    for (index, metric) in metrics.into_iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        line.push_str(metric);
    }
    line.push_str("]}");
}

/// A bypass has a reason, which is a dimension of its own.
fn reason_of(measure: &Measure) -> Option<FailureReason> {
    measure.statuses.iter().find_map(|status| match status {
        CacheStatus::Bypass(reason) => Some(*reason),
        _ => None,
    })
}

/// In milliseconds, to the microsecond.
struct Millis(Duration);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        write!(f, "{}.{:03}", micros / 1_000, micros % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::Metrics;
    use crate::cache::{CacheStatus, Measure, Tokens};
    use crate::clock::{Clock, ManualClock};
    use crate::request_id::RequestId;
    use crate::store::FailureReason;
    use medinsight_core::{Category, UnixMillis};
    use serde_json::{Value, json};
    use std::time::Duration;

    fn metrics() -> Metrics {
        Metrics::of("health".to_owned(), Clock::Manual(ManualClock::at(UnixMillis(7))))
    }

    fn measure(status: CacheStatus, origin: Option<Duration>) -> Measure {
        let store = Duration::from_micros(1_500);
        Measure { statuses: vec![status], store, origin, ..Measure::of(Category::HealthAnalysis) }
    }

    fn lines(metrics: &Metrics, measures: &[Measure]) -> Vec<Value> {
        let lines = metrics.lines(&RequestId::of_platform("an-id"), measures);
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
    fn fallbacks_and_tokens_are_metrics_where_there_are_any() {
        let mut measure = measure(CacheStatus::Miss, None);
        let names = |measure: &Measure| {
            let line = lines(&metrics(), std::slice::from_ref(measure)).remove(0);
            let named = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].to_string();
            ["fallbacks", "input_tokens", "output_tokens"].map(|name| (line[name].as_u64(), named.contains(name)))
        };
        assert_eq!(names(&measure), [(None, false); 3]);
        (measure.fallbacks, measure.tokens) = (1, Tokens { input: 912, output: 181 });
        assert_eq!(names(&measure), [(Some(1), true), (Some(912), true), (Some(181), true)]);
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
