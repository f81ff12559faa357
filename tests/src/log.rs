//! The log of this thread, as the program would write it.

use medinsight_functions::logging;
use serde_json::Value;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::DefaultGuard;

/// What is logged on this thread until it is dropped.
#[derive(Debug)]
pub struct CapturedLog {
    written: Written,
    _guard: DefaultGuard,
}

#[derive(Clone, Debug, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl CapturedLog {
    /// Begins to capture.
    #[must_use]
    pub fn start(level: LevelFilter) -> Self {
        listen_on_every_thread();
        let written = Written::default();
        let writer = written.clone();
        let subscriber = logging::to(move || writer.clone(), level);
        Self { written, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// The text so far.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.written.bytes()).into_owned()
    }

    /// The lines so far.
    ///
    /// # Panics
    ///
    /// When a line is no JSON.
    #[must_use]
    pub fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }

    /// The lines with this message so far.
    ///
    /// # Panics
    ///
    /// When a line is no JSON.
    #[must_use]
    pub fn saying(&self, message: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["message"] == message).collect()
    }

    /// The audit records so far.
    ///
    /// # Panics
    ///
    /// When a line is no JSON.
    #[must_use]
    pub fn audits(&self) -> Vec<Value> {
        self.saying("audit")
    }
}

/// Whether a place that logs is of interest to anybody may be asked once only, and on the thread of another test, so
/// there has to be somebody who is interested on every thread.
fn listen_on_every_thread() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        // The only failure is that somebody listens already.
        let _ = tracing::subscriber::set_global_default(logging::to(io::sink, LevelFilter::TRACE));
    });
}

impl Written {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
