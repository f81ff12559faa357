//! The plots of the report.

mod bars;
pub(super) mod growth;
mod latencies;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use plotters::style::RGBColor;

use super::figures::{Figures, Query};
use super::tables::CONTENDERS;

/// A contender as plots show it.
#[derive(Clone, Copy, Debug)]
struct Shown {
    contender: &'static str,
    name: &'static str,
    color: RGBColor,
}

/// Colours that can be told apart also by who sees fewer of them (Okabe and Ito), by the order of [`CONTENDERS`].
const COLORS: [RGBColor; 8] = [
    RGBColor(153, 153, 153),
    RGBColor(86, 180, 233),
    RGBColor(0, 114, 178),
    RGBColor(0, 70, 110),
    RGBColor(213, 94, 0),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
];

/// Draws all of them into a directory.
pub(crate) fn draw(figures: &Figures, requests: &str, directory: &Path) -> Result<()> {
    let closed = |figure| {
        move |shown: &Shown| {
            figures.median(Query { scenario: "closed", contender: shown.contender, setting: "64", figure })
        }
    };
    let throughput = bars::draw("Hits a second at 64 connections", closed("requests_per_second"), 0)?;
    let processor = bars::draw("Processor time of a hit at 64 connections, µs", closed("cpu_us"), 1)?;
    let plots = [
        ("throughput.svg", throughput),
        ("processor.svg", processor),
        ("latency.svg", latencies::by_rate(figures, "64")?),
        ("outage-killed.svg", latencies::by_time(requests, "killed")?),
        ("outage-frozen.svg", latencies::by_time(requests, "frozen")?),
    ];
    for (name, plot) in plots {
        fs::write(directory.join(name), plot).with_context(|| format!("cannot write {name}"))?;
    }
    Ok(())
}

/// All contenders, in the order of the tables.
fn shown() -> impl DoubleEndedIterator<Item = Shown> + ExactSizeIterator {
    let shown = |((contender, name), color): ((&'static str, &'static str), RGBColor)| Shown {
        contender,
        // The tables have Markdown in their names.
        name: name.trim_matches('*'),
        color,
    };
    CONTENDERS.into_iter().zip(COLORS).map(shown)
}
