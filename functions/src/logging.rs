//! Structured logs: one JSON object a line on standard output, without anything that a person wrote.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The target of audit records. They are written whatever the log level is.
pub const AUDIT: &str = "medinsight_audit";

/// Starts logging. A second call changes nothing.
pub fn start(level: LevelFilter) {
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true);
    let lines = lines.with_current_span(false).with_span_list(false).with_target(false);
    let filter = Targets::new().with_default(level).with_target(AUDIT, LevelFilter::INFO);
    // The only failure is that logging has been started before.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}
