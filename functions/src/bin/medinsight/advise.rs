//! `medinsight advise`: what other times to live would have saved.

use crate::output::{Column, DOUBTFUL, HEADING, Output, Table, readable_secs, styled};
use crate::service::{Ask, Service, ServiceArgs};
use crate::verdict::{Failure, Verdict};
use clap::Args;
use serde_json::Value;
use std::fmt::Write as _;

#[derive(Args)]
pub(crate) struct AdviseArgs {
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// Shows for each category what share of the requests would have needed the origin, by time to live.
pub(crate) async fn run(service: &Service, output: &Output) -> Result<Verdict, Failure> {
    let advice = service.ask(Ask::get("/api/v1/redis/advice")).await?;
    output.show(&advice, || text(&advice, service))?;
    Ok(Verdict::Done)
}

fn text(advice: &Value, service: &Service) -> String {
    let mut text = format!("{}\n", styled(HEADING, service.name()));
    if advice["is_sampling"] == false {
        let _ = writeln!(text, "{}", styled(DOUBTFUL, "requests are not sampled: CACHE_ADVICE is off"));
        return text;
    }
    for category in advice["categories"].as_array().into_iter().flatten() {
        let _ = write!(text, "\n{}", of_category(category));
    }
    text
}

fn of_category(category: &Value) -> String {
    let name = category["category"].as_str().unwrap_or_default();
    let mut text = format!("{}\n", styled(HEADING, name));
    let _ = writeln!(text, "fresh for     {}", secs(&category["fresh_for_secs"]));
    let _ = writeln!(text, "sample        {}", sample(category));
    if category["hit_age_secs"].is_object() {
        let ages = ["p50", "p90", "p99"].map(|share| secs(&category["hit_age_secs"][share]));
        let _ = writeln!(text, "age at a hit  {} (half), {} (90 %), {} (99 %)", ages[0], ages[1], ages[2]);
    }
    if let Some(missing) = category["not_enough_data"].as_str() {
        let _ = writeln!(text, "{}", styled(DOUBTFUL, missing));
    }
    for part in [curve(category), suggestions(category)].into_iter().flatten() {
        let _ = write!(text, "\n{part}");
    }
    text
}

fn sample(category: &Value) -> String {
    let share = category["sampling_rate"].as_f64().unwrap_or_default();
    let requests = &category["sampled_requests"];
    format!("{requests} requests for {} of the keys in {}", percent(share), secs(&category["observed_secs"]))
}

fn curve(category: &Value) -> Option<String> {
    let present = &category["fresh_for_secs"];
    let points = category["miss_ratio_curve"].as_array().filter(|points| !points.is_empty())?;
    let mut table =
        Table::of(&[Column::Right("time to live"), Column::Right("misses"), Column::Right("+-"), Column::Left("")]);
    for point in points {
        let [misses, margin] = ["miss_ratio", "margin"].map(|name| percent(point[name].as_f64().unwrap_or_default()));
        let mark = if point["ttl_secs"] == *present { "now" } else { "" };
        table.row([secs(&point["ttl_secs"]), misses, margin, mark.to_owned()]);
    }
    Some(table.to_text())
}

fn suggestions(category: &Value) -> Option<String> {
    let suggestions = category["suggestions"].as_array().filter(|suggestions| !suggestions.is_empty())?;
    let mut table = Table::of(&[
        Column::Left("instead"),
        Column::Right("time to live"),
        Column::Right("misses"),
        Column::Right("calls saved a day"),
        Column::Right("origin's time saved a day"),
    ]);
    for suggestion in suggestions {
        let saved = suggestion["origin_secs_saved_per_day"].as_f64();
        table.row([
            suggestion["basis"].as_str().unwrap_or_default().to_owned(),
            secs(&suggestion["ttl_secs"]),
            percent(suggestion["miss_ratio"].as_f64().unwrap_or_default()),
            format!("{:.1}", suggestion["origin_calls_saved_per_day"].as_f64().unwrap_or_default()),
            saved.map_or_else(|| "-".to_owned(), |secs| format!("{secs:.1} s")),
        ]);
    }
    Some(table.to_text())
}

/// A share for people.
fn percent(share: f64) -> String {
    crate::reading::percent(Some(100.0 * share))
}

/// Seconds for people; less than one is none.
fn secs(secs: &Value) -> String {
    let whole = std::time::Duration::try_from_secs_f64(secs.as_f64().unwrap_or_default());
    readable_secs(whole.map(|whole| whole.as_secs()).unwrap_or_default())
}
