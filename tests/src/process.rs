//! The real server program as a process of its own.

use crate::child::{self, RunningChild};
use crate::waiting;
use serde_json::Value;
use std::env;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

/// The environment variable that names the program when it has been built already.
pub const PROGRAM_VARIABLE: &str = "MEDINSIGHT_PROGRAM";

/// How long a server may take to serve.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How many lines of a log are kept, so that no test fills the memory.
const MAX_LINES: usize = 2_000_000;

/// A running `medinsight serve` on a port of its own. It is ended on drop.
#[derive(Debug)]
pub struct ServerProcess {
    child: RunningChild,
    address: SocketAddr,
    log: Log,
}

/// The lines that a server has written so far.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

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
        let mut command = child::command(program());
        command.arg("serve").env_clear().env("MEDINSIGHT_PORT", "0").envs(settings.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(terminal);
        let child = RunningChild::start(command).expect("the server can be started");
        let log = Log::default();
        log.follow(child.take_stdout().expect("a piped output"));
        let address = log.address(&child).await;
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
        self.log.lock().clone()
    }

    /// How many lines with this message it has logged so far.
    #[must_use]
    pub fn logged(&self, message: &str) -> usize {
        let message = format!(r#""message":"{message}""#);
        self.log.lock().iter().filter(|line| line.contains(&message)).count()
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

impl Log {
    /// Collects lines until the output ends, which it does with the server.
    fn follow(&self, output: ChildStdout) {
        let log = self.clone();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let mut lines = log.lock();
                if lines.len() < MAX_LINES {
                    lines.push(line);
                }
            }
        });
    }

    /// Waits for the line that says where the server listens.
    async fn address(&self, child: &RunningChild) -> SocketAddr {
        let found = || self.lock().iter().find_map(|line| served_address(line));
        waiting::until("the server serves", START_LIMIT, || async {
            let ended = child.exit_status();
            assert!(ended.is_none(), "the server did not start ({ended:?}); it wrote {:?}", self.lock());
            found().is_some()
        })
        .await;
        found().expect("it was found just now")
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The address in the line `{"message":"serving","address":"127.0.0.1:41234",...}`.
fn served_address(line: &str) -> Option<SocketAddr> {
    let line: Value = serde_json::from_str(line).ok()?;
    if line["message"] != "serving" {
        return None;
    }
    line["address"].as_str()?.parse().ok()
}

/// The server program: the one that [`PROGRAM_VARIABLE`] names, or else built once, in the profile of these tests.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| env::var_os(PROGRAM_VARIABLE).map_or_else(build, PathBuf::from))
}

fn build() -> PathBuf {
    let profile_dir = profile_dir();
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--locked", "--message-format", "json", "--quiet"]);
    cargo.args(["--package", "medinsight-functions", "--bin", "medinsight"]);
    cargo.args(["--profile", profile_of(&profile_dir)]);
    cargo.arg("--target-dir").arg(profile_dir.parent().expect("a target directory"));
    let output = cargo.stderr(Stdio::inherit()).output().expect("cargo can be started");
    assert!(output.status.success(), "the server does not build");
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    messages.lines().find_map(executable).expect("cargo says where the server is")
}

/// The directory of the profile that this program was built in: `target/debug`.
fn profile_dir() -> PathBuf {
    let program = env::current_exe().expect("a program that knows where it is");
    let directory = program.parent().expect("a program lies in a directory");
    let is_test = directory.ends_with("deps");
    if is_test { directory.parent().expect("cargo's directories") } else { directory }.to_owned()
}

/// The name of the profile: that of its directory, but for one.
fn profile_of(profile_dir: &Path) -> &str {
    match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    }
}

fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_server = message["target"]["name"] == "medinsight";
    message["executable"].as_str().filter(|_| is_server).map(PathBuf::from)
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
