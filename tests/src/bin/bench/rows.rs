//! What was measured, as rows of CSV: one figure a row, and single requests beside them.

use medinsight_tests::load::Sample;
use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

/// How many requests of one measurement are kept; they are evenly spread over it.
const KEPT: usize = 60;

/// What a figure is about.
#[derive(Clone, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) scenario: &'static str,
    pub(crate) contender: &'static str,
    /// What distinguishes measurements of a scenario, as `64` connections.
    pub(crate) setting: &'a str,
    pub(crate) round: u32,
}

/// Everything that was measured.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    figures: String,
    requests: String,
}

impl Rows {
    /// Adds figures of a subject.
    pub(crate) fn add(&mut self, subject: &Subject<'_>, figures: &[(&str, f64)]) {
        let Subject { scenario, contender, setting, round } = subject;
        for (figure, value) in figures {
            let _ = writeln!(self.figures, "{scenario},{contender},{setting},{round},{figure},{value:.3}");
        }
        let shown: Vec<_> = figures.iter().map(|(figure, value)| format!("{figure} {value:.2}")).collect();
        println!("{scenario}, {contender}, {setting}: {}", shown.join(", "));
    }

    /// Adds a few of the requests, for those who want to see more than percentiles.
    pub(crate) fn add_some(&mut self, subject: &Subject<'_>, samples: &[Sample]) {
        self.add_each(subject, samples.iter().step_by(samples.len().div_ceil(KEPT).max(1)));
    }

    /// Adds requests.
    pub(crate) fn add_each<'a>(&mut self, subject: &Subject<'_>, samples: impl IntoIterator<Item = &'a Sample>) {
        let Subject { scenario, contender, setting, round } = subject;
        for sample in samples {
            let (due, latency) = (sample.scheduled.as_millis(), sample.latency.as_micros());
            let status = sample.status.map_or(0, |status| status.as_u16());
            let _ = writeln!(self.requests, "{scenario},{contender},{setting},{round},{due},{latency},{status}");
        }
    }

    /// Writes `figures.csv` and `requests.csv`.
    pub(crate) fn write(&self, directory: &Path) -> io::Result<()> {
        let figures = format!("scenario,contender,setting,round,figure,value\n{}", self.figures);
        let requests = format!("scenario,contender,setting,round,due_ms,latency_us,status\n{}", self.requests);
        fs::create_dir_all(directory)?;
        fs::write(directory.join("figures.csv"), figures)?;
        fs::write(directory.join("requests.csv"), requests)
    }
}
