//! `BENCHMARKS.md`: what was measured, how, and how far it can be trusted.

use std::fmt::Write as _;

use super::figures::{Figures, Query};
use super::machine::Machine;
use super::ratios::{Bar, QUOTATIONS, Quoted, STEADY};
use super::tables::{Column, Show, of_rates, of_setting};

const CLOSED: [Column; 6] = [
    ("hits/s", "requests_per_second", 0, Show::Median),
    ("p50 µs", "p50_us", 0, Show::Median),
    ("p99 µs", "p99_us", 0, Show::Median),
    ("processor µs", "cpu_us", 1, Show::Median),
    ("Redis's µs", "redis_cpu_us", 1, Show::Median),
    ("memory MiB", "resident_mib", 1, Show::Greatest),
];

const START: [Column; 2] =
    [("first hit ms", "first_hit_ms", 0, Show::Median), ("memory idle MiB", "resident_mib", 1, Show::Greatest)];

const STAMPEDE: [Column; 4] = [
    ("origin calls", "origin_calls", 0, Show::Greatest),
    ("failed", "failures", 0, Show::Greatest),
    ("p50 ms", "p50_ms", 0, Show::Median),
    ("slowest ms", "slowest_ms", 0, Show::Greatest),
];

const OUTAGE: [Column; 7] = [
    ("asked while away", "requests", 0, Show::Median),
    ("answered before it was back", "in_time", 0, Show::Median),
    ("failed", "failures", 0, Show::Greatest),
    ("p50 ms", "p50_ms", 0, Show::Median),
    ("p99 ms", "p99_ms", 0, Show::Median),
    ("slowest ms", "slowest_ms", 0, Show::Greatest),
    ("first hit again ms", "hit_again_ms", 0, Show::Median),
];

const CLEAR: [Column; 5] = [
    ("last old answer after ms", "effective_ms", 0, Show::Greatest),
    ("clear answered after ms", "answered_ms", 0, Show::Median),
    ("failed", "failures", 0, Show::Greatest),
    ("slowest request ms", "slowest_ms", 0, Show::Greatest),
    ("slowest command of Redis ms", "slowest_command_ms", 1, Show::Greatest),
];

/// The whole report.
pub(crate) fn write(figures: &Figures, drills: &str, machine: &Machine) -> String {
    let mut report = INTRODUCTION.to_owned();
    report.push_str("\n## The goals, and what is quoted\n\n");
    report.push_str(&quotations(figures));
    report.push_str(HITS);
    for connections in figures.settings("closed") {
        let _ = write!(report, "\nClosed loop, {connections} {}:\n\n", of_connections(connections));
        report.push_str(&of_setting(figures, "closed", connections, &CLOSED));
    }
    report.push_str(OPEN);
    for connections in figures.settings("closed") {
        let _ = write!(
            report,
            "\nOpen loop, {connections} {}, p50 / p99 / slowest in ms:\n\n",
            of_connections(connections)
        );
        report.push_str(&of_rates(figures, connections));
    }
    report.push_str(START_TEXT);
    report.push_str(&of_setting(figures, "start", "idle", &START));
    report.push_str(STAMPEDE_TEXT);
    for processes in figures.settings("stampede") {
        let _ = write!(report, "\nProcesses of each: {processes}\n\n");
        report.push_str(&of_setting(figures, "stampede", processes, &STAMPEDE));
    }
    report.push_str(OUTAGE_TEXT);
    for outage in figures.settings("outage") {
        let _ = write!(report, "\nRedis is {outage}:\n\n");
        report.push_str(&of_setting(figures, "outage", outage, &OUTAGE));
    }
    for entries in figures.settings("clear") {
        let _ = write!(
            report,
            "\n## Clear\n\nAll answers are cleared over HTTP while 200 different ones a second are asked for; {entries} more entries match.\n\n"
        );
        report.push_str(&of_setting(figures, "clear", entries, &CLEAR));
    }
    report.push_str(&key_times(figures));
    report.push_str(drills);
    report.push_str(&machine_facts(machine));
    report
}

fn of_connections(connections: &str) -> &'static str {
    if connections == "1" { "connection" } else { "connections" }
}

fn quotations(figures: &Figures) -> String {
    let runs: Vec<_> = figures.runs().iter().map(|run| format!("run {run}")).collect();
    let mut table =
        format!("| | goal | {} | apart | |\n|---|---|{}---:|---|\n", runs.join(" | "), "---:|".repeat(runs.len()));
    for quoted in QUOTATIONS.map(|quotation| quotation.of(figures)) {
        let values: Vec<_> =
            quoted.values.iter().map(|value| value.map_or_else(|| "-".to_owned(), two_decimals)).collect();
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} | {} |",
            quoted.quotation.text,
            bar(quoted.quotation.bar),
            values.join(" | "),
            apart(&quoted),
            verdict(&quoted)
        );
    }
    table
}

fn two_decimals(value: f64) -> String {
    format!("{value:.2}")
}

fn bar(bar: Bar) -> String {
    match bar {
        Bar::AtLeast(bar) => format!("≥ {bar}"),
        Bar::AtMost(bar) => format!("≤ {bar}"),
        Bar::None => String::new(),
    }
}

