//! The least that it takes to ask one question over HTTP.
//!
//! A burst shares the machine with the servers that it measures. What its client costs looks like their slowness, so it
//! sends bytes that were made before, and reads of the answer only what it needs.

use super::XCache;
use crate::ANALYZE;
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// More than most answers have.
const ANSWER_BYTES: usize = 8 << 10;

/// A connection for one question.
#[derive(Debug)]
pub(super) struct Exchange {
    stream: TcpStream,
    received: BytesMut,
}

impl Exchange {
    pub(super) async fn open(address: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect(address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Self { stream, received: BytesMut::with_capacity(ANSWER_BYTES) })
    }

    /// The bytes of a question.
    pub(super) fn request(body: &[u8]) -> Bytes {
        let length = body.len();
        let head = format!(
            "POST {ANALYZE} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n"
        );
        [head.as_bytes(), body].concat().into()
    }

    /// Sends the question and reads the whole answer.
    pub(super) async fn ask(&mut self, request: &[u8]) -> Option<(StatusCode, XCache)> {
        self.stream.write_all(request).await.ok()?;
        loop {
            if self.stream.read_buf(&mut self.received).await.ok()? == 0 {
                return None;
            }
            if let Some(answer) = parse(&self.received) {
                return Some(answer);
            }
        }
    }
}

/// What an answer says, once it is complete.
pub(super) fn parse(received: &[u8]) -> Option<(StatusCode, XCache)> {
    let end = received.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let (head, rest) = received.split_at(end + 4);
    let head = str::from_utf8(head).ok()?;
    let length: usize = header(head, "content-length")?.parse().ok()?;
    let status = StatusCode::from_bytes(head.get(9..12)?.as_bytes()).ok()?;
    (rest.len() >= length).then(|| (status, XCache::of(header(head, "x-cache"))))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
}

#[cfg(test)]
mod tests {
    use super::{XCache, parse};
    use http::StatusCode;

    #[test]
    fn an_answer_is_read_when_it_is_complete() {
        let answer = b"HTTP/1.1 200 OK\r\nx-cache: HIT\r\nContent-Length: 3\r\n\r\nyes";
        assert_eq!(parse(answer), Some((StatusCode::OK, XCache::Hit)));
        for end in 0..answer.len() {
            assert_eq!(parse(&answer[..end]), None);
        }
    }
}
