//! What a server lets us do, what it is like, and how far away it is.

use super::{Check, Finding};
use crate::config::{Endpoint, Topology};
use crate::store::{Examined, ServerInfo, rights};
use medinsight_core::UnixMillis;
use std::time::Duration;

/// How far the clocks may be apart. Lives are hours; a second changes nothing that anybody would notice.
const MAX_SKEW_MS: u64 = 2_000;

/// Whether the user may do what is needed, command by command.
pub(super) fn rights(name: &'static str, examined: &Examined) -> Finding {
    if examined.are_keys_forbidden {
        let text = "the user may not use keys that begin with medinsight:, or no command on them";
        let needed = rights::rules(rights::OF_REQUESTS.into_iter().chain(rights::OF_OPERATORS));
        return Finding::broken(Check::Rights, text, format!("ACL SETUSER <user> {} {needed}", rights::SCOPE)).of(name);
    }
    if examined.forbidden.is_empty() {
        return Finding::good(Check::Rights, "the user may use every command that is needed").of(name);
    }
    let text = format!("the user may not use: {}", examined.forbidden.join(", "));
    let mend = format!("ACL SETUSER <user> {}", rights::rules(examined.forbidden.iter().copied()));
    let is_for_requests = examined.forbidden.iter().any(|command| rights::OF_REQUESTS.contains(command));
    match is_for_requests {
        true => Finding::broken(Check::Rights, text, mend).of(name),
        false => Finding::warning(Check::Rights, text, mend).of(name),
    }
}

/// Whether writes are taken from a user who may write.
pub(super) fn writes(name: &'static str, examined: &Examined) -> Option<Finding> {
    let reason = examined.write_refusal?;
    let mend = "make room or raise maxmemory where it is full; connect to the primary where it is a replica";
    Some(Finding::broken(Check::Writes, format!("the server refuses writes: {reason}"), mend).of(name))
}

/// Whether it is the kind of server that the URL says, and a primary.
pub(super) fn role(name: &'static str, endpoint: &Endpoint, examined: &Examined) -> Option<Finding> {
    let says = |member: &str, value: &str| examined.servers.iter().any(|server| server.text(member) == Some(value));
    if endpoint.topology == Topology::Single && says("redis_mode", "cluster") {
        let mend = "add ?cluster=true to the URL";
        return Some(Finding::broken(Check::Configuration, "the server is a node of a cluster", mend).of(name));
    }
    if says("role", "slave") {
        let text = "the server is a replica, which takes no writes";
        return Some(Finding::broken(Check::Writes, text, "connect to its primary").of(name));
    }
    None
}

/// Whether memory is bounded, and what happens when it is full. Answers may be evicted, sessions must not.
pub(super) fn memory(name: &'static str, has_sessions_elsewhere: bool, examined: &Examined) -> Finding {
    let findings = examined.servers.iter().map(|server| memory_of(name, has_sessions_elsewhere, server));
    let worst = findings.max_by_key(|finding| finding.severity);
    worst
        .unwrap_or_else(|| Finding::unknown(Check::Eviction, "the server does not say how much memory it has"))
        .of(name)
}

fn memory_of(name: &str, has_sessions_elsewhere: bool, server: &ServerInfo) -> Finding {
    let (Some(limit), Some(policy)) = (server.number("maxmemory"), server.text("maxmemory_policy")) else {
        return Finding::unknown(Check::Eviction, "the server does not say how much memory it has, or what it evicts");
    };
    if limit == 0 {
        let mend = "CONFIG SET maxmemory to what the machine can spare";
        return Finding::warning(Check::Eviction, "the server's memory has no limit but the machine's", mend);
    }
    let evicts = policy != "noeviction";
    match (name, evicts) {
        ("sessions", true) => Finding::warning(
            Check::Eviction,
            format!("sessions are lost when memory is full ({policy})"),
            "CONFIG SET maxmemory-policy noeviction",
        ),
        ("sessions", false) => Finding::good(Check::Eviction, "sessions stay when memory is full (noeviction)"),
        (_, false) => Finding::warning(
            Check::Eviction,
            "no answer is stored any more when memory is full (noeviction)",
            "CONFIG SET maxmemory-policy volatile-lfu, or allkeys-lfu",
        ),
        (_, true) if has_sessions_elsewhere => {
            Finding::good(Check::Eviction, format!("old answers make room ({policy})"))
        }
        (_, true) => Finding::good(
            Check::Eviction,
            format!(
                "old entries make room ({policy}), those of sessions too; REDIS_SESSION_URL can give these a database"
            ),
        ),
    }
}

