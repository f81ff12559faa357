//! `medinsight clear`: clears what a pattern matches.

use crate::output::Output;
use crate::service::{Ask, Service, ServiceArgs};
use crate::verdict::{Failure, Verdict};
use clap::Args;
use medinsight_core::Pattern;
use serde_json::{Value, json};

#[derive(Args)]
#[command(after_long_help = "\
A pattern is a category, category:*, category:prefix*, or the key of one entry without its medinsight:. A category is
cleared at once, in other processes within a second; the bytes are removed in small batches after that.

Examples:
  medinsight clear 'drug_info:asp*'
  medinsight clear health_analysis --yes")]
pub(crate) struct ClearArgs {
    /// Which entries
    pattern: String,
    /// Clear them; without it they are only counted
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// Clears, or counts only.
pub(crate) async fn run(args: &ClearArgs, service: &Service, output: &Output) -> Result<Verdict, Failure> {
    let text = args.pattern.strip_prefix("medinsight:").unwrap_or(&args.pattern);
    let _: Pattern = text.parse().map_err(|error| Failure::Usage(format!("PATTERN: {error}")))?;
    let body = json!({ "pattern": text, "dry_run": !args.yes });
    let cleared = service.ask(Ask::post("/api/v1/redis/cache/clear-pattern", &body)).await?;
    output.show(&cleared, || self::text(&cleared, service))?;
    Ok(Verdict::Done)
}

fn text(cleared: &Value, service: &Service) -> String {
    let (found, deleted) = (&cleared["keys_found"], &cleared["keys_deleted"]);
    if cleared["dry_run"] == true {
        return format!("entries that match in {}: {found}; nothing was cleared, --yes does it\n", service.name());
    }
    let rest =
        if cleared["is_sweeping"] == true { "; none of the rest is served, and it is being removed" } else { "" };
    format!("entries removed from {}: {deleted} of {found}{rest}\n", service.name())
}
