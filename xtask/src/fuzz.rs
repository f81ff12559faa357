//! `cargo xtask fuzz`: requests that schemathesis makes from the OpenAPI document, against a real server.
//!
//! It sends what the document allows and what it forbids, and compares every answer with the document: statuses, media
//! types, headers, bodies, and that nothing forbidden is accepted. The server's own log counts the requests.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::server::Server;
use crate::{process, python};

/// The versions are pinned because they decide which requests are made.
const PACKAGES: [&str; 2] = ["schemathesis==4.32.5", "hypothesis==6.170.17"];

/// An invented token, which opens the routes of operators to the requests.
const ADMIN_TOKEN: &str = "an-invented-token-of-operators";

/// The file with the server's log.
const LOG: &str = "server.log";

/// How long the requests of `cargo xtask test` go on.
const SECONDS_OF_A_TEST: u32 = 45;

/// How much to ask.
#[derive(Debug, Args)]
pub(crate) struct FuzzOptions {
    /// How many requests to send at least.
    #[arg(long, default_value_t = 20_000)]
    requests: u64,
    /// The seed of the first round; each further round has the next one.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// How long a round goes on.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
}

/// What a server has answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Answers {
    all: u64,
    server_errors: u64,
}

/// Finds or installs the fuzzer.
pub(crate) fn require() -> Result<PathBuf> {
    let environment = python::environment("schemathesis", &PACKAGES)?;
    println!("needs {}: in {}", PACKAGES.join(" and "), environment.display());
    Ok(environment.join("bin/schemathesis"))
}

/// Sends requests until there are enough of them, in rounds with seeds of their own.
pub(crate) fn run(options: &FuzzOptions) -> Result<ExitCode> {
    let fuzzed = Fuzzed::start(require()?)?;
    let start = Instant::now();
    let mut seed = options.seed;
    while fuzzed.answers()?.all < options.requests {
        fuzzed.round(seed, options.seconds)?;
        seed += 1;
    }
    fuzzed.conclude(start)?;
    Ok(ExitCode::SUCCESS)
}

/// One short round.
pub(crate) fn test(schemathesis: PathBuf) -> Result<()> {
    let fuzzed = Fuzzed::start(schemathesis)?;
    let start = Instant::now();
    fuzzed.round(1, SECONDS_OF_A_TEST)?;
    fuzzed.conclude(start)
}

/// A server and the fuzzer that asks it. What they write is kept in a directory of their own.
struct Fuzzed {
    schemathesis: PathBuf,
    server: Server,
    directory: PathBuf,
}

impl Fuzzed {
    fn start(schemathesis: PathBuf) -> Result<Self> {
        let directory = process::target_dir()?.join("fuzz");
        fs::create_dir_all(&directory).context("cannot make a directory for the log")?;
        let server = start_server(&directory.join(LOG))?;
        Ok(Self { schemathesis, server, directory })
    }

    /// One run of schemathesis. It is given the document as it is checked in, because it does not ask for the route
    /// that it loads a document from.
    fn round(&self, seed: u32, seconds: u32) -> Result<()> {
        let mut command = Command::new(&self.schemathesis);
        command.arg("--config-file").arg(process::workspace_root().join("xtask/schemathesis.toml"));
        command.arg("run").arg(process::workspace_root().join("functions/openapi.json"));
        command.args(["--url", &format!("http://127.0.0.1:{}", self.server.port), "--checks", "all"]);
        command.args(["--max-time", &seconds.to_string(), "--seed", &seed.to_string()]);
        // Several threads at once make Python's parser fail now and then, and it is Python that takes the time.
        command.args(["--workers", "1"]);
        command.args(["--header", &format!("Authorization: Bearer {ADMIN_TOKEN}"), "--request-timeout", "20"]);
        // Its health checks judge how fast data are made, which the load of the machine decides.
        command.args(["--suppress-health-check", "all", "--generation-database", "none", "--warnings", "off"]);
        process::run(command.current_dir(&self.directory).stdin(Stdio::null()))
            .with_context(|| format!("an answer is not as the document says, with the seed {seed}"))
    }

    fn conclude(&self, start: Instant) -> Result<()> {
        let Answers { all, server_errors } = self.answers()?;
        println!("{all} requests answered in {:.0} s, {server_errors} server errors", start.elapsed().as_secs_f64());
        ensure!(server_errors == 0, "the server's log has {server_errors} server errors");
        Ok(())
    }

    fn answers(&self) -> Result<Answers> {
        let log = fs::read_to_string(self.directory.join(LOG)).context("cannot read the server's log")?;
        Ok(Answers::of(&log))
    }
}

/// Builds and starts the server with no settings but these, so that nothing outside of it is asked.
fn start_server(log: &Path) -> Result<Server> {
    process::run(process::cargo().args(["build", "--locked", "--package", "medinsight-functions"]))?;
    let program = process::target_dir()?.join("debug").join("medinsight");
    let log = File::create(log).context("cannot write the server's log")?;
    Server::start("medinsight", |port| {
        let mut command = Command::new(&program);
        command.arg("serve").env_clear().env("MEDINSIGHT_PORT", port.to_string());
        command.env("MEDINSIGHT_ADMIN_TOKEN", ADMIN_TOKEN).stdout(log);
        // Each answer has to end.
        command.env("DASHBOARD_STREAMS", "0");
        command
    })
}

impl Answers {
    /// Counts the lines `{"message":"request answered","status":200,...}` of a log.
    fn of(log: &str) -> Self {
        let lines = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let statuses = lines.filter(|line| line["message"] == "request answered").map(|line| line["status"].as_u64());
        statuses.fold(Self::default(), |answers, status| Self {
            all: answers.all + 1,
            server_errors: answers.server_errors + u64::from(status.is_none_or(|status| status >= 500)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Answers;

    #[test]
    fn answers_and_server_errors_are_counted_and_other_lines_ignored() {
        let log = r#"{"message":"serving","address":"127.0.0.1:1"}
            {"message":"request answered","status":200}
            {"message":"request answered","status":422}
            {"message":"request answered","status":504}
            no JSON"#;
        assert_eq!(Answers::of(log), Answers { all: 3, server_errors: 1 });
    }
}
