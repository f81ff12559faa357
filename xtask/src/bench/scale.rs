//! `cargo xtask bench --scale`: what a hit costs as there are more entries, longer answers and more processes.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use super::figures::{Figures, Query};
use super::machine::Machine;
use super::plots::growth::{self, Growth};
use super::{BenchOptions, RAW, machine_facts, require_wrk};
use crate::{drill, process, redis};

/// What grows, as rows and readers call it.
const GROWTHS: [Growth; 3] = [
    Growth { scenario: "scale-entries", title: "More entries", heading: "entries", file: "scale-entries.svg" },
    Growth {
        scenario: "scale-payload",
        title: "Longer answers",
        heading: "bytes of an answer",
        file: "scale-payload.svg",
    },
    Growth { scenario: "scale-processes", title: "More processes", heading: "processes", file: "scale-processes.svg" },
];

/// A column: its heading, its figure, its decimals.
const COLUMNS: [(&str, &str, usize); 14] = [
    ("hits/s", "requests_per_second", 0),
    ("processor µs", "cpu_us", 1),
    ("Redis's µs", "redis_cpu_us", 1),
    ("p50 µs", "p50_us", 0),
    ("p50 µs, one connection", "one_p50_us", 0),
    ("p99 µs, one connection", "one_p99_us", 0),
    ("network bytes", "network_bytes", 0),
    ("commands", "commands", 2),
    ("entry bytes", "value_bytes", 0),
    ("memory of an entry", "entry_bytes", 0),
    ("memory of a session", "session_bytes", 0),
    ("connections", "connections", 0),
    ("memory MiB", "resident_mib", 1),
    ("others", "others", 2),
];

const LONE: [(&str, &str, usize); 3] =
    [("commands", "commands", 1), ("network bytes", "network_bytes", 0), ("entry bytes", "value_bytes", 0)];

const SHORT_OF_CONNECTIONS: [(&str, &str, usize); 4] = [
    ("requests", "requests", 0),
    ("hits", "hits", 0),
    ("without the store", "bypasses", 0),
    ("connections", "connections", 0),
];

const DISTANCE: [(&str, &str, usize); 4] =
    [("requests", "requests", 0), ("hits", "hits", 0), ("p50 ms", "p50_ms", 1), ("slowest ms", "slowest_ms", 1)];

/// Builds, measures and reports.
pub(super) fn run(options: &BenchOptions) -> Result<ExitCode> {
    redis::require()?;
    require_wrk()?;
    let target = process::target_dir()?;
    let measured = target.join("bench/scale");
    if !options.report {
        drill::build_release(&["medinsight", "bench"])?;
        let mut driver = Command::new(drill::program(&target.join("release"), "bench"));
        process::run(driver.arg(&measured).arg("scale").args(options.quick.then_some("quick")))?;
    }
    let folder = if options.quick { measured.clone() } else { process::workspace_root().join(RAW) };
    keep(&Figures::collect(&[measured])?, &folder)?;
    println!("\nThe report is in {}.", folder.join("scale.md").display());
    Ok(ExitCode::SUCCESS)
}

/// Writes the report, its plots and its rows.
fn keep(figures: &Figures, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut files: Vec<(PathBuf, String)> = vec![
        (folder.join("scale.md"), write(figures, &Machine::look(None))),
        (folder.join("scale.csv"), figures.to_csv()),
    ];
    for growth in GROWTHS {
        files.push((folder.join(growth.file), growth::draw(figures, growth)?));
    }
    files
        .iter()
        .try_for_each(|(path, text)| fs::write(path, text).with_context(|| format!("cannot write {}", path.display())))
}

/// The whole report.
fn write(figures: &Figures, machine: &Machine) -> String {
    let mut report = INTRODUCTION.to_owned();
    for growth in GROWTHS {
        let _ = write!(report, "\n## {}\n\n![Cost of a hit]({})\n\n", growth.title, growth.file);
        report.push_str(&table(figures, growth.scenario, growth.heading, &COLUMNS));
    }
    report.push_str(LONE_TEXT);
    report.push_str(&table(figures, "scale-lone", "request", &LONE));
    report.push_str(CONNECTIONS_TEXT);
    report.push_str(&table(figures, "scale-connections", "processes / connections", &SHORT_OF_CONNECTIONS));
    report.push_str(DISTANCE_TEXT);
    report.push_str(&table(figures, "scale-distance", "round trip in ms", &DISTANCE));
    report.push_str(&machine_facts(machine));
    report
}

