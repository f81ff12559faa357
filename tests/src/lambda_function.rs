//! A Lambda function as a process of its own, in an emulated environment.

use crate::child::{self, RunningChild};
use crate::lambda_api::{Extensions, LambdaApi, Outcome};
use crate::program_log::Log;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long an invocation may take unless a test says otherwise.
const TIME: Duration = Duration::from_secs(10);

/// A running function. It is ended on drop.
#[derive(Debug)]
pub struct LambdaFunction {
    child: RunningChild,
    api: LambdaApi,
    log: Log,
    started_at: Instant,
}

impl LambdaFunction {
    /// Starts a function with these settings and no others. Nothing is waited for.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[must_use]
    pub fn start(program: &Path, settings: &[(&str, &str)]) -> Self {
        Self::start_command(child::command(program), Extensions::Accepted, settings)
    }

    /// Starts a function in an environment that treats extensions in its own way.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[must_use]
    pub fn start_with(extensions: Extensions, program: &Path, settings: &[(&str, &str)]) -> Self {
        Self::start_command(child::command(program), extensions, settings)
    }

    /// Starts a function without anything around it, to measure how long it takes.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[must_use]
    pub fn start_bare(program: &Path, settings: &[(&str, &str)]) -> Self {
        Self::start_command(Command::new(program), Extensions::Accepted, settings)
    }

    fn start_command(mut command: Command, extensions: Extensions, settings: &[(&str, &str)]) -> Self {
        let (api, log) = (LambdaApi::start(extensions), Log::create().expect("a file for the log"));
        command.env_clear().envs([
            ("AWS_LAMBDA_RUNTIME_API", api.address().to_string().as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "invented-function"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ]);
        command
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.output().expect("a second handle"))
            .stderr(Stdio::null());
        let started_at = Instant::now();
        let child = RunningChild::start(command).expect("the function can be started");
        Self { child, api, log, started_at }
    }

    /// Invokes it once its environment is idle.
    pub async fn invoke(&self, event: &Value) -> Outcome {
        self.api.invoke(event, TIME).await
    }

    /// Invokes it with so much time.
    pub async fn invoke_within(&self, event: &Value, time: Duration) -> Outcome {
        self.api.invoke(event, time).await
    }

    /// Waits until its environment is idle.
    pub async fn idle(&self) {
        self.api.idle(TIME).await;
    }

    /// Its environment.
    #[must_use]
    pub fn api(&self) -> &LambdaApi {
        &self.api
    }

    /// What it has written so far.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.log.lines()
    }

    /// How many lines with this message it has logged so far.
    #[must_use]
    pub fn logged(&self, message: &str) -> usize {
        self.log.count(message)
    }

    /// The lines of its metrics so far.
    #[must_use]
    pub fn metrics(&self) -> Vec<Value> {
        let lines = self.log();
        let lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line.get("_aws").is_some()).collect()
    }

    /// The process's number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// When its process was started.
    #[must_use]
    pub fn started_at(&self) -> Instant {
        self.started_at
    }

    /// How much processor time it has used so far.
    ///
    /// # Panics
    ///
    /// When it has ended.
    #[must_use]
    pub fn cpu_time(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid())).expect("a running process");
        let nanos = tasks.map_while(Result::ok).map(|task| {
            let times = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            times.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0)
        });
        Duration::from_nanos(nanos.sum())
    }

    /// Freezes it as Lambda does: once its environment is idle, with SIGSTOP.
    pub async fn freeze(&self) {
        self.idle().await;
        self.child.freeze();
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.child.thaw();
    }

    /// Asks it to end, with SIGTERM.
    pub fn terminate(&self) {
        self.child.terminate();
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
