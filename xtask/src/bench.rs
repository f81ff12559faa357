//! `cargo xtask bench`: the load of cache hits, with a bare axum handler as the yardstick beside it.
//!
//! Both run in the same minutes on the same machine and take turns, so that the ratio of the two means something even
//! where the numbers themselves do not.

mod probe;
mod report;
mod workload;
mod wrk;

use std::env::consts::EXE_SUFFIX;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;

use crate::process;
use crate::server::Server;
use report::Report;
pub(crate) use report::median;
use wrk::Wrk;

/// The benchmarked endpoint.
pub(crate) const HEALTH_PATH: &str = "/api/v1/analyze-health";

/// How many connections the load comes over: one for the time of a lone request, many for throughput.
const CONNECTIONS: [u32; 2] = [1, 64];

/// How long the benchmark runs and what it compares.
#[derive(Debug, Args)]
pub(crate) struct BenchOptions {
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=30))]
    seconds: u64,
    /// Measurements of each server at each number of connections; the table shows medians.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=9))]
    rounds: u64,
    /// Puts a second bare handler in the server's place; what differs then is the noise of the machine.
    #[arg(long)]
    noise: bool,
}

/// Builds both servers, measures them in turn and prints the table.
pub(crate) fn run(options: &BenchOptions) -> Result<ExitCode> {
    let wrk = Wrk::prepare(&workload::script(), Duration::from_secs(options.seconds))?;
    let servers = start_servers(options.noise)?;
    let mut report = Report::default();
    for connections in CONNECTIONS {
        measure(&wrk, &servers, connections, options.rounds, &mut report)?;
    }
    servers.iter().try_for_each(ensure_hit)?;
    let bytes = answer_bytes(&servers)?;
    println!("\nMedians of {} rounds of {} s, taking turns; {bytes}.\n", options.rounds, options.seconds);
    print!("{report}");
    Ok(ExitCode::SUCCESS)
}

/// Starts the measured server and the yardstick, with every body asked once.
fn start_servers(noise: bool) -> Result<[Server; 2]> {
    build("xtask")?;
    let measured = if noise { bare_axum("bare axum again")? } else { medinsight()? };
    let servers = [measured, bare_axum("bare axum")?];
    for server in &servers {
        warm(server)?;
    }
    Ok(servers)
}

/// Builds and starts the server with the environment of this command, so that `REDIS_URL` decides on its store.
fn medinsight() -> Result<Server> {
    build("medinsight-functions")?;
    let program = release_program("medinsight")?;
    Server::start("medinsight", |port| {
        let mut command = Command::new(&program);
        command.args(["serve", "--host", "127.0.0.1", "--port", &port.to_string()]).stdout(Stdio::null());
        command
    })
}

/// Starts this very program, as built for release, in the role of the bare handler.
fn bare_axum(name: &'static str) -> Result<Server> {
    let program = release_program("xtask")?;
    Server::start(name, |port| {
        let mut command = Command::new(&program);
        command.args(["bare-axum", "--port", &port.to_string()]).stdout(Stdio::null());
        command
    })
}

/// Builds a package for release.
fn build(package: &str) -> Result<()> {
    process::run(process::cargo().args(["build", "--release", "--locked", "--package", package]))
}

/// Where cargo leaves a program of the release profile.
fn release_program(name: &str) -> Result<PathBuf> {
    Ok(process::target_dir()?.join("release").join(format!("{name}{EXE_SUFFIX}")))
}

/// Asks every body once, so that each answer is stored.
fn warm(server: &Server) -> Result<()> {
    probe::post_all(server.port, &workload::bodies())?;
    ensure_hit(server)
}

/// Fails unless every body is answered from the cache; before and after the load, it was hits that were measured.
fn ensure_hit(server: &Server) -> Result<()> {
    for body in workload::bodies() {
        let answer = probe::post(server.port, &body)?;
        let cache = answer.header("x-cache").unwrap_or("missing");
        ensure!(cache == "HIT", "{} answered x-cache {cache} to a repeated question, not HIT", server.name);
    }
    Ok(())
}

/// How large the first answer of each server is, for the reader of the table.
fn answer_bytes(servers: &[Server; 2]) -> Result<String> {
    let body = workload::bodies().remove(0);
    let sizes = servers.iter().map(|server| {
        let answer = probe::post(server.port, &body)?;
        Ok(format!("{} answers {} bytes", server.name, answer.body_bytes))
    });
    Ok(sizes.collect::<Result<Vec<_>>>()?.join(", "))
}

/// Measures both servers in turn, so that a slow minute of the machine hits both.
fn measure(wrk: &Wrk, servers: &[Server; 2], connections: u32, rounds: u64, report: &mut Report) -> Result<()> {
    for round in 1..=rounds {
        for server in servers {
            let sample = wrk.measure(server, connections)?;
            println!("{}, {connections} connections, round {round}: {:.0}/s", server.name, sample.requests_per_second);
            report.add(server.name, connections, sample);
        }
    }
    Ok(())
}
