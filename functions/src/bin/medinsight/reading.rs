//! What the counters and the servers say at one moment, read from the routes of operators.

use crate::service::{Ask, Service};
use crate::verdict::Failure;
use serde_json::Value;

/// What was read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// The answer of `/api/v1/redis/stats`.
    pub(crate) stats: Value,
    /// The answer of `/api/v1/redis/performance`.
    pub(crate) performance: Value,
}

/// How often an endpoint was used since the counters began.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Used {
    pub(crate) requests: u64,
    pub(crate) hits: u64,
    pub(crate) stale: u64,
    pub(crate) coalesced: u64,
    pub(crate) bypass: u64,
    pub(crate) failures: u64,
}

impl Reading {
    /// Asks a service.
    pub(crate) async fn of(service: &Service) -> Result<Self, Failure> {
        let (stats, performance) = tokio::join!(
            service.ask(Ask::get("/api/v1/redis/stats")),
            service.ask(Ask::get("/api/v1/redis/performance"))
        );
        Ok(Self { stats: stats?, performance: performance? })
    }

    /// Every endpoint by name, and how it was used.
    pub(crate) fn endpoints(&self) -> Vec<(&str, Used)> {
        let endpoints = self.stats["cache_performance"].as_object().into_iter().flatten();
        endpoints.map(|(name, performance)| (name.as_str(), self.used(name, performance))).collect()
    }

    fn used(&self, name: &str, performance: &Value) -> Used {
        let count = |member: &str| performance[member].as_u64().unwrap_or_default();
        let failures = &self.stats["error_rates"][format!("{name}_failures")];
        Used {
            requests: count("requests"),
            hits: count("cache_hits"),
            stale: count("stale"),
            coalesced: count("coalesced"),
            bypass: count("bypass"),
            failures: failures.as_u64().unwrap_or_default(),
        }
    }

    /// A number that the servers say, if they do.
    pub(crate) fn server(&self, section: &str, name: &str) -> Option<u64> {
        self.performance[section][name].as_u64()
    }

    /// The names of the alerts that are raised, with their values.
    pub(crate) fn alerts(&self) -> Vec<String> {
        let alerts = self.stats["alerts"].as_array().into_iter().flatten();
        let name = |alert: &Value| alert["name"].as_str().unwrap_or("unnamed").to_owned();
        alerts
            .map(|alert| format!("{} at {} %, threshold {} %", name(alert), alert["value"], alert["threshold"]))
            .collect()
    }
}

impl Used {
    /// What was used since an earlier reading. Counters that were lost begin anew.
    pub(crate) fn since(self, earlier: Self) -> Self {
        let difference = |later: u64, earlier: u64| later.checked_sub(earlier).unwrap_or(later);
        Self {
            requests: difference(self.requests, earlier.requests),
            hits: difference(self.hits, earlier.hits),
            stale: difference(self.stale, earlier.stale),
            coalesced: difference(self.coalesced, earlier.coalesced),
            bypass: difference(self.bypass, earlier.bypass),
            failures: difference(self.failures, earlier.failures),
        }
    }

    /// Hits among requests, in percent; none without requests.
    pub(crate) fn hit_rate(self) -> Option<f64> {
        let as_float = |count: u64| count as f64;
        (self.requests > 0).then(|| 100.0 * as_float(self.hits.min(self.requests)) / as_float(self.requests))
    }
}

/// A percentage for people.
pub(crate) fn percent(rate: Option<f64>) -> String {
    rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1} %"))
}

#[cfg(test)]
mod tests {
    use super::{Reading, Used};
    use serde_json::json;

    #[test]
    fn endpoints_are_read_with_their_failures_and_counters_that_began_anew_count_from_zero() {
        let stats = json!({
            "cache_performance": { "drug_info": { "requests": 10, "cache_hits": 9, "stale": 1, "coalesced": 0, "bypass": 2 } },
            "error_rates": { "drug_info_failures": 3 },
            "alerts": [{ "name": "hit_rate", "value": 3.5, "threshold": 10.0 }],
        });
        let reading = Reading { stats, performance: json!({}) };
        let used = Used { requests: 10, hits: 9, stale: 1, coalesced: 0, bypass: 2, failures: 3 };
        assert_eq!(reading.endpoints(), [("drug_info", used)]);
        assert_eq!(used.since(Used { requests: 4, hits: 12, ..used }).requests, 6);
        assert_eq!(used.since(Used { requests: 4, hits: 12, ..used }).hits, 9);
        assert_eq!(used.hit_rate(), Some(90.0));
        assert_eq!(reading.alerts(), ["hit_rate at 3.5 %, threshold 10.0 %"]);
        assert_eq!(reading.server("memory", "used_memory"), None);
    }
}
