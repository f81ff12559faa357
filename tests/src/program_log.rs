//! The lines that a program has written so far.

use std::io::{BufRead, BufReader};
use std::process::ChildStdout;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How many lines are kept, so that no test fills the memory.
const MAX_LINES: usize = 2_000_000;

#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Collects lines until the output ends, which it does with the program.
    pub(crate) fn of(output: ChildStdout) -> Self {
        let log = Self::default();
        let followed = log.clone();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let mut lines = followed.lock();
                if lines.len() < MAX_LINES {
                    lines.push(line);
                }
            }
        });
        log
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lock().clone()
    }

    /// How many lines have this message.
    pub(crate) fn count(&self, message: &str) -> usize {
        let message = format!(r#""message":"{message}""#);
        self.lock().iter().filter(|line| line.contains(&message)).count()
    }

    pub(crate) fn find<T>(&self, find: impl FnMut(&String) -> Option<T>) -> Option<T> {
        self.lock().iter().find_map(find)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
