//! Structured logs: one JSON object a line on standard output, without anything that a person wrote.

mod journal;
mod line;
mod members;
#[cfg(test)]
mod output;
mod text;

pub use journal::Flushed;
pub(crate) use text::JsonText;

use journal::Journal;
use line::Line;
use members::Members;
use std::{io, panic};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The target of audit records. They are written whatever the log level is.
pub const AUDIT: &str = "medinsight_audit";

/// How the targets of the SDK of AWS begin. Its lines may have whole requests in them, with what a person wrote; what comes
/// of its calls is logged by whoever makes them.
const SDK: &str = "aws_";

/// Starts logging for a service that many ask at once: no request waits for its line, but for audit records. Everything is
/// written when what is returned is dropped. A second call changes nothing.
///
/// # Errors
///
/// When there can be no thread that writes.
pub fn start_without_waiting(level: LevelFilter) -> io::Result<Flushed> {
    let journal = Journal::to(io::stdout())?;
    let flushed = journal.flushed();
    start_to(journal, level);
    Ok(flushed)
}

/// Starts logging. A second call changes nothing.
pub fn start(level: LevelFilter) {
    start_to(io::stdout, level);
}

/// Starts logging on standard error, for a command whose standard output is its result.
pub fn start_on_terminal(level: LevelFilter) {
    start_to(io::stderr, level);
}

fn start_to<W>(writer: W, level: LevelFilter)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // The only failure is that logging has been started before.
    let _ = to(writer, level).try_init();
    panic::set_hook(Box::new(|panic| {
        // The message of a panic may quote what a person wrote, the place in the code cannot.
        let place = panic.location().map(|place| (place.file(), place.line()));
        tracing::error!(file = place.map(|(file, _)| file), line = place.map(|(_, line)| line), "panicked");
    }));
}

/// What writes the log to a writer.
pub fn to<W>(writer: W, level: LevelFilter) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().fmt_fields(Members).event_format(Line).with_writer(writer);
    let filter = Targets::new().with_default(level).with_target(AUDIT, LevelFilter::INFO);
    let filter = filter.with_target(SDK, LevelFilter::OFF);
    tracing_subscriber::registry().with(filter).with(lines)
}
