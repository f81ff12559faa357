//! A server that is sent requests: started on a free loopback port, watched through `/proc`, and ended whatever happens.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How long a server may take until it accepts a connection.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How often it is asked until then.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Microseconds per tick of `/proc`, which counts in hundredths of a second on every architecture we build for.
const TICK_MICROS: u64 = 10_000;

/// A running server, which is ended by its own process id when this value goes away, also after an error.
#[derive(Debug)]
pub(crate) struct Server {
    /// What the table calls it.
    pub(crate) name: &'static str,
    /// Where it listens on the loopback interface.
    pub(crate) port: u16,
    process: Child,
}

impl Server {
    /// Starts a server on a port that was free a moment ago, and waits until it accepts a connection. Where its log
    /// goes is the command's matter.
    pub(crate) fn start(name: &'static str, command: impl FnOnce(u16) -> Command) -> Result<Self> {
        let port = free_port()?;
        let process = command(port)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let mut server = Self { name, port, process };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// The processor time it has used so far in microseconds, user and system together; nothing where `/proc` lacks it.
    pub(crate) fn cpu_micros(&self) -> Option<u64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        parse_ticks(&stat).map(|ticks| ticks * TICK_MICROS)
    }

    /// The memory it holds now in KiB; nothing where `/proc` lacks it.
    pub(crate) fn resident_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    }

    /// Tries to connect until that works, the server ends, or the time is up.
    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            if let Some(status) = self.process.try_wait().context("lost the server")? {
                bail!("{} ended before it was ready: {status}", self.name);
            }
            if Instant::now() > deadline {
                bail!("{} accepted no connection within {} s", self.name, START_LIMIT.as_secs());
            }
            thread::sleep(POLL_INTERVAL);
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only for a process that has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A loopback port that nobody listens on.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr().context("no free port")?.port())
}

/// The sum of the 14th and 15th field, counted after the program's name, which may itself hold blanks and brackets.
fn parse_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::parse_ticks;

    #[test]
    fn processor_time_is_found_behind_a_name_with_blanks_and_brackets() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194560 100 0 0 0 17 5 0 0 20 0 1 0 100 200 300";
        assert_eq!(parse_ticks(stat), Some(22));
    }
}
