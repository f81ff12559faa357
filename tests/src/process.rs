//! The real server program as a process of its own.

use crate::child::{self, RunningChild};
use crate::program_log::Log;
use crate::{built, waiting};
use serde_json::Value;
use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

/// How long a server may take to serve.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A running `medinsight serve` on a port of its own. It is ended on drop.
#[derive(Debug)]
pub struct ServerProcess {
    child: RunningChild,
    address: SocketAddr,
    log: Log,
}

impl ServerProcess {
    /// Starts a server with these settings and no others, and waits until it serves.
    ///
    /// # Panics
    ///
    /// When it does not build or does not start.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        Self::start_on_terminal(settings, Stdio::inherit()).await
    }

    /// [`ServerProcess::start`] with something else in the place of the terminal.
    ///
    /// # Panics
    ///
    /// When it does not build or does not start.
    pub async fn start_on_terminal(settings: &[(&str, &str)], terminal: Stdio) -> Self {
        let log = Log::create().expect("a file for the log");
        let mut command = child::command(&built::program("medinsight"));
        command.arg("serve").env_clear().env("MEDINSIGHT_PORT", "0").envs(settings.iter().copied());
        command.stdin(Stdio::null()).stdout(log.output().expect("a second handle")).stderr(terminal);
        let child = RunningChild::start(command).expect("the server can be started");
        let address = address_in(&log, &child).await;
        Self { child, address, log }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process's number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// What it has logged so far, a JSON object a line.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.log.lines()
    }

    /// How many lines with this message it has logged so far.
    #[must_use]
    pub fn logged(&self, message: &str) -> usize {
        self.log.count(message)
    }

    /// Asks it to stop, with SIGTERM.
    pub fn terminate(&self) {
        self.child.terminate();
    }

    /// Ends it with SIGKILL.
    pub fn kill(&self) {
        self.child.kill();
    }

    /// Stops it with SIGSTOP; returns once it has stopped.
    pub fn freeze(&self) {
        self.child.freeze();
    }

    /// Lets it go on after [`ServerProcess::freeze`].
    pub fn thaw(&self) {
        self.child.thaw();
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    ///
    /// When it does not within `limit`.
    pub async fn ended(&self, limit: Duration) -> ExitStatus {
        self.child.ended(limit).await
    }
}

/// Waits for the line that says where the server listens.
async fn address_in(log: &Log, child: &RunningChild) -> SocketAddr {
    let found = || log.find(served_address);
    waiting::until("the server serves", START_LIMIT, || async {
        let ended = child.exit_status();
        assert!(ended.is_none(), "the server did not start ({ended:?}); it wrote {:?}", log.lines());
        found().is_some()
    })
    .await;
    found().expect("it was found just now")
}

/// The address in the line `{"message":"serving","address":"127.0.0.1:41234",...}`.
fn served_address(line: &str) -> Option<SocketAddr> {
    let line: Value = serde_json::from_str(line).ok()?;
    if line["message"] != "serving" {
        return None;
    }
    line["address"].as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::served_address;

    #[test]
    fn the_address_is_read_from_the_line_that_says_serving_and_from_no_other() {
        let serving = r#"{"level":"INFO","message":"serving","address":"127.0.0.1:41234","store":"memory"}"#;
        assert_eq!(served_address(serving).map(|address| address.port()), Some(41_234));
        assert_eq!(served_address(r#"{"message":"stopping","address":"127.0.0.1:1"}"#), None);
        assert_eq!(served_address("no JSON"), None);
    }
}