/// A row for each setting, with those columns that have figures.
fn table(figures: &Figures, scenario: &'static str, heading: &str, columns: &[(&str, &str, usize)]) -> String {
    let value =
        |setting: &str, figure: &str| figures.median(Query { scenario, contender: "medinsight", setting, figure });
    let settings = figures.settings(scenario);
    let is_there =
        |(_, figure, _): &&(&str, &str, usize)| settings.iter().any(|setting| value(setting, figure).is_some());
    let columns: Vec<_> = columns.iter().filter(is_there).collect();
    let headings: Vec<_> = columns.iter().map(|(heading, ..)| *heading).collect();
    let mut table = format!("| {heading} | {} |\n|---:|{}\n", headings.join(" | "), "---:|".repeat(columns.len()));
    for setting in &settings {
        let cells: Vec<_> = columns
            .iter()
            .map(|(_, figure, decimals)| {
                value(setting, figure).map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
            })
            .collect();
        let _ = writeln!(table, "| {setting} | {} |", cells.join(" | "));
    }
    table
}

const INTRODUCTION: &str = "\
# Scale

Written by `cargo xtask bench --scale`, which takes about six minutes after it has built everything; with `--quick` it leaves out ten
million entries and leaves its report in `target/bench/scale`. The figures are in [scale.csv](scale.csv);
[capacity.md](../capacity.md) says what follows from them.

One Redis and processes of this service with one thread each, entries sealed, no near cache, all on loopback and on the same
processors as the load. Hits are spread evenly over all entries, which are made and sealed beforehand. *Processor* and *Redis's* are
the processor time of a hit of all processes of the service and of Redis, at 64 connections over all of them. Redis counts *network bytes*,
both ways, and *commands*, for a hit under that load, where much rides along together. Each hit is of a session of its own: *memory of a
session* is by how much Redis grew for each. *Others* is the part of the processors that other programs
took; a window in which that was more than a tenth is measured again, up to three times in all. *One connection* is one to each process,
at the same time; with 16 and 32 of them the processors are the load's as much as the service's, and latencies say little. Who asks what another
is just looking up waits for that, so that of a thousand entries a few hits in a hundred cost no trip.
";

const LONE_TEXT: &str = "
## A request alone

A hit and a miss with an answer of 2,400 bytes, and no other request for 1.5 seconds, as in an environment of Lambda: nothing rides
along, and counts are brought after the answer.

";

const CONNECTIONS_TEXT: &str = "
## Fewer connections than processes

Redis takes half as many connections as there are processes. Each is asked eight questions, whose answers are stored.

";

const DISTANCE_TEXT: &str = "
## Redis further away

A proxy delays each reply. *Longer* is with `REDIS_COMMAND_TIMEOUT_MS`, `CACHE_BUDGET_MS` and `REDIS_CONNECT_TIMEOUT_MS` at 900; the
others have the settings by default. One request after the other, each for a stored answer; the first five are not counted. What is no hit
is answered by the origin at once.

";

#[cfg(test)]
mod tests {
    use super::{COLUMNS, Figures, table};

    #[test]
    fn a_table_has_a_row_for_each_setting_and_only_columns_with_figures() {
        let mut figures = Figures::default();
        let rows = "scale-entries,medinsight,1000,1,cpu_us,20.0\nscale-entries,medinsight,10000,1,cpu_us,21.26\n";
        figures.add(1, &format!("heading\n{rows}")).expect("rows");
        let table = table(&figures, "scale-entries", "entries", &COLUMNS);
        assert_eq!(table, "| entries | processor µs |\n|---:|---:|\n| 1000 | 20.0 |\n| 10000 | 21.3 |\n");
    }
}
