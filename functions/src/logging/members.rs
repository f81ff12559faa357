//! Fields as members of a JSON object, each with a comma before it.
//!
//! The crate's own form collects them in a map of JSON values first, and every request writes a line.

use super::text::{Escaping, JsonText};
use std::fmt::{self, Debug, Write};
use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;

pub(super) struct Members;

impl<'writer> FormatFields<'writer> for Members {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut writing = Writing { writer, so_far: Ok(()) };
        fields.record(&mut writing);
        writing.so_far
    }
}

struct Writing<'writer> {
    writer: Writer<'writer>,
    so_far: fmt::Result,
}

impl Writing<'_> {
    fn member(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let Self { writer, so_far } = self;
        *so_far = so_far.and_then(|()| write!(writer, ",\"{}\":{value}", field.name()));
    }
}

impl Visit for Writing<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no word for what is not a number.
        if value.is_finite() {
            self.member(field, format_args!("{value:?}"));
        } else {
            self.member(field, format_args!("null"));
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, format_args!("{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, format_args!("{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, format_args!("{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field, format_args!("{}", JsonText(value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.member(field, format_args!("{}", JsonDebug(value)));
    }
}

/// The `Debug` output of a value as a JSON text.
struct JsonDebug<'a>(&'a dyn Debug);

impl fmt::Display for JsonDebug<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        write!(Escaping(&mut *f), "{:?}", self.0)?;
        f.write_str("\"")
    }
}
