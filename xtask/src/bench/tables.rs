//! Tables of the report, in Markdown.

use std::fmt::Write as _;

use super::figures::{Figures, Query};

/// The contenders as the rows and the reader call them.
pub(crate) const CONTENDERS: [(&str, &str); 8] = [
    ("bare", "axum, a fixed answer"),
    ("bare-get", "axum, a bare GET"),
    ("read-only", "axum, reads the answer"),
    ("upper-bound", "upper bound"),
    ("medinsight", "**MedInsight**"),
    ("medinsight-near", "MedInsight, near cache"),
    ("python", "Python"),
    ("node", "Node"),
];

/// A column: its heading, its figure, its decimals, and which of several values it shows.
pub(crate) type Column = (&'static str, &'static str, usize, Show);

/// Which of several values is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Show {
    Median,
    Greatest,
}

/// A table of one setting of a scenario, with a row for each contender that was measured.
pub(crate) fn of_setting(figures: &Figures, scenario: &str, setting: &str, columns: &[Column]) -> String {
    let headings: Vec<_> = columns.iter().map(|(heading, ..)| *heading).collect();
    let mut table = format!("| | {} |\n|---|{}\n", headings.join(" | "), "---:|".repeat(columns.len()));
    for (contender, name) in CONTENDERS {
        let cells: Vec<_> = columns.iter().map(|column| cell(figures, scenario, setting, contender, *column)).collect();
        if cells.iter().any(Option::is_some) {
            let cells: Vec<_> = cells.into_iter().map(|cell| cell.unwrap_or_else(|| "-".to_owned())).collect();
            let _ = writeln!(table, "| {name} | {} |", cells.join(" | "));
        }
    }
    table
}

fn cell(figures: &Figures, scenario: &str, setting: &str, contender: &str, column: Column) -> Option<String> {
    let (_, figure, decimals, show) = column;
    let query = Query { scenario, contender, setting, figure };
    let value = match show {
        Show::Median => figures.median(query),
        Show::Greatest => figures.greatest(query),
    };
    value.map(|value| if value.is_nan() { "never".to_owned() } else { format!("{value:.decimals$}") })
}

/// Latencies at fixed rates over so many connections: a row for each contender, a column for each rate.
pub(crate) fn of_rates(figures: &Figures, connections: &str) -> String {
    let prefix = format!("{connections}@");
    let settings: Vec<_> =
        figures.settings("open").into_iter().filter(|setting| setting.starts_with(&prefix)).collect();
    let headings: Vec<_> = settings.iter().map(|setting| format!("{}/s", &setting[prefix.len()..])).collect();
    let mut table = format!("| | {} |\n|---|{}\n", headings.join(" | "), "---:|".repeat(settings.len()));
    for (contender, name) in CONTENDERS {
        let cells: Vec<_> = settings.iter().map(|setting| latencies(figures, contender, setting)).collect();
        let _ = writeln!(table, "| {name} | {} |", cells.join(" | "));
    }
    table
}

/// The median, the 99th percentile and the longest, in milliseconds.
fn latencies(figures: &Figures, contender: &str, setting: &str) -> String {
    let millis = |figure| {
        let micros = figures.median(Query { scenario: "open", contender, setting, figure });
        micros.map(|micros| format!("{:.2}", micros / 1_000.0))
    };
    let all: Option<Vec<_>> = ["p50_us", "p99_us", "max_us"].into_iter().map(millis).collect();
    all.map_or_else(|| "saturated".to_owned(), |all| all.join(" / "))
}

#[cfg(test)]
mod tests {
    use super::{Figures, Show, of_rates, of_setting};

    fn figures(rows: &str) -> Figures {
        let mut figures = Figures::default();
        figures.add(1, &format!("heading\n{rows}")).expect("rows");
        figures
    }

    #[test]
    fn a_table_has_a_row_for_who_was_measured_and_a_dash_for_what_was_not() {
        let figures = figures("outage,python,killed,1,p50_ms,2.0\noutage,python,killed,2,p50_ms,4.0\n");
        let columns =
            [("p50", "p50_ms", 1, Show::Median), ("max", "p50_ms", 0, Show::Greatest), ("x", "x", 0, Show::Median)];
        let table = of_setting(&figures, "outage", "killed", &columns);
        assert_eq!(table, "| | p50 | max | x |\n|---|---:|---:|---:|\n| Python | 3.0 | 4 | - |\n");
    }

    #[test]
    fn who_was_not_asked_at_a_rate_was_saturated() {
        let figures =
            figures("open,node,16@500,1,p50_us,250\nopen,node,16@500,1,p99_us,900\nopen,node,16@500,1,max_us,1500\n");
        let table = of_rates(&figures, "16");
        assert!(table.contains("| Node | 0.25 / 0.90 / 1.50 |\n"), "{table}");
        assert!(table.contains("| Python | saturated |\n"), "{table}");
    }
}
