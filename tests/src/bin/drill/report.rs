//! What the drills found, as a table.

use std::fmt::{self, Display};

/// Whether a bar was met.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    Met,
    Missed,
    /// What the bar is about cannot be measured yet.
    NotMeasured,
}

/// One bar and what was measured.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Finding {
    pub(crate) bar: String,
    pub(crate) measured: String,
    pub(crate) verdict: Verdict,
}

impl Finding {
    /// A bar that is met if `is_met`.
    pub(crate) fn of(bar: impl Into<String>, measured: impl Display, is_met: bool) -> Self {
        let verdict = if is_met { Verdict::Met } else { Verdict::Missed };
        Self { bar: bar.into(), measured: measured.to_string(), verdict }
    }

    /// A bar for the greatest of many values: none may exceed the limit, and there has to be one.
    pub(crate) fn at_most<T: Copy + Display + PartialOrd>(
        bar: impl Into<String>,
        measured: Option<T>,
        limit: T,
    ) -> Self {
        match measured {
            Some(measured) => Self::of(bar, measured, measured <= limit),
            None => Self::missed(bar, "nothing was measured"),
        }
    }

    /// A bar that is missed.
    pub(crate) fn missed(bar: impl Into<String>, why: impl Display) -> Self {
        Self::of(bar, why, false)
    }

    /// A bar that cannot be measured yet.
    pub(crate) fn not_measured(bar: impl Into<String>, why: impl Display) -> Self {
        Self { bar: bar.into(), measured: why.to_string(), verdict: Verdict::NotMeasured }
    }
}

/// All findings, by drill.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<(&'static str, Finding)>);

impl Report {
    pub(crate) fn add(&mut self, drill: &'static str, findings: Vec<Finding>) {
        self.0.extend(findings.into_iter().map(|finding| (drill, finding)));
    }

    /// Whether every bar was measured and met, and there was one.
    pub(crate) fn is_all_met(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|(_, finding)| finding.verdict == Verdict::Met)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| drill | bar | measured | met |\n|---|---|---|---|")?;
        for (drill, Finding { bar, measured, verdict }) in &self.0 {
            let met = match verdict {
                Verdict::Met => "yes",
                Verdict::Missed => "no",
                Verdict::NotMeasured => "not measured",
            };
            writeln!(f, "| {drill} | {bar} | {measured} | {met} |")?;
        }
        Ok(())
    }
}

/// Only the verdicts, for tests of the judgements.
#[cfg(test)]
pub(crate) fn verdicts(findings: &[Finding]) -> Vec<Verdict> {
    findings.iter().map(|finding| finding.verdict).collect()
}

#[cfg(test)]
mod tests {
    use super::{Finding, Report};

    #[test]
    fn a_report_is_green_only_if_every_bar_was_measured_and_met() {
        let report = |findings: Vec<Finding>| {
            let mut report = Report::default();
            report.add("invented", findings);
            report.is_all_met()
        };
        let met = || Finding::at_most("at most 2", Some(2), 2);
        assert!(report(vec![met()]));
        assert!(!report(vec![]));
        assert!(!report(vec![met(), Finding::at_most("at most 2", Some(3), 2)]));
        assert!(!report(vec![met(), Finding::at_most("at most 2", None, 2)]));
        assert!(!report(vec![met(), Finding::not_measured("later", "not there yet")]));
    }

    #[test]
    fn a_report_is_a_table() {
        let mut report = Report::default();
        report.add("invented", vec![Finding::of("at most 2", 3, false)]);
        assert!(report.to_string().ends_with("| invented | at most 2 | 3 | no |\n"));
    }
}
