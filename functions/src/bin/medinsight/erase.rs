//! `medinsight erase`: erases what is stored for a session.

use crate::input;
use crate::output::Output;
use crate::service::{Ask, Service, ServiceArgs};
use crate::verdict::{Failure, Verdict};
use clap::Args;
use http::Method;
use medinsight_core::percent_encode;
use serde_json::Value;

#[derive(Args)]
#[command(after_long_help = "\
Erases everything that is stored under the session's id, and the analysis that its summary names. There is no way back.
What another process has not stored yet is stored after that, and lives out its time.

Example: medinsight erase - < session-id.txt")]
pub(crate) struct EraseArgs {
    /// The session's id; - reads it from standard input, because others can see arguments
    session: String,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// Erases a session.
pub(crate) async fn run(args: &EraseArgs, service: &Service, output: &Output) -> Result<Verdict, Failure> {
    let session = input::argument(&args.session)?;
    if session.is_empty() {
        return Err(Failure::Usage("SESSION: must be 1 to 128 visible ASCII characters".into()));
    }
    let erase = Ask::new(Method::DELETE, format!("/api/v1/redis/session/{}", percent_encode(&session)));
    let erased = service.ask(erase).await?;
    output.show(&erased, || text(&erased, service))?;
    Ok(Verdict::Done)
}

/// The keys of what was removed hold the session's id, so they are only counted here.
fn text(erased: &Value, service: &Service) -> String {
    let and_analysis = if erased["named_an_analysis"] == true { ", with the analysis that it named" } else { "" };
    format!("{} entries are erased from {}{and_analysis}\n", erased["keys_deleted"], service.name())
}
