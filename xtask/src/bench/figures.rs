//! The figures of one or more runs of the driver: read from its rows, and asked for by what they are about.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

/// The heading of the figures of all runs.
const HEADING: &str = "run,scenario,contender,setting,round,figure,value";

/// One figure.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    run: usize,
    scenario: String,
    contender: String,
    setting: String,
    round: u32,
    figure: String,
    value: f64,
}

/// The figures of all runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    rows: Vec<Row>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<'a> {
    pub(crate) scenario: &'a str,
    pub(crate) contender: &'a str,
    pub(crate) setting: &'a str,
    pub(crate) figure: &'a str,
}

impl Figures {
    /// Reads what the driver left in these directories, a run each.
    pub(crate) fn collect(directories: &[PathBuf]) -> Result<Self> {
        let mut figures = Self::default();
        for (run, directory) in (1..).zip(directories) {
            let csv = fs::read_to_string(directory.join("figures.csv")).context("the driver left no figures")?;
            figures.add(run, &csv)?;
        }
        Ok(figures)
    }

    /// Adds the rows of a run.
    pub(crate) fn add(&mut self, run: usize, csv: &str) -> Result<()> {
        for line in csv.lines().skip(1) {
            self.rows.push(parse(run, line).with_context(|| format!("`{line}` is no row of figures"))?);
        }
        Ok(())
    }

    /// All rows as CSV.
    pub(crate) fn to_csv(&self) -> String {
        let mut csv = format!("{HEADING}\n");
        for Row { run, scenario, contender, setting, round, figure, value } in &self.rows {
            let _ = writeln!(csv, "{run},{scenario},{contender},{setting},{round},{figure},{value:.3}");
        }
        csv
    }

    /// The numbers of the runs.
    pub(crate) fn runs(&self) -> Vec<usize> {
        let mut runs: Vec<_> = self.rows.iter().map(|row| row.run).collect();
        runs.sort_unstable();
        runs.dedup();
        runs
    }

    /// The settings of a scenario, in the order in which they were measured.
    pub(crate) fn settings(&self, scenario: &str) -> Vec<&str> {
        let mut settings = Vec::new();
        for row in self.rows.iter().filter(|row| row.scenario == scenario) {
            if !settings.contains(&row.setting.as_str()) {
                settings.push(row.setting.as_str());
            }
        }
        settings
    }

    /// The median over all rounds of all runs.
    pub(crate) fn median(&self, query: Query<'_>) -> Option<f64> {
        median(self.matching(query).map(|row| row.value).collect())
    }

    /// The greatest of all rounds of all runs.
    pub(crate) fn greatest(&self, query: Query<'_>) -> Option<f64> {
        self.matching(query).map(|row| row.value).max_by(f64::total_cmp)
    }

    /// The median in one run.
    pub(crate) fn median_in(&self, run: usize, query: Query<'_>) -> Option<f64> {
        median(self.matching(query).filter(|row| row.run == run).map(|row| row.value).collect())
    }

    /// What two contenders have in common, round by round: they were measured within seconds then.
    pub(crate) fn paired(
        &self,
        run: usize,
        query: Query<'_>,
        other: &str,
        combine: impl Fn(f64, f64) -> f64,
    ) -> Option<f64> {
        let others = Query { contender: other, ..query };
        let pairs = self.matching(query).filter(|row| row.run == run).filter_map(|row| {
            let mut others = self.matching(others);
            let other = others.find(|other| other.run == run && other.round == row.round)?;
            Some(combine(row.value, other.value))
        });
        median(pairs.collect())
    }

    fn matching<'a>(&'a self, query: Query<'a>) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(move |row| {
            row.scenario == query.scenario
                && row.contender == query.contender
                && row.setting == query.setting
                && row.figure == query.figure
        })
    }
}

fn parse(run: usize, line: &str) -> Option<Row> {
    let fields: Vec<_> = line.split(',').collect();
    let [scenario, contender, setting, round, figure, value] = fields[..] else { return None };
    let (round, value) = (round.parse().ok()?, value.parse().ok()?);
    let [scenario, contender, setting, figure] = [scenario, contender, setting, figure].map(str::to_owned);
    Some(Row { run, scenario, contender, setting, round, figure, value })
}

/// The rows of a file of all runs, whose first column is the number of the run then.
pub(crate) fn merge(directories: &[PathBuf], name: &str) -> Result<String> {
    let mut merged = String::new();
    for (run, directory) in (1..).zip(directories) {
        let csv = fs::read_to_string(directory.join(name)).with_context(|| format!("the driver left no {name}"))?;
        let mut lines = csv.lines();
        let heading = lines.next().unwrap_or_default();
        if run == 1 {
            let _ = writeln!(merged, "run,{heading}");
        }
        lines.for_each(|line| {
            let _ = writeln!(merged, "{run},{line}");
        });
    }
    Ok(merged)
}

/// The middle value; of an even number of values, the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Figures, Query, median};

    /// Figures of one closed loop, as `contender,round,value`.
    pub(crate) fn closed(runs: &[&[(&str, u32, f64)]]) -> Figures {
        let mut figures = Figures::default();
        for (run, rows) in (1..).zip(runs) {
            let rows = rows.iter().map(|(name, round, value)| format!("closed,{name},64,{round},x,{value}\n"));
            figures.add(run, &format!("heading\n{}", rows.collect::<String>())).expect("rows");
        }
        figures
    }

    #[test]
    fn median_is_the_middle_or_the_mean_of_both_middles() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn two_contenders_are_compared_within_a_round_and_a_run() {
        let figures =
            closed(&[&[("a", 1, 2.0), ("b", 1, 1.0), ("a", 2, 30.0), ("b", 2, 10.0)], &[("a", 1, 8.0), ("b", 1, 1.0)]]);
        let query = Query { scenario: "closed", contender: "a", setting: "64", figure: "x" };
        assert_eq!(figures.paired(1, query, "b", |a, b| a / b), Some(2.5));
        assert_eq!(figures.paired(2, query, "b", |a, b| a / b), Some(8.0));
        assert_eq!(figures.paired(3, query, "b", |a, b| a / b), None);
        assert_eq!(figures.median(query), Some(8.0));
    }

    #[test]
    fn what_is_no_row_is_refused() {
        assert!(Figures::default().add(1, "heading\nclosed,a,64,one,x,1\n").is_err());
        assert!(Figures::default().add(1, "heading\nclosed,a,64\n").is_err());
    }
}
