//! An output that tests can read.

use std::io;
use std::sync::{Arc, Mutex};

/// Clones share what was written.
#[derive(Clone, Default)]
pub(super) struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("an unpoisoned lock")).into_owned()
    }
}

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("an unpoisoned lock").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
