//! An open load over a fixed number of connections, for latencies of microseconds.
//!
//! Tokio's timers go by milliseconds, so each connection has a thread that sleeps and blocks.

use super::Sample;
use super::exchange::parse;
use bytes::Bytes;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// More than most answers have.
const ANSWER_BYTES: usize = 8 << 10;

/// How many requests depart, and over how many connections.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Requests a second, over all connections.
    pub per_second: u32,
    /// How many connections there are. Each has every so-manieth request; one that is still busy when a request is due
    /// sends it late, and the request's latency counts from when it was due.
    pub connections: u32,
    /// For how long requests depart.
    pub duration: Duration,
}

/// Sends whole HTTP requests in turn at a pace and returns what came of each, by departure. Blocks until all are answered
/// or given up.
///
/// # Panics
///
/// When the server cannot be connected to.
#[must_use]
pub fn paced(address: SocketAddr, pace: Pace, requests: &[Bytes]) -> Vec<Sample> {
    wake_on_time();
    let streams: Vec<_> = (0..pace.connections).map(|_| connect(address)).collect();
    // Every thread is there before the first request is due.
    let start = Instant::now() + Duration::from_millis(20);
    let mut samples = thread::scope(|scope| {
        let lanes = streams.into_iter().zip(0..);
        let lanes: Vec<_> =
            lanes.map(|(stream, lane)| scope.spawn(move || run(stream, lane, pace, start, requests))).collect();
        lanes.into_iter().flat_map(|lane| lane.join().expect("a lane that does not panic")).collect::<Vec<_>>()
    });
    samples.sort_unstable_by_key(|sample| sample.index);
    samples
}

/// Sleeps end when they should and not 50 µs later, where the kernel lets itself be told. Threads inherit it.
fn wake_on_time() {
    let _ =
        fs::write("/proc/thread-self/timerslack_ns", "1000").or_else(|_| fs::write("/proc/self/timerslack_ns", "1000"));
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a server that listens");
    stream.set_nodelay(true).expect("an option of every connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("an option of every connection");
    stream
}

fn run(mut stream: TcpStream, lane: u32, pace: Pace, start: Instant, requests: &[Bytes]) -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut received = Vec::with_capacity(ANSWER_BYTES);
    for index in (u64::from(lane)..).step_by(pace.connections as usize) {
        let due = Duration::from_nanos(index * 1_000_000_000 / u64::from(pace.per_second));
        if due >= pace.duration {
            break;
        }
        thread::sleep((start + due).saturating_duration_since(Instant::now()));
        let turn = usize::try_from(index).expect("a bounded number") % requests.len();
        let answer = ask(&mut stream, &requests[turn], &mut received);
        samples.push(Sample::new(index, due, start.elapsed(), answer));
        if answer.is_none() {
            // What is left of this answer would be taken for the next one.
            stream = connect(stream.peer_addr().expect("a server"));
        }
    }
    samples
}

fn ask(stream: &mut TcpStream, request: &[u8], received: &mut Vec<u8>) -> Option<(http::StatusCode, super::XCache)> {
    received.clear();
    stream.write_all(request).ok()?;
    let mut chunk = [0; ANSWER_BYTES];
    loop {
        match stream.read(&mut chunk).ok()? {
            0 => return None,
            length => received.extend_from_slice(&chunk[..length]),
        }
        if let Some(answer) = parse(received) {
            return Some(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pace, paced};
    use bytes::Bytes;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;
    use std::time::Duration;

    const STALL: Duration = Duration::from_millis(200);

    /// Stalls when it has the first request.
    fn serve(listener: &TcpListener) {
        let (mut stream, _) = listener.accept().expect("a client");
        let (mut request, mut is_first) = ([0; 64], true);
        while stream.read(&mut request).is_ok_and(|length| length > 0) {
            if std::mem::take(&mut is_first) {
                thread::sleep(STALL);
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        }
    }

    #[test]
    fn a_stall_makes_every_request_late_that_was_due_meanwhile() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || serve(&listener));
        let pace = Pace { per_second: 100, connections: 1, duration: Duration::from_millis(300) };
        let samples = paced(address, pace, &[Bytes::from_static(b"GET / HTTP/1.1\r\n\r\n")]);
        assert_eq!(samples.len(), 30);
        // The stall ends no sooner than its length after the first request was due.
        assert!(samples.iter().all(|sample| sample.is_success() && sample.answered() >= STALL), "{samples:?}");
    }
}