/// Whether the server's clock and ours agree. One of them decides how old an entry is, the other one when it goes.
pub(super) fn clock(name: &'static str, examined: &Examined, now: UnixMillis) -> Finding {
    let times = examined.servers.iter().filter_map(|server| server.number("server_time_usec"));
    let skew = times.map(|micros| (micros / 1_000).abs_diff(now.0)).max();
    let finding = match skew {
        None => Finding::unknown(Check::ClockSkew, "the server does not say what time it has"),
        Some(skew) if skew > MAX_SKEW_MS => Finding::warning(
            Check::ClockSkew,
            format!("the server's clock and this machine's are {:.1} s apart", seconds(skew)),
            "let both follow a time server (NTP)",
        ),
        Some(_) => Finding::good(Check::ClockSkew, "the server's clock and this machine's agree"),
    };
    finding.of(name)
}

fn seconds(millis: u64) -> f64 {
    Duration::from_millis(millis).as_secs_f64()
}

/// Whether an answer of the server comes in time, with room to spare. A connection is doubted after a quarter of the
/// time that a command has, and a server that answers a second one not either counts as down after half of it.
pub(super) fn latency(name: &'static str, examined: &Examined, limit: Duration) -> Finding {
    let trips = &examined.round_trips;
    let (Some(median), Some(longest)) = (trips.get(trips.len() / 2), trips.last()) else {
        return Finding::unknown(Check::Latency, "the way there and back could not be measured").of(name);
    };
    let millis = |duration: &Duration| duration.as_secs_f64() * 1_000.0;
    let text = format!("there and back takes {:.1} ms, {:.1} ms at most", millis(median), millis(longest));
    let mend = "put the service nearer to the store; or raise REDIS_COMMAND_TIMEOUT_MS and CACHE_BUDGET_MS";
    if *median * 2 >= limit {
        return Finding::broken(Check::Latency, format!("{text}: half of REDIS_COMMAND_TIMEOUT_MS"), mend).of(name);
    }
    if *median * 4 >= limit {
        return Finding::warning(Check::Latency, format!("{text}: a quarter of REDIS_COMMAND_TIMEOUT_MS"), mend)
            .of(name);
    }
    Finding::good(Check::Latency, text).of(name)
}

#[cfg(test)]
mod tests {
    use super::latency;
    use crate::doctor::Severity;
    use crate::store::Examined;
    use std::time::Duration;

    fn examined(round_trips_ms: &[u64]) -> Examined {
        Examined {
            connected_in: Duration::ZERO,
            forbidden: Vec::new(),
            are_keys_forbidden: false,
            write_refusal: None,
            round_trips: round_trips_ms.iter().copied().map(Duration::from_millis).collect(),
            servers: Vec::new(),
        }
    }

    #[test]
    fn the_median_decides_a_quarter_of_the_limit_is_a_warning_and_half_of_it_too_long() {
        let severity = |trips: &[u64]| latency("answers", &examined(trips), Duration::from_millis(100)).severity;
        assert_eq!(severity(&[1, 1, 900]), Severity::Good);
        assert_eq!(severity(&[1, 25, 25]), Severity::Warning);
        assert_eq!(severity(&[1, 50, 50]), Severity::Broken);
        assert_eq!(severity(&[]), Severity::Unknown);
    }
}
