//! What is quoted: how this service compares with another contender, in each run, beside the bar if there is one.

use super::figures::{Figures, Query};

/// How far apart the runs may be for a ratio to be quoted.
pub(crate) const STEADY: f64 = 0.10;

/// How two contenders are compared.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Comparison {
    /// This service's figure divided by the other's.
    Ratio(&'static str),
    /// This service's figure less the other's.
    Difference(&'static str),
    /// This service's figure by itself.
    Alone,
}

/// What a figure is held to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bar {
    AtLeast(f64),
    AtMost(f64),
    None,
}

/// Something to quote.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quotation {
    pub(crate) text: &'static str,
    scenario: &'static str,
    setting: &'static str,
    figure: &'static str,
    comparison: Comparison,
    pub(crate) bar: Bar,
}

/// A quotation with what was measured.
#[derive(Clone, Debug)]
pub(crate) struct Quoted {
    pub(crate) quotation: Quotation,
    /// A value for each run; nothing where something was not measured.
    pub(crate) values: Vec<Option<f64>>,
}

const SERVICE: &str = "medinsight";
const BOUND: Comparison = Comparison::Ratio("upper-bound");
const READ_ONLY: Comparison = Comparison::Ratio("read-only");
const PYTHON: Comparison = Comparison::Ratio("python");
const NODE: Comparison = Comparison::Ratio("node");

const fn closed(
    text: &'static str,
    setting: &'static str,
    figure: &'static str,
    comparison: Comparison,
    bar: Bar,
) -> Quotation {
    Quotation { text, scenario: "closed", setting, figure, comparison, bar }
}

/// The goals, and what else is quoted.
pub(crate) const QUOTATIONS: [Quotation; 14] = [
    closed("hits a second at 64 connections, beside the upper bound", "64", RATE, BOUND, Bar::AtLeast(0.65)),
    closed("... beside Python", "64", RATE, PYTHON, Bar::AtLeast(10.0)),
    closed("... beside Node", "64", RATE, NODE, Bar::AtLeast(3.0)),
    closed("processor time of a hit at 64 connections, beside the upper bound", "64", CPU, BOUND, Bar::AtMost(1.8)),
    closed("time of a hit at one connection over the upper bound's, µs", "1", "p50_us", OVER_BOUND, Bar::AtMost(60.0)),
    Quotation {
        text: "memory of an idle server, MB",
        scenario: "start",
        setting: "idle",
        figure: "resident_mib",
        comparison: Comparison::Alone,
        bar: Bar::AtMost(15.0),
    },
    closed("hits a second at 64 connections, beside axum that reads the answer", "64", RATE, READ_ONLY, Bar::None),
    closed("processor time of a hit at 64 connections, beside it", "64", CPU, READ_ONLY, Bar::None),
    closed("hits a second at 16 connections, beside the upper bound", "16", RATE, BOUND, Bar::None),
    closed("... beside Python", "16", RATE, PYTHON, Bar::None),
    closed("... beside Node", "16", RATE, NODE, Bar::None),
    closed("processor time of a hit at 16 connections, beside the upper bound", "16", CPU, BOUND, Bar::None),
    closed("processor time of a hit at 64 connections, beside Python", "64", CPU, PYTHON, Bar::None),
    closed("... beside Node", "64", CPU, NODE, Bar::None),
];

const RATE: &str = "requests_per_second";
const CPU: &str = "cpu_us";
const OVER_BOUND: Comparison = Comparison::Difference("upper-bound");

impl Quotation {
    /// What was measured, run by run.
    pub(crate) fn of(self, figures: &Figures) -> Quoted {
        let query = Query { scenario: self.scenario, contender: SERVICE, setting: self.setting, figure: self.figure };
        let value = |run| match self.comparison {
            Comparison::Ratio(other) => figures.paired(run, query, other, |ours, theirs| ours / theirs),
            Comparison::Difference(other) => figures.paired(run, query, other, |ours, theirs| ours - theirs),
            Comparison::Alone => figures.median_in(run, query),
        };
        Quoted { quotation: self, values: figures.runs().into_iter().map(value).collect() }
    }
}

impl Quoted {
    /// How far the greatest value is above the least, as a part of the least; nothing for a single run.
    pub(crate) fn apart(&self) -> Option<f64> {
        let values: Option<Vec<f64>> = self.values.iter().copied().collect();
        let values = values.filter(|values| values.len() > 1)?;
        let (least, greatest) = (values.iter().copied().reduce(f64::min)?, values.iter().copied().reduce(f64::max)?);
        Some((greatest - least) / least.abs())
    }

    /// Whether every run has met the bar; nothing where there is none.
    pub(crate) fn is_met(&self) -> Option<bool> {
        let meets: fn(f64, f64) -> bool = match self.quotation.bar {
            Bar::AtLeast(_) => |value, bar| value >= bar,
            Bar::AtMost(_) => |value, bar| value <= bar,
            Bar::None => return None,
        };
        let bar = self.quotation.bar.value()?;
        Some(!self.values.is_empty() && self.values.iter().all(|value| value.is_some_and(|value| meets(value, bar))))
    }
}

impl Bar {
    fn value(self) -> Option<f64> {
        match self {
            Self::AtLeast(bar) | Self::AtMost(bar) => Some(bar),
            Self::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bar, QUOTATIONS, Quoted};

    fn quoted(bar: Bar, values: &[Option<f64>]) -> Quoted {
        Quoted { quotation: super::Quotation { bar, ..QUOTATIONS[0] }, values: values.to_vec() }
    }

    #[test]
    fn a_bar_is_met_only_if_every_run_meets_it() {
        assert_eq!(quoted(Bar::AtLeast(0.65), &[Some(0.65), Some(0.7)]).is_met(), Some(true));
        assert_eq!(quoted(Bar::AtLeast(0.65), &[Some(0.64), Some(0.7)]).is_met(), Some(false));
        assert_eq!(quoted(Bar::AtMost(15.0), &[Some(15.0), None]).is_met(), Some(false));
        assert_eq!(quoted(Bar::AtMost(15.0), &[]).is_met(), Some(false));
        assert_eq!(quoted(Bar::None, &[Some(1.0)]).is_met(), None);
    }

    #[test]
    fn how_far_runs_are_apart_is_a_part_of_the_least() {
        assert_eq!(quoted(Bar::None, &[Some(2.0), Some(2.5), Some(2.25)]).apart(), Some(0.25));
        assert_eq!(quoted(Bar::None, &[Some(2.0)]).apart(), None);
        assert_eq!(quoted(Bar::None, &[Some(2.0), None]).apart(), None);
    }
}
