//! Lines on their way to standard output, which no request waits for.
//!
//! A line of its own for each request costs a system call each, and a reader that does not read would stop the service. So
//! a thread gathers lines for a few milliseconds and writes them together. What there is no room for is lost and counted.
//! Audit records are the exception: whoever acts waits until the record is written.

use super::AUDIT;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

/// How many bytes may wait to be written.
const MOST_BYTES: usize = 4 << 20;

/// For how long lines are gathered.
const GATHERED_FOR: Duration = Duration::from_millis(5);

/// How long the end of the process waits for its log.
const PARTING: Duration = Duration::from_secs(1);

/// Where lines are left. Clones share the thread that writes them.
#[derive(Clone)]
pub(super) struct Journal(Arc<Shared>);

/// Waits, on drop, until everything is written, at most for a second: the reader may have gone.
#[must_use]
pub struct Flushed(Journal);

struct Shared {
    lines: Mutex<Lines>,
    arrived: Condvar,
    written: Condvar,
}

#[derive(Default)]
struct Lines {
    waiting: Vec<u8>,
    lost: u64,
    is_urgent: bool,
    /// How many bytes were left here, and how many of them are written.
    left: u64,
    written: u64,
}

/// Takes one line.
pub(super) struct Entry<'a> {
    journal: &'a Journal,
    is_awaited: bool,
}

impl Journal {
    /// A journal that is written to `output` by a thread of its own.
    ///
    /// # Errors
    ///
    /// When there can be no other thread.
    pub(super) fn to(output: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Shared { lines: Mutex::default(), arrived: Condvar::new(), written: Condvar::new() };
        let journal = Self(Arc::new(shared));
        let writer = journal.clone();
        thread::Builder::new().name("journal".to_owned()).spawn(move || writer.write_for_ever(output))?;
        Ok(journal)
    }

    /// What waits, on drop, until everything is written.
    pub(super) fn flushed(&self) -> Flushed {
        Flushed(self.clone())
    }

    fn leave(&self, line: &[u8]) -> u64 {
        let mut lines = self.lock();
        if lines.waiting.len() + line.len() > MOST_BYTES {
            lines.lost += 1;
            return lines.left;
        }
        if lines.waiting.is_empty() {
            self.0.arrived.notify_one();
        }
        lines.waiting.extend_from_slice(line);
        lines.left += line.len() as u64;
        lines.left
    }

    /// Waits until so many bytes are written.
    fn wait_for(&self, left: u64) {
        let mut lines = self.lock();
        while lines.written < left {
            lines.is_urgent = true;
            self.0.arrived.notify_one();
            lines = self.0.written.wait(lines).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn write_for_ever(self, mut output: impl Write) {
        let mut batch = Vec::new();
        loop {
            let lost = self.gather(&mut batch);
            // Without standard output there is nobody to tell.
            let _ = output.write_all(&batch);
            if lost > 0 {
                let _ = writeln!(output, r#"{{"level":"WARN","message":"lines of the log were lost","lost":{lost}}}"#);
            }
            let _ = output.flush();
            self.lock().written += batch.len() as u64;
            self.0.written.notify_all();
            batch.clear();
        }
    }

    /// Waits for lines and takes them; says how many were lost.
    fn gather(&self, batch: &mut Vec<u8>) -> u64 {
        let nothing = |lines: &mut Lines| lines.waiting.is_empty();
        let lines = self.0.arrived.wait_while(self.lock(), nothing).unwrap_or_else(PoisonError::into_inner);
        let calm = |lines: &mut Lines| !lines.is_urgent;
        let waited = self.0.arrived.wait_timeout_while(lines, GATHERED_FOR, calm);
        let (mut lines, _) = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut lines.waiting, batch);
        lines.is_urgent = false;
        std::mem::take(&mut lines.lost)
    }

    /// Nothing runs while the lock is held that could leave the lines half-changed, so poisoning means nothing here.
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Entry<'_> {
    /// A whole line is written at once.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let left = self.journal.leave(line);
        if self.is_awaited {
            self.journal.wait_for(left);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Journal {
    type Writer = Entry<'a>;

    fn make_writer(&'a self) -> Entry<'a> {
        Entry { journal: self, is_awaited: false }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Entry<'a> {
        Entry { journal: self, is_awaited: about.target() == AUDIT }
    }
}

impl Drop for Flushed {
    fn drop(&mut self) {
        let Journal(shared) = &self.0;
        let mut lines = self.0.lock();
        lines.is_urgent = true;
        shared.arrived.notify_one();
        // What is not written by then is lost with the process.
        let is_behind = |lines: &mut Lines| lines.written < lines.left;
        drop(shared.written.wait_timeout_while(lines, PARTING, is_behind));
    }
}

impl fmt::Debug for Flushed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flushed(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{AUDIT, Journal, MOST_BYTES};
    use crate::logging::output::Output;
    use crate::logging::to;
    use std::io::{self, Write};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use tracing::level_filters::LevelFilter;

    /// An output that nobody reads until it is released.
    struct Stuck(Receiver<()>, Output);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Once released it stays so.
            let _ = self.0.recv();
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn stuck() -> (Sender<()>, Stuck, Output) {
        let ((release, released), output) = (channel(), Output::default());
        (release, Stuck(released, output.clone()), output)
    }

    #[test]
    fn every_line_is_written_in_its_order_when_the_journal_ends() {
        let output = Output::default();
        let journal = Journal::to(output.clone()).expect("a thread");
        let flushed = journal.flushed();
        tracing::subscriber::with_default(to(journal, LevelFilter::INFO), || {
            for number in 0..1_000 {
                tracing::info!(number, "a line");
            }
        });
        drop(flushed);
        let text = output.text();
        let numbers = text.lines().map(|line| line.split_once("\"number\":").expect("a number").1);
        assert!(numbers.eq((0..1_000).map(|number| format!("{number}}}"))));
    }

    #[test]
    fn an_audit_record_is_written_before_the_action_goes_on() {
        let output = Output::default();
        let journal = Journal::to(output.clone()).expect("a thread");
        tracing::subscriber::with_default(to(journal, LevelFilter::INFO), || {
            tracing::info!(target: AUDIT, "audit");
            assert!(output.text().contains("audit"));
        });
    }

    #[test]
    fn nobody_waits_for_an_output_that_nobody_reads_and_what_is_lost_is_counted() {
        let (release, stuck, output) = stuck();
        let journal = Journal::to(stuck).expect("a thread");
        let flushed = journal.flushed();
        let line = vec![b'x'; 1 << 20];
        for _ in 0..3 * (MOST_BYTES >> 20) {
            journal.leave(&line);
        }
        drop(release);
        drop(flushed);
        let lost = output.text().split_once("\"lost\":").map(|(_, rest)| rest.trim_end_matches("}\n").to_owned());
        assert!(lost.and_then(|lost| lost.parse::<usize>().ok()).is_some_and(|lost| lost >= MOST_BYTES >> 20));
    }
}
