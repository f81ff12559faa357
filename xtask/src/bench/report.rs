//! The table: medians over the rounds, and the ratio of the two servers.

use std::fmt::{self, Display, Formatter};

use super::wrk::Sample;

/// All samples, grouped as the rows of the table.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

/// The samples of one server at one number of connections.
#[derive(Debug)]
struct Row {
    server: &'static str,
    connections: u32,
    samples: Vec<Sample>,
}

/// One figure of a sample; some systems do not tell all of them.
type Figure = fn(&Sample) -> Option<f64>;

/// The figures of the table with their headings and decimals.
const COLUMNS: [(&str, usize, Figure); 5] = [
    ("requests/s", 0, |sample| Some(sample.requests_per_second)),
    ("p50 ms", 2, |sample| Some(sample.p50_millis)),
    ("p99 ms", 2, |sample| Some(sample.p99_millis)),
    ("CPU us/request", 1, |sample| sample.cpu_micros),
    ("RSS MiB", 1, |sample| sample.resident_mib),
];

impl Report {
    /// Adds a sample to its row.
    pub(crate) fn add(&mut self, server: &'static str, connections: u32, sample: Sample) {
        let mut rows = self.rows.iter_mut();
        match rows.find(|row| row.server == server && row.connections == connections) {
            Some(row) => row.samples.push(sample),
            None => self.rows.push(Row { server, connections, samples: vec![sample] }),
        }
    }
}

impl Display for Report {
    /// Writes a Markdown table, in which each pair of rows is followed by its ratio.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let headings: Vec<&str> = COLUMNS.iter().map(|(heading, ..)| *heading).collect();
        writeln!(f, "| server | connections | {} |", headings.join(" | "))?;
        writeln!(f, "|---|{}", "---:|".repeat(COLUMNS.len() + 1))?;
        for pair in self.rows.chunks(2) {
            pair.iter().try_for_each(|row| row.write(f))?;
            if let [measured, yardstick] = pair {
                measured.write_ratio(yardstick, f)?;
            }
        }
        if cfg!(not(target_os = "linux")) {
            writeln!(f, "\nNot Linux: the CPU and RSS figures are left out.")?;
        }
        Ok(())
    }
}

impl Row {
    /// The median of one figure.
    fn median(&self, figure: Figure) -> Option<f64> {
        median(self.samples.iter().filter_map(figure).collect())
    }

    /// Writes the medians.
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "| {} | {} |", self.server, self.connections)?;
        for (_, decimals, figure) in COLUMNS {
            write_cell(f, self.median(figure), decimals)?;
        }
        writeln!(f)
    }

    /// Writes this row's medians divided by the yardstick's.
    fn write_ratio(&self, yardstick: &Self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "| **ratio** | {} |", self.connections)?;
        for (_, _, figure) in COLUMNS {
            let ratio = self.median(figure).zip(yardstick.median(figure)).map(|(ours, theirs)| ours / theirs);
            write_cell(f, ratio, 2)?;
        }
        writeln!(f)
    }
}

/// Writes one number, or a dash where there is none.
fn write_cell(f: &mut Formatter<'_>, value: Option<f64>, decimals: usize) -> fmt::Result {
    match value.filter(|value| value.is_finite()) {
        Some(value) => write!(f, " {value:.decimals$} |"),
        None => write!(f, " - |"),
    }
}

/// The middle value; of an even number of values, the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn median_is_the_middle_or_the_mean_of_both_middles() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }
}