/// What is further apart than ten percent is marked: it must not be quoted.
fn apart(quoted: &Quoted) -> String {
    match quoted.apart() {
        Some(apart) if apart > STEADY => format!("**{:.1} %**", apart * 100.0),
        Some(apart) => format!("{:.1} %", apart * 100.0),
        None => "-".to_owned(),
    }
}

fn verdict(quoted: &Quoted) -> &'static str {
    match quoted.is_met() {
        Some(true) => "met",
        Some(false) => "**missed**",
        None => "",
    }
}

/// Nothing if they were not measured.
fn key_times(figures: &Figures) -> String {
    let time = |setting| figures.median(Query { scenario: "key", contender: "medinsight", setting, figure: "ns" });
    let Some(native) = time("native") else { return String::new() };
    let mut section = KEY_TEXT.to_owned();
    for (setting, nanoseconds) in figures.settings("key").into_iter().filter_map(|name| Some((name, time(name)?))) {
        let _ = writeln!(section, "| {setting} | {nanoseconds:.0} | {:.2} |", nanoseconds / native);
    }
    section
}

/// Where it was measured.
pub(crate) fn machine_facts(machine: &Machine) -> String {
    let mut section = "\n## Where it was measured\n\n| | |\n|---|---|\n".to_owned();
    for (name, fact) in &machine.facts {
        let _ = writeln!(section, "| {name} | {fact} |");
    }
    section
}

const INTRODUCTION: &str = "\
# Benchmarks

Written by `cargo xtask bench`, which builds everything, installs what the others need below `target`, and measures all of it
side by side on loopback; it takes about twenty minutes. `cargo xtask bench --quick` takes three minutes and leaves its
report in `target/bench`. The figures of every round are in [docs/benchmarks/figures.csv](docs/benchmarks/figures.csv), single requests in
[docs/benchmarks/requests.csv](docs/benchmarks/requests.csv).

Who is compared, each as one process with one thread for its work, on one Redis:

- *axum, a fixed answer*: reads the body and sends what is in its memory. *axum, a bare `GET`*: reads one key with the `redis`
  crate.
- *upper bound*: axum by hand. It parses the question, hashes its normal form, and makes the pipelined round trip that this
  service makes for a hit: it reads the answer, counts the request, and stores what was asked and a summary of the answer for the
  session, unsealed. No sealing, no freshness, no single flight, no limits. *axum, reads the answer*: the same without what is
  stored for the session.
- *MedInsight*: this service with entries sealed, like the others without a line in a log for each request, and without its near
  cache, so that each hit is a round trip. *Near cache*: as it is by default, logs included; what was read is kept at hand for up
  to five seconds.
- *Python*: FastAPI, pydantic, redis.asyncio with hiredis, orjson, uvloop. *Node*: fastify, bentocache, ioredis.

All but the first two read the same question of 600 bytes, normalise it and hash it, and answer with the same 2.4 KB. The
services in Python and Node, and the yardsticks in Rust, are ours, in `tests/peers`: they are written as a careful team would write
them, with pinned versions, one pipelined round trip for a hit, stored bytes sent as they are, timeouts, and one computation
for identical questions in a process. They are not products of others.

A window in which other programs took more than a tenth of the processors is measured again, up to three times in all; the
figure `others` says what remained. The load generator and Redis share the processors with who is measured, so the ratios say
more than the figures, and the processor time of a hit says most. The contenders take turns in each round, and ratios are medians
of the rounds' own.
";

const HITS: &str = "
## Hits

64 questions whose answers are stored. In the closed loop `wrk` asks again as soon as it has an answer: it shows what can be
reached, and hides stalls. *Processor* is the server's own time for a hit.

![Hits a second](docs/benchmarks/throughput.svg)
![Processor time of a hit](docs/benchmarks/processor.svg)
";

const OPEN: &str = "
In the open loop requests are due at fixed times, and a latency counts from when its request was due, so that a stall makes
late all that it held up. Who would be asked for more than 70 % of what it reached in the closed loop is left out as saturated:
a queue would decide there, and not the contender.

![Latency at fixed rates](docs/benchmarks/latency.svg)
";

const START_TEXT: &str = "
## Start and memory

From the start of the process to its first hit, with its files in the page cache; and what it holds before its first request.

";

const STAMPEDE_TEXT: &str = "
## Stampede

200 people ask the same new question at the same moment; the origin thinks for 300 ms and counts how often it is asked.
";

const OUTAGE_TEXT: &str = "
## Outage

Redis is away for some seconds while 8 questions, which were stored, are asked 50 times a second; the origin thinks for 50 ms. A
killed Redis comes back empty.

![Latency while Redis is killed](docs/benchmarks/outage-killed.svg)
![Latency while Redis is frozen](docs/benchmarks/outage-frozen.svg)
";

const KEY_TEXT: &str = "
## The key of a question

The digest of a 600-byte request: native, and in Node, as `cargo xtask bench-wasm` measures it.

| | ns | native is 1 |
|---|---:|---:|
";
