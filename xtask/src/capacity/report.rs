//! What is printed.

use std::fmt::Write as _;

use super::assumptions::Assumptions;
use super::limits::{Limit, memory_mb, month_gb, origin_calls};
use super::popularity::Popularity;
use super::search::{Break, Breaks, ladder};
use super::simulation::{Outcome, simulate};
use super::tally::Tally;

/// One load, and what breaks first.
pub(super) fn of_load(assumptions: &Assumptions) -> String {
    let popularity = Popularity::new(assumptions.load.questions, assumptions.load.zipf_exponent);
    let outcome = simulate(assumptions, &popularity);
    let mut report = format!(
        "{} requests a second, plan {}, seed {}\n\n",
        assumptions.load.requests_per_second, assumptions.store.plan.name, assumptions.seed
    );
    report.push_str(&regions(assumptions, &outcome));
    report.push_str(&figures(assumptions, &outcome));
    report.push_str("\nlimit        used\n");
    for limit in Limit::ALL {
        let used = limit.used(assumptions, &outcome);
        let used = used.map_or_else(|| "no limit".to_owned(), |used| format!("{:.1} %", used * 100.0));
        let _ = writeln!(report, "{:<12} {used}", limit.name());
    }
    let _ = writeln!(report, "\nwhat breaks first: {}", sentence(&ladder(assumptions)));
    report
}

/// All plans in a table.
pub(super) fn of_plans(plans: &[Breaks]) -> String {
    let mut table = "| plan | breaks first, at requests a second |\n|---|---|\n".to_owned();
    for Breaks { plan, breaks } in plans {
        let _ = writeln!(table, "| {plan} | {} |", sentence(breaks));
    }
    table
}

fn sentence(breaks: &[Break]) -> String {
    let parts: Vec<_> = breaks
        .iter()
        .map(|Break { limit, requests_per_second }| format!("{} at {}", limit.name(), load(*requests_per_second)))
        .collect();
    if parts.is_empty() { "nothing, as far as is looked".to_owned() } else { parts.join(", then ") }
}

fn load(requests_per_second: f64) -> String {
    if requests_per_second > 0.0 { two_digits(requests_per_second) } else { "any load".to_owned() }
}

/// More digits than two would look more precise than the search is.
fn two_digits(value: f64) -> String {
    let unit = 10_f64.powi(value.log10().floor() as i32 - 1);
    format!("{:.*}", usize::from(unit < 1.0), (value / unit).round() * unit)
}

fn regions(assumptions: &Assumptions, outcome: &Outcome) -> String {
    let mut table =
        "region         requests   hits %   near %  hit p50 ms  hit p99 ms  environments  refused  bypassed\n"
            .to_owned();
    for (region, (tally, peak)) in
        assumptions.regions.iter().zip(outcome.tallies.iter().zip(&outcome.peak_environments))
    {
        let percent = |count: u64| count as f64 / tally.requests.max(1) as f64 * 100.0;
        let ms = |percentile| tally.hit_ms(percentile).map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}"));
        let _ = writeln!(
            table,
            "{:<14} {:>8} {:>8.1} {:>8.1} {:>11} {:>11} {:>13} {:>8} {:>9}",
            region.name,
            tally.requests,
            percent(tally.hits),
            percent(tally.near_hits),
            ms(50.0),
            ms(99.0),
            peak,
            tally.refused,
            tally.bypassed()
        );
    }
    table
}

fn figures(assumptions: &Assumptions, outcome: &Outcome) -> String {
    let connections = assumptions.store.plan.connections.map_or_else(|| "no limit".to_owned(), |most| most.to_string());
    let lines = [
        ("connections at most", format!("{} of {connections}", outcome.peak_connections)),
        ("busiest shard", format!("{:.1} % (mean {:.1} %)", outcome.busiest_shard * 100.0, outcome.mean_shard * 100.0)),
        ("hottest question", format!("{:.2} % of the requests", outcome.hottest * 100.0)),
        (
            "network",
            format!("{:.1} KB/s, {:.1} GB a month", outcome.bytes_per_second / 1e3, month_gb(assumptions, outcome)),
        ),
        ("memory", format!("{:.1} MB", memory_mb(assumptions, outcome))),
        ("origin", format!("{:.2} calls a second", origin_calls(assumptions, outcome))),
        ("cold starts", outcome.sum(|tally: &Tally| tally.cold_starts).to_string()),
    ];
    let mut text = "\n".to_owned();
    for (name, value) in lines {
        let _ = writeln!(text, "{name:<20} {value}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Break, Breaks, Limit, of_plans, two_digits};

    #[test]
    fn loads_have_two_digits() {
        assert_eq!([3.12, 12.4, 187.0, 9_940.0].map(two_digits), ["3.1", "12", "190", "9900"]);
    }

    #[test]
    fn a_plan_is_a_row_that_says_what_breaks_in_which_order() {
        let breaks = [(Limit::Latency, 0.0), (Limit::Memory, 151.0)];
        let breaks = breaks.map(|(limit, requests_per_second)| Break { limit, requests_per_second });
        let table = of_plans(&[Breaks { plan: "invented".to_owned(), breaks: breaks.to_vec() }]);
        assert!(table.ends_with("| invented | latency at any load, then memory at 150 |\n"), "{table}");
    }
}
