//! Structured logs: one JSON object a line on standard output, without anything that a person wrote.

use tracing::level_filters::LevelFilter;

/// Starts logging. A second call changes nothing.
pub fn start(level: LevelFilter) {
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(false).with_span_list(false);
    // The only failure is that logging has been started before.
    let _ = lines.with_target(false).with_max_level(level).try_init();
}
