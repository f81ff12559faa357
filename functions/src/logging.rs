//! Structured logs: one JSON object a line on standard output, without anything that a person wrote.

mod line;

use line::Line;
use std::panic;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The target of audit records. They are written whatever the log level is.
pub const AUDIT: &str = "medinsight_audit";

/// Starts logging. A second call changes nothing.
pub fn start(level: LevelFilter) {
    let lines = tracing_subscriber::fmt::layer().fmt_fields(JsonFields::new()).event_format(Line);
    let filter = Targets::new().with_default(level).with_target(AUDIT, LevelFilter::INFO);
    // The only failure is that logging has been started before.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    panic::set_hook(Box::new(|panic| {
        // The message of a panic may quote what a person wrote, the place in the code cannot.
        let place = panic.location().map(|place| (place.file(), place.line()));
        tracing::error!(file = place.map(|(file, _)| file), line = place.map(|(_, line)| line), "panicked");
    }));
}
