//! What a command prints: text for people or JSON for programs on standard output, and complaints on standard error.

mod table;

pub(crate) use table::{Column, Table};

use crate::verdict::Failure;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use medinsight_functions::environment;
use serde::Serialize;
use serde_json::json;
use std::io::{self, ErrorKind, IsTerminal, Write};

/// What is as it should be.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What somebody should have a look at.
pub(crate) const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
/// What is broken.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What a part of the text is called.
pub(crate) const HEADING: Style = Style::new().bold();

/// Where a command prints, and in which form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    form: Form,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Text,
    Json,
}

impl Output {
    pub(crate) const fn of(json: bool) -> Self {
        Self { form: if json { Form::Json } else { Form::Text } }
    }

    /// Whether it is for programs.
    pub(crate) const fn is_json(&self) -> bool {
        matches!(self.form, Form::Json)
    }

    /// Whether somebody watches text on a terminal that can move its cursor.
    pub(crate) fn is_live(&self) -> bool {
        let variables = environment::variables();
        let terminal = variables.iter().find(|(name, _)| name == "TERM").map(|(_, terminal)| terminal.as_str());
        let can_move = terminal.is_some_and(|terminal| !matches!(terminal, "" | "dumb"));
        !self.is_json() && io::stdout().is_terminal() && can_move
    }

    /// Prints the text, or the document in lines.
    pub(crate) fn show(&self, document: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
        match self.form {
            Form::Text => self.print(&text()),
            Form::Json => {
                self.print(&serde_json::to_string_pretty(document).map_err(|error| Failure::Failed(error.to_string()))?)
            }
        }
    }

    /// Prints the text, or the document on one line, as one of many.
    pub(crate) fn show_one(&self, document: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
        match self.form {
            Form::Text => self.print(&text()),
            Form::Json => {
                self.print(&serde_json::to_string(document).map_err(|error| Failure::Failed(error.to_string()))?)
            }
        }
    }

    /// Prints a text and, where there is none, the end of its last line. Colours go to terminals only, and not where
    /// `NO_COLOR` is set.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        let choice = if self.is_json() { ColorChoice::Never } else { AutoStream::choice(&io::stdout()) };
        let mut stdout = AutoStream::new(io::stdout(), choice);
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let written = write!(stdout, "{text}{end}").and_then(|()| stdout.flush());
        written.map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::OutputClosed,
            kind => Failure::Failed(format!("standard output: {kind}")),
        })
    }

    /// Says why a command did not do its work. When nobody can be told, nothing can be done about it.
    pub(crate) fn complain(&self, failure: &Failure) {
        let text = match (failure, self.form) {
            (Failure::OutputClosed, _) => return,
            (failure, Form::Text) => format!("medinsight: {failure}"),
            (failure, Form::Json) => json!({ "error": failure.to_string(), "exit_code": failure.number() }).to_string(),
        };
        let _ = writeln!(io::stderr(), "{text}");
    }
}

/// A text in a style; terminals only show it.
pub(crate) fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Bytes for people: `1.5 MiB`.
pub(crate) fn readable_bytes(bytes: u64) -> String {
    const UNITS: [(&str, u32); 4] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match UNITS.into_iter().find(|(_, bits)| bytes >> bits > 0) {
        Some((unit, bits)) => {
            let tenths = (u128::from(bytes) * 10) >> bits;
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

/// Seconds for people: `2 h 5 min`, in two units at most.
pub(crate) fn readable_secs(secs: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
    let mut rest = secs;
    let mut parts = Vec::new();
    for (unit, length) in UNITS {
        let count = rest / length;
        rest %= length;
        if count > 0 || !parts.is_empty() {
            parts.push((count, unit));
        }
    }
    let shown = parts.iter().take(2).filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}"));
    let shown = shown.collect::<Vec<_>>().join(" ");
    if shown.is_empty() { "0 s".to_owned() } else { shown }
}

#[cfg(test)]
mod tests {
    use super::{readable_bytes, readable_secs};

    #[test]
    fn bytes_and_seconds_are_written_in_units_that_people_read() {
        let bytes = [0, 1_023, 1_536, 5 << 20, u64::MAX].map(readable_bytes);
        assert_eq!(bytes, ["0 B", "1023 B", "1.5 KiB", "5.0 MiB", "16777215.9 TiB"]);
        let secs = [0, 59, 60, 3_725, 90_000, 604_800].map(readable_secs);
        assert_eq!(secs, ["0 s", "59 s", "1 min", "1 h 2 min", "1 d 1 h", "7 d"]);
    }
}
