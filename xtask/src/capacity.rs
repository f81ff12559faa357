//! `cargo xtask capacity`: what breaks first as the load grows, by a simulation whose assumptions are inputs.
//!
//! It simulates Lambda environments, their connections, the shards of a store and the way between regions, event by
//! event, from a seed. It reads no clock: the same assumptions give the same figures.

mod agenda;
mod assumptions;
mod draws;
mod environments;
mod limits;
mod overrides;
mod plans;
mod popularity;
mod report;
mod search;
mod simulation;
mod store;
mod tally;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;

use plans::PLANS;

/// What is assumed, and what is asked.
#[derive(Debug, Args)]
pub(crate) struct CapacityOptions {
    /// A JSON file of assumptions; what it does not name is as by default.
    #[arg(long, value_name = "FILE")]
    assumptions: Option<PathBuf>,
    /// One assumption, as `load.hit_share=0.95`; may be given several times.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// A plan of Redis Cloud, as `1gb`, instead of the one that is assumed.
    #[arg(long, value_name = "NAME")]
    plan: Option<String>,
    /// Says of every plan what breaks first, instead of simulating one load.
    #[arg(long, conflicts_with = "plan")]
    plans: bool,
    /// Prints all assumptions as JSON, as they are after the other options, and simulates nothing.
    #[arg(long)]
    print_assumptions: bool,
}

/// Simulates and prints.
pub(crate) fn run(options: &CapacityOptions) -> Result<ExitCode> {
    let assumptions = overrides::assume(&read(options)?, &options.set, options.plan.as_deref())?;
    if options.print_assumptions {
        println!("{}", serde_json::to_string_pretty(&assumptions)?);
    } else if options.plans {
        print!("{}", report::of_plans(&search::every_plan(&assumptions, &PLANS)));
    } else {
        print!("{}", report::of_load(&assumptions));
    }
    Ok(ExitCode::SUCCESS)
}

fn read(options: &CapacityOptions) -> Result<String> {
    let Some(path) = &options.assumptions else { return Ok("{}".to_owned()) };
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
