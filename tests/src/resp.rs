//! The Redis protocol, as little as tests need: commands, replies, and where a reply ends.
//!
//! It is deliberately not the client of the code under test.

mod client;

pub use client::RespClient;

use bytes::{Bytes, BytesMut};
use std::fmt;

/// A reply of the second version of the protocol.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// A status such as `OK`.
    Simple(String),
    /// An error, without its leading `-`.
    Error(String),
    /// A number.
    Integer(i64),
    /// Bytes.
    Bulk(Bytes),
    /// Nothing.
    Nil,
    /// Several.
    Array(Vec<Value>),
}

impl Value {
    /// The reply as text: statuses, errors and bytes as they are, numbers in decimal, nothing and lists as "".
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Simple(text) | Self::Error(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Bulk(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::Nil | Self::Array(_) => String::new(),
        }
    }

    /// The number in the reply, also if it is written as text.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        self.text().parse().ok()
    }

    /// The items of a list; of anything else none.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        match self {
            Self::Array(items) => items,
            _ => &[],
        }
    }
}

/// Writes a command.
pub fn encode<W: AsRef<[u8]>>(words: &[W], out: &mut BytesMut) {
    out.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        let word = word.as_ref();
        out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
}

/// What is not the protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NotResp;

impl fmt::Display for NotResp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes are not of the Redis protocol")
    }
}

impl std::error::Error for NotResp {}

/// The length of the first command or reply, or nothing while it is not complete. Both versions of the protocol are
/// understood.
///
/// # Errors
///
/// [`NotResp`] when the bytes cannot be the beginning of one.
pub fn frame_length(bytes: &[u8]) -> Result<Option<usize>, NotResp> {
    let mut end = 0;
    let mut pending = 1_u64;
    while pending > 0 {
        let Some(line) = line_at(bytes, end) else { return unfinished(bytes.get(end)) };
        let (kind, count) = head(line)?;
        end += line.len() + 2;
        pending -= 1;
        match kind {
            b'$' | b'!' | b'=' => end += count.map_or(0, |count| count as usize + 2),
            b'*' | b'~' | b'>' => pending += count.unwrap_or(0),
            b'%' => pending += 2 * count.unwrap_or(0),
            // An attribute stands in front of the value that it belongs to.
            b'|' => pending += 2 * count.unwrap_or(0) + 1,
            _ => {}
        }
    }
    Ok((end <= bytes.len()).then_some(end))
}

/// Reads one complete reply of the second version of the protocol off the front.
///
/// # Errors
///
/// [`NotResp`] when there is none.
pub fn parse(bytes: &mut &[u8]) -> Result<Value, NotResp> {
    let line = line_at(bytes, 0).ok_or(NotResp)?;
    let (kind, count) = head(line)?;
    let text = String::from_utf8_lossy(&line[1..]).into_owned();
    *bytes = &bytes[line.len() + 2..];
    match (kind, count) {
        (b'+', _) => Ok(Value::Simple(text)),
        (b'-', _) => Ok(Value::Error(text)),
        (b':', _) => text.parse().map(Value::Integer).map_err(|_| NotResp),
        (b'$' | b'*', None) => Ok(Value::Nil),
        (b'$', Some(length)) => take_bulk(bytes, length as usize),
        (b'*', Some(items)) => (0..items).map(|_| parse(bytes)).collect::<Result<_, _>>().map(Value::Array),
        _ => Err(NotResp),
    }
}

fn take_bulk(bytes: &mut &[u8], length: usize) -> Result<Value, NotResp> {
    let bulk = bytes.get(..length).ok_or(NotResp)?;
    *bytes = bytes.get(length + 2..).ok_or(NotResp)?;
    Ok(Value::Bulk(Bytes::copy_from_slice(bulk)))
}

/// The line at an offset, without its end.
fn line_at(bytes: &[u8], start: usize) -> Option<&[u8]> {
    let rest = bytes.get(start..)?;
    let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
    rest.get(..end)
}

/// The kind of a frame and the number in its first line; a negative number stands for nothing.
fn head(line: &[u8]) -> Result<(u8, Option<u64>), NotResp> {
    let (kind, rest) = line.split_first().ok_or(NotResp)?;
    let count = || str::from_utf8(rest).ok()?.parse::<i64>().ok();
    match kind {
        b'+' | b'-' | b':' | b'_' | b'#' | b',' | b'(' => Ok((*kind, None)),
        b'$' | b'!' | b'=' | b'*' | b'~' | b'>' | b'%' | b'|' => {
            Ok((*kind, u64::try_from(count().ok_or(NotResp)?).ok()))
        }
        _ => Err(NotResp),
    }
}

fn unfinished(first: Option<&u8>) -> Result<Option<usize>, NotResp> {
    let is_kind = first.is_none_or(|first| b"+-:_#,($!=*~>%|".contains(first));
    if is_kind { Ok(None) } else { Err(NotResp) }
}

#[cfg(test)]
mod tests {
    use super::{NotResp, Value, encode, frame_length, parse};
    use bytes::BytesMut;

    const FRAMES: [&[u8]; 9] = [
        b"+OK\r\n",
        b"-ERR wrong\r\n",
        b":7\r\n",
        b"$-1\r\n",
        b"$4\r\na\r\nb\r\n",
        b"*0\r\n",
        b"*2\r\n*1\r\n:1\r\n$0\r\n\r\n",
        b"%1\r\n+key\r\n#t\r\n",
        b"|1\r\n+a\r\n+b\r\n:1\r\n",
    ];

    #[test]
    fn the_end_of_a_frame_is_known_exactly_when_it_has_arrived() {
        for frame in FRAMES {
            for end in 0..frame.len() {
                assert_eq!(frame_length(&frame[..end]), Ok(None), "{frame:?} up to {end}");
            }
            let followed = [frame, b"+next\r\n"].concat();
            assert_eq!(frame_length(&followed), Ok(Some(frame.len())), "{frame:?}");
        }
    }

    #[test]
    fn other_bytes_are_refused_at_once() {
        assert_eq!(frame_length(b"\x16\x03\x01"), Err(NotResp));
        assert_eq!(frame_length(b"$x\r\n"), Err(NotResp));
    }

    #[test]
    fn a_command_reads_as_a_list_of_its_words() {
        let mut out = BytesMut::new();
        encode(&["SET", "key", "a\r\nb"], &mut out);
        let mut rest = out.as_ref();
        let value = parse(&mut rest).expect("a frame");
        assert_eq!(value.items().iter().map(Value::text).collect::<Vec<_>>(), ["SET", "key", "a\r\nb"]);
        assert!(rest.is_empty());
    }
}
