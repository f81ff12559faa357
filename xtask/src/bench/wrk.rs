//! Runs wrk, the load generator.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use anyhow::{Context as _, Result, ensure};

use crate::server::Server;
use crate::{apt, process};

/// How much longer than its measurement wrk may take before it is ended.
const GRACE: Duration = Duration::from_secs(20);

/// wrk with the program that makes its requests, for measurements of one length.
#[derive(Debug)]
pub(crate) struct Wrk {
    script: PathBuf,
    duration: Duration,
}

/// What one measurement gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// The throughput.
    pub(crate) requests_per_second: f64,
    /// The median time of a request in milliseconds.
    pub(crate) p50_millis: f64,
    /// The time in milliseconds that one request in a hundred exceeds.
    pub(crate) p99_millis: f64,
    /// The server's processor time per request in microseconds, where the system tells it.
    pub(crate) cpu_micros: Option<f64>,
    /// The server's memory in MiB afterwards, where the system tells it.
    pub(crate) resident_mib: Option<f64>,
}

/// The numbers that the program prints: requests, microseconds of the run, both percentiles, errors.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Printed {
    requests: f64,
    micros: f64,
    p50_micros: f64,
    p99_micros: f64,
    errors: f64,
}

impl Wrk {
    /// Finds or installs wrk and writes its program to a temporary file.
    pub(crate) fn prepare(script: &str, duration: Duration) -> Result<Self> {
        if !is_installed() {
            apt::install(&["wrk"]).context("the benchmark needs wrk")?;
        }
        let path = env::temp_dir().join(format!("medinsight-bench-{}.lua", std::process::id()));
        fs::write(&path, script).context("cannot write the program for wrk")?;
        Ok(Self { script: path, duration })
    }

    /// Loads a server for the set time over that many connections.
    pub(crate) fn measure(&self, server: &Server, connections: u32) -> Result<Sample> {
        let before = server.cpu_micros();
        let output = process::capture_within(&mut self.command(server.port, connections), self.duration + GRACE)?;
        let used = before.and_then(|before| server.cpu_micros()?.checked_sub(before));
        let printed = Printed::parse(&output).with_context(|| format!("wrk printed no result: {output}"))?;
        ensure!(printed.errors == 0.0, "{} had {} errors under load: {output}", server.name, printed.errors);
        ensure!(printed.requests > 0.0, "{} answered nothing under load", server.name);
        Ok(printed.sample(used, server.resident_kib()))
    }

    /// The command line of one measurement. One thread is enough: the machine's other processors belong to the server.
    fn command(&self, port: u16, connections: u32) -> Command {
        let mut command = Command::new("wrk");
        command.arg("-t1").arg(format!("-c{connections}")).arg(format!("-d{}s", self.duration.as_secs()));
        command.arg("-s").arg(&self.script).arg(format!("http://127.0.0.1:{port}"));
        command
    }
}

impl Drop for Wrk {
    fn drop(&mut self) {
        // A file left in the temporary directory does no harm.
        let _ = fs::remove_file(&self.script);
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

    /// The result in the units of the table, together with what the server used.
    fn sample(self, cpu_micros: Option<u64>, resident_kib: Option<u64>) -> Sample {
        Sample {
            requests_per_second: self.requests / self.micros * 1e6,
            p50_millis: self.p50_micros / 1e3,
            p99_millis: self.p99_micros / 1e3,
            cpu_micros: cpu_micros.map(|used| used as f64 / self.requests),
            resident_mib: resident_kib.map(|kib| kib as f64 / 1024.0),
        }
    }
}

/// Whether wrk starts; asked for its version it prints that but reports failure.
fn is_installed() -> bool {
    Command::new("wrk").arg("--version").output().is_ok()
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
