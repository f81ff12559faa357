//! `medinsight completions`: what a shell needs to complete commands and flags.

use crate::output::Output;
use crate::verdict::{Failure, Verdict};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

#[derive(Args)]
#[command(after_help = "Example: medinsight completions bash > ~/.local/share/bash-completion/completions/medinsight")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Prints the script for a shell. It is a script in any case.
pub(crate) fn run<C: CommandFactory>(args: &CompletionsArgs, output: &Output) -> Result<Verdict, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut C::command(), "medinsight", &mut script);
    output.print(&String::from_utf8_lossy(&script))?;
    Ok(Verdict::Done)
}
