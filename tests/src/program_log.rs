//! The lines that a program has written so far.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::process::Stdio;

/// How much is read at once.
const CHUNK_BYTES: usize = 1 << 16;

/// A file without a name that a program writes its log to. It costs the program less than a pipe, whose reader has to be
/// woken for every line, and would take that time from the program when both share a processor.
#[derive(Debug)]
pub(crate) struct Log(File);

impl Log {
    /// An empty log.
    pub(crate) fn create() -> io::Result<Self> {
        tempfile::tempfile().map(Self)
    }

    /// The output of a program that writes to this log.
    pub(crate) fn output(&self) -> io::Result<Stdio> {
        self.0.try_clone().map(Stdio::from)
    }

    /// The lines that are complete.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.complete().lines().map(str::to_owned).collect()
    }

    /// How many lines have this message.
    pub(crate) fn count(&self, message: &str) -> usize {
        let message = format!(r#""message":"{message}""#);
        self.complete().lines().filter(|line| line.contains(&message)).count()
    }

    pub(crate) fn find<T>(&self, find: impl FnMut(&str) -> Option<T>) -> Option<T> {
        self.complete().lines().find_map(find)
    }

    fn complete(&self) -> String {
        let mut bytes = Vec::new();
        // The program goes on writing behind the offset that it shares with this handle, which therefore is not moved.
        loop {
            let start = bytes.len();
            bytes.resize(start + CHUNK_BYTES, 0);
            let read = self.0.read_at(&mut bytes[start..], start as u64).expect("a file of this process can be read");
            bytes.truncate(start + read);
            if read == 0 {
                break;
            }
        }
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::Log;
    use std::io::Write;

    #[test]
    fn lines_are_read_as_soon_as_they_are_complete() {
        let log = Log::create().expect("a file");
        let mut program = log.0.try_clone().expect("a second handle");
        program.write_all(b"{\"message\":\"one\"}\n{\"mess").expect("room");
        assert_eq!((log.lines().len(), log.count("one"), log.count("two")), (1, 1, 0));
        program.write_all(b"age\":\"two\"}\n").expect("room");
        assert_eq!(log.lines(), [r#"{"message":"one"}"#, r#"{"message":"two"}"#]);
        assert_eq!(log.find(|line| line.contains("two").then_some(line.len())), Some(17));
    }
}
