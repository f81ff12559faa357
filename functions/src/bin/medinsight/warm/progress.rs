//! How far the warming has got: a bar on a terminal, elsewhere lines now and then. Both go to standard error.

use crate::output::{Output, readable_secs};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::cell::Cell;
use std::fmt;
use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// How often there is a line.
const INTERVAL: Duration = Duration::from_secs(5);

/// Shows how far it is.
#[derive(Debug)]
pub(crate) enum Progress {
    Bar(ProgressBar),
    Lines {
        from: usize,
        of: usize,
        started: Instant,
        last: Cell<Instant>,
    },
    /// For programs, which get the result.
    Silent,
}

impl Progress {
    pub(crate) fn start(output: &Output, from: usize, of: usize) -> Self {
        if output.is_json() {
            return Self::Silent;
        }
        if from > 0 {
            write_line(&format!("going on after {from} of {of}, where the last run was interrupted"));
        }
        if !stderr().is_terminal() {
            let now = Instant::now();
            return Self::Lines { from, of, started: now, last: Cell::new(now) };
        }
        let template = "{bar:30} {pos} of {len}, {rate} a second, {eta} left";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let rate = |state: &ProgressState, text: &mut dyn fmt::Write| {
            // What cannot be written is not shown.
            let _ = write!(text, "{:.1}", state.per_sec());
        };
        let style = style.with_key("rate", rate);
        let bar = ProgressBar::new(of as u64).with_style(style);
        bar.set_position(from as u64);
        bar.reset_eta();
        Self::Bar(bar)
    }

    /// So many items are done.
    pub(crate) fn at(&self, done: usize) {
        match self {
            Self::Bar(bar) => bar.set_position(done as u64),
            Self::Lines { from, of, started, last } => {
                if last.get().elapsed() >= INTERVAL || done == *of {
                    last.set(Instant::now());
                    write_line(&line(done, *from, *of, started.elapsed()));
                }
            }
            Self::Silent => {}
        }
    }

    pub(crate) fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn line(done: usize, from: usize, of: usize, passed: Duration) -> String {
    let rate = (done - from) as f64 / passed.as_secs_f64().max(0.001);
    let left = if rate > 0.0 {
        Duration::try_from_secs_f64((of - done) as f64 / rate).unwrap_or(Duration::MAX)
    } else {
        Duration::MAX
    };
    format!("{done} of {of}, {rate:.1} a second, {} left", readable_secs(left.as_secs()))
}

/// When nobody can be told, nothing can be done about it.
fn write_line(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::line;
    use std::time::Duration;

    #[test]
    fn the_rate_is_that_of_this_run() {
        assert_eq!(line(30, 10, 100, Duration::from_secs(10)), "30 of 100, 2.0 a second, 35 s left");
        assert_eq!(line(100, 10, 100, Duration::from_secs(9)), "100 of 100, 10.0 a second, 0 s left");
    }
}
