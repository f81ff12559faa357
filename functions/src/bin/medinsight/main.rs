//! The MedInsight response cache at the command line: the local server, and what the people who run it need.

mod advise;
mod bench;
mod clear;
mod completions;
mod doctor;
mod erase;
mod input;
mod inspect;
mod key;
mod openapi;
mod output;
mod reading;
mod serve;
mod service;
mod stats;
mod top;
mod verdict;
mod warm;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use output::Output;
use std::process::ExitCode;
use verdict::{Failure, Verdict};

/// A hit allocates more than a hundred times, which is a fifth of its work with the allocator of the C library.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The MedInsight response cache: the local server, and what the people who run it need.
///
/// Commands that look at a cache ask the service that --url names, or else work on the store of the REDIS_* settings, or
/// else ask the server of this machine.
#[derive(Parser)]
#[command(version, about, long_about, after_long_help = verdict::EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print JSON: one document, or with `top` one a line
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Serve every route on one port, with an embedded store and embedded answers
    Serve(Box<serve::ServeArgs>),
    /// Print the OpenAPI document of the interface
    Openapi,
    /// Print the digest and the key of a request, which is in a file or on standard input
    Key(key::KeyArgs),
    /// Show what is known of one entry: header, age, size, which key sealed it
    Inspect(inspect::InspectArgs),
    /// Show how well the cache serves, what went wrong, and what its servers are like
    Stats(stats::StatsArgs),
    /// Show what other times to live would have saved
    Advise(advise::AdviseArgs),
    /// Show what happens right now, again and again
    Top(top::TopArgs),
    /// Clear what a pattern matches; without --yes count it only
    Clear(clear::ClearArgs),
    /// Erase everything that is stored for a session, and the analysis that it names
    Erase(erase::EraseArgs),
    /// Have answers computed before somebody asks for them
    Warm(warm::WarmArgs),
    /// Look whether the settings and the store they name are as they should be, and say how to mend what is not
    Doctor,
    /// Measure the round trip, the hit path and the throughput
    Bench(bench::BenchArgs),
    /// Print a script that completes commands and flags in a shell
    Completions(completions::CompletionsArgs),
}

fn main() -> ExitCode {
    let Cli { command, json } = Cli::parse();
    let output = Output::of(json);
    match run(command, &output) {
        Ok(verdict) => verdict.into(),
        Err(failure) => {
            output.complain(&failure);
            failure.exit_code()
        }
    }
}

fn run(command: Command, output: &Output) -> Result<Verdict, Failure> {
    match command {
        Command::Serve(args) => serve::run(*args),
        Command::Openapi => openapi::run(output),
        Command::Key(args) => key::run(&args, output),
        Command::Inspect(args) => {
            service::with(&args.service, async |service| inspect::run(&args, service, output).await)
        }
        Command::Stats(args) => service::with(&args.service, async |service| stats::run(service, output).await),
        Command::Advise(args) => service::with(&args.service, async |service| advise::run(service, output).await),
        Command::Top(args) => service::with(&args.service, async |service| top::run(&args, service, output).await),
        Command::Clear(args) => service::with(&args.service, async |service| clear::run(&args, service, output).await),
        Command::Erase(args) => service::with(&args.service, async |service| erase::run(&args, service, output).await),
        Command::Warm(args) => service::with(&args.service, async |service| warm::run(&args, service, output).await),
        Command::Doctor => doctor::run(output),
        Command::Bench(args) => service::with(&args.service, async |service| bench::run(&args, service, output).await),
        Command::Completions(args) => completions::run::<Cli>(&args, output),
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_commands_fit_together() {
        Cli::command().debug_assert();
    }
}
