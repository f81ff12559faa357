//! The real command line, run to its end.

use crate::{built, child};
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote on standard output.
    pub stdout: String,
    /// What it wrote on standard error.
    pub stderr: String,
}

impl Ended {
    /// Standard output as JSON.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The audit records on standard error.
    #[must_use]
    pub fn audits(&self) -> Vec<Value> {
        let lines = self.stderr.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["message"] == "audit").collect()
    }
}

/// Runs `medinsight` with these arguments, these settings and no others, and nothing on standard input.
pub async fn medinsight(arguments: &[&str], settings: &[(&str, &str)]) -> Ended {
    medinsight_reading("", arguments, settings).await
}

/// [`medinsight`] with something on standard input.
///
/// # Panics
///
/// When it cannot be started.
pub async fn medinsight_reading(input: &str, arguments: &[&str], settings: &[(&str, &str)]) -> Ended {
    let (command, input) = (command(arguments, settings), input.to_owned());
    let output = tokio::task::spawn_blocking(move || run(command, &input)).await.expect("a command that is waited for");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// `medinsight` with these arguments, these settings and no others, its input and output piped.
#[must_use]
pub fn command(arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = child::command(&built::program("medinsight"));
    command.args(arguments).env_clear().envs(settings.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(mut command: Command, input: &str) -> Output {
    let mut child = command.spawn().expect("the command line can be started");
    // A command that does not read its input has ended before all of it is written.
    let _ = child.stdin.take().expect("a piped input").write_all(input.as_bytes());
    child.wait_with_output().expect("a command that ends")
}
