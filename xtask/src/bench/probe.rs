//! A client for single requests: enough HTTP/1.1 to warm a cache and to look at a header.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use super::HEALTH_PATH;
use super::workload::SESSION_ID;

/// How long one answer may take; one that is computed can take seconds.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// How many requests warm the cache at a time.
const WARMERS: usize = 8;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    head: String,
    /// The size of the body.
    pub(crate) body_bytes: usize,
}

impl Answer {
    /// The value of a header, whose name is compared without regard to case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(':'));
        headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// Splits a whole answer, which the server ended by closing the connection.
    fn parse(bytes: &[u8]) -> Result<Self> {
        let end =
            bytes.windows(4).position(|window| window == b"\r\n\r\n").context("the answer has no end of headers")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.lines().next().unwrap_or_default();
        ensure!(status.starts_with("HTTP/1.1 200"), "the server answered `{status}`");
        Ok(Self { head, body_bytes: bytes.len() - end - 4 })
    }
}

/// Posts one body and fails unless the answer is a 200.
pub(crate) fn post(port: u16, body: &str) -> Result<Answer> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("cannot connect")?;
    stream.set_read_timeout(Some(ANSWER_LIMIT)).context("cannot set a time limit")?;
    stream.set_write_timeout(Some(ANSWER_LIMIT)).context("cannot set a time limit")?;
    stream.write_all(request(port, body).as_bytes()).context("cannot send the request")?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).context("no complete answer in time")?;
    Answer::parse(&bytes)
}

/// Posts every body once, several at a time.
pub(crate) fn post_all(port: u16, bodies: &[String]) -> Result<()> {
    thread::scope(|scope| {
        let chunks = bodies.chunks(bodies.len().div_ceil(WARMERS));
        let workers: Vec<_> = chunks.map(|chunk| scope.spawn(move || post_each(port, chunk))).collect();
        for worker in workers {
            let Ok(outcome) = worker.join() else { bail!("a warming thread panicked") };
            outcome?;
        }
        Ok(())
    })
}

/// Posts bodies one after another.
fn post_each(port: u16, bodies: &[String]) -> Result<()> {
    bodies.iter().try_for_each(|body| post(port, body).map(drop))
}

/// The bytes of a request after which the server closes the connection.
fn request(port: u16, body: &str) -> String {
    format!(
        "POST {HEALTH_PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
         X-Session-Id: {SESSION_ID}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
