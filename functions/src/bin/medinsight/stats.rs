//! `medinsight stats`: how well the cache serves.

use crate::output::{BAD, Column, HEADING, Output, Table, readable_bytes, readable_secs, styled};
use crate::reading::{Reading, percent};
use crate::service::{Service, ServiceArgs};
use crate::verdict::{Failure, Verdict};
use clap::Args;
use serde_json::{Value, json};
use std::fmt::Write as _;

#[derive(Args)]
pub(crate) struct StatsArgs {
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// Shows what the counters and the servers say.
pub(crate) async fn run(service: &Service, output: &Output) -> Result<Verdict, Failure> {
    let reading = Reading::of(service).await?;
    let document = json!({ "stats": reading.stats, "performance": reading.performance });
    output.show(&document, || text(&reading, service))?;
    Ok(Verdict::Done)
}

fn text(reading: &Reading, service: &Service) -> String {
    let mut text = format!("{}\n\n{}", styled(HEADING, service.name()), endpoints(reading));
    for (heading, part) in
        [("entries stored", sizes(reading)), ("servers", servers(reading)), ("errors", errors(reading))]
    {
        if !part.is_empty() {
            let _ = write!(text, "\n{}\n{part}", styled(HEADING, heading));
        }
    }
    for alert in reading.alerts() {
        let _ = write!(text, "\n{} {alert}\n", styled(BAD, "alert"));
    }
    text
}

fn endpoints(reading: &Reading) -> String {
    let mut table = Table::of(&[
        Column::Left("endpoint"),
        Column::Right("requests"),
        Column::Right("hits"),
        Column::Right("hit rate"),
        Column::Right("stale"),
        Column::Right("coalesced"),
        Column::Right("bypass"),
        Column::Right("failures"),
        Column::Right("saved"),
    ]);
    for (name, used) in reading.endpoints() {
        let saved = reading.stats["cache_performance"][name]["seconds_saved"].as_f64().unwrap_or_default();
        let counts = [used.requests, used.hits].map(|count| count.to_string());
        let further = [used.stale, used.coalesced, used.bypass, used.failures].map(|count| count.to_string());
        let cells = [name.to_owned()].into_iter().chain(counts).chain([percent(used.hit_rate())]).chain(further);
        table.row(cells.chain([format!("{saved:.1} s")]));
    }
    table.to_text()
}

fn sizes(reading: &Reading) -> String {
    let mut table = Table::of(&[
        Column::Left("category"),
        Column::Right("entries"),
        Column::Right("bytes"),
        Column::Right("average"),
        Column::Right("largest at most"),
    ]);
    let categories = reading.stats["entry_sizes"]["categories"].as_object().into_iter().flatten();
    let stored: Vec<_> = categories.filter(|(_, sizes)| sizes["count"].as_u64() > Some(0)).collect();
    for (category, sizes) in &stored {
        let bytes = |name: &str| sizes[name].as_u64().map(readable_bytes).unwrap_or_default();
        let largest = bytes("largest_at_most_bytes");
        table.row([(*category).clone(), sizes["count"].to_string(), bytes("bytes"), bytes("average_bytes"), largest]);
    }
    if stored.is_empty() { String::new() } else { table.to_text() }
}

/// What the servers say; a line less for each thing that they do not.
fn servers(reading: &Reading) -> String {
    let number = |section, name| reading.server(section, name);
    let version = reading.performance["server"]["redis_version"].as_str().map(str::to_owned);
    let memory = number("memory", "used_memory").map(|used| of(used, number("memory", "maxmemory"), readable_bytes));
    let clients = number("connections", "connected_clients");
    let clients = clients.map(|clients| of(clients, number("connections", "maxclients"), |count| count.to_string()));
    let lines = [
        ("version", version),
        ("up for", number("server", "uptime_in_seconds").map(readable_secs)),
        ("memory", memory),
        ("connections", clients),
        ("keys", number("keyspace", "keys").map(|keys| keys.to_string())),
        ("evicted keys", number("operations", "evicted_keys").map(|keys| keys.to_string())),
        ("expired keys", number("operations", "expired_keys").map(|keys| keys.to_string())),
    ];
    let known = lines.into_iter().filter_map(|(name, value)| Some(format!("{name:<14}{}\n", value?)));
    known.collect()
}

/// A limit of zero is none.
pub(crate) fn of(used: u64, limit: Option<u64>, show: impl Fn(u64) -> String) -> String {
    match limit.filter(|limit| *limit > 0) {
        Some(limit) => format!("{} of {}", show(used), show(limit)),
        None => show(used),
    }
}

fn errors(reading: &Reading) -> String {
    let rates = &reading.stats["error_rates"];
    let parts = ["store_failures", "entry_failures"].map(|part| rates[part].as_object());
    let lines = parts.into_iter().flatten().flatten();
    lines.map(|(reason, count): (&String, &Value)| format!("{reason:<28}{count}\n")).collect()
}
