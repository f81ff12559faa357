//! The closed loop: wrk, which asks again as soon as it has been answered.

use crate::workload;
use std::io::Write;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;
use tempfile::NamedTempFile;

/// The end of every program: it prints the result as one line of numbers.
const PRINT_RESULT: &str = r#"
function done(summary, latency)
  local e = summary.errors
  local errors = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), errors))
end
"#;

/// wrk with the program that makes its requests, for measurements of one length.
#[derive(Debug)]
pub(crate) struct Wrk {
    script: NamedTempFile,
    window: Duration,
}

/// What one measurement gave: the numbers that the program prints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Printed {
    pub(crate) requests: f64,
    pub(crate) micros: f64,
    pub(crate) p50_micros: f64,
    pub(crate) p99_micros: f64,
    errors: f64,
}

impl Wrk {
    /// Loads that ask the questions of the workload in turn.
    pub(crate) fn new(window: Duration) -> Self {
        Self::with(&workload::script(), window)
    }

    /// Loads of another program, which has to make the requests.
    pub(crate) fn with(program: &str, window: Duration) -> Self {
        let mut script = NamedTempFile::new().expect("a temporary file");
        script.write_all([program, PRINT_RESULT].concat().as_bytes()).expect("a file that can be written");
        Self { script, window }
    }

    /// Loads a server over that many connections. One thread is enough: the other processors belong to the server.
    pub(crate) fn run(&self, address: SocketAddr, connections: u32) -> Printed {
        let mut command = Command::new("wrk");
        command.arg("-t1").arg(format!("-c{connections}")).arg(format!("-d{}s", self.window.as_secs()));
        let output = command.arg("-s").arg(self.script.path()).arg(format!("http://{address}")).output();
        let output = String::from_utf8(output.expect("wrk can be started").stdout).expect("text");
        let printed = Printed::parse(&output).unwrap_or_else(|| panic!("wrk printed no result: {output}"));
        assert!(printed.errors == 0.0 && printed.requests > 0.0, "the load had errors: {output}");
        printed
    }
}

impl Printed {
    /// Finds the line of numbers in wrk's output.
    fn parse(output: &str) -> Option<Self> {
        let line = output.lines().find_map(|line| line.strip_prefix("RESULT "))?;
        let numbers: Vec<f64> = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        let &[requests, micros, p50_micros, p99_micros, errors] = numbers.as_slice() else { return None };
        Some(Self { requests, micros, p50_micros, p99_micros, errors })
    }
}

#[cfg(test)]
mod tests {
    use super::Printed;

    #[test]
    fn result_line_is_found_among_the_other_output() {
        let printed = Printed::parse("Running 1s test\nRESULT 1000 2000000 320 900 0\nRequests/sec: 500\n");
        let expected =
            Printed { requests: 1000.0, micros: 2_000_000.0, p50_micros: 320.0, p99_micros: 900.0, errors: 0.0 };
        assert_eq!(printed, Some(expected));
    }
}
