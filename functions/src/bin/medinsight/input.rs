//! What is read from a file or from standard input.

use crate::verdict::Failure;
use std::fs::File;
use std::io::{Read, stdin};
use std::path::Path;

/// The name that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Reads a file, or standard input for `-`, of at most `max_bytes`.
pub(crate) fn read(path: &Path, max_bytes: u64) -> Result<Vec<u8>, Failure> {
    if path.as_os_str() == STANDARD_INPUT {
        return read_from(stdin().lock(), "standard input", max_bytes);
    }
    let file =
        File::open(path).map_err(|error| Failure::Failed(format!("the file cannot be opened: {}", error.kind())))?;
    read_from(file, "the file", max_bytes)
}

/// A value that is given as an argument, or for `-` as the first line of standard input: what is an argument can be seen
/// by everybody on the machine.
pub(crate) fn argument(text: &str) -> Result<String, Failure> {
    const MAX_BYTES: u64 = 4_096;
    if text != STANDARD_INPUT {
        return Ok(text.to_owned());
    }
    let bytes = read_from(stdin().lock(), "standard input", MAX_BYTES)?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::Usage("standard input: must be UTF-8".into()))?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

fn read_from(source: impl Read, name: &str, max_bytes: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = source.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| Failure::Failed(format!("{name}: {}", error.kind())))?;
    match bytes.len() as u64 > max_bytes {
        true => Err(Failure::Usage(format!("{name}: must have at most {max_bytes} bytes"))),
        false => Ok(bytes),
    }
}
