//! What a server says about the commands that it was given.

use super::RedisServer;
use crate::resp::{RespClient, Value};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long the lines of `MONITOR` may take to arrive after the watched work is done.
const MONITOR_LIMIT: Duration = Duration::from_secs(10);

/// Tells the ends of several watches apart.
static MARKERS: AtomicU64 = AtomicU64::new(0);

/// A command of the slow log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SlowCommand {
    /// How long the server was busy with it.
    pub duration: Duration,
    /// The command and its arguments, the long ones shortened by Redis.
    pub words: Vec<String>,
}

impl RedisServer {
    /// How often each command was called since the server started, by its name in lower case (`client|list`).
    pub async fn commandstats(&self) -> BTreeMap<String, u64> {
        let info = self.command(&["INFO", "commandstats"]).await.text();
        let lines = info.lines().filter_map(|line| line.strip_prefix("cmdstat_")?.split_once(':'));
        lines.map(|(name, fields)| (name.to_owned(), calls_of(fields))).collect()
    }

    /// Every key with its value; what a hash or a stream has is one text.
    pub async fn dump(&self) -> BTreeMap<String, String> {
        let script = "local function value(k) local t = redis.call('TYPE', k).ok \
             if t == 'hash' then return table.concat(redis.call('HGETALL', k), ' ') end \
             if t ~= 'stream' then return redis.call('GET', k) end \
             local parts = {} for _, e in ipairs(redis.call('XRANGE', k, '-', '+')) do parts[#parts + 1] = e[2][2] end \
             return table.concat(parts, ' ') end \
             local out = {} local c = '0' repeat local r = redis.call('SCAN', c, 'COUNT', 1000) c = r[1] \
             for _, k in ipairs(r[2]) do out[#out + 1] = k out[#out + 1] = value(k) end until c == '0' \
             return out";
        let reply = self.command(&["EVAL", script, "0"]).await;
        reply.items().chunks(2).map(|pair| (pair[0].text(), pair[1].text())).collect()
    }

    /// How often one command was called.
    pub async fn calls(&self, command: &str) -> u64 {
        self.commandstats().await.get(command).copied().unwrap_or(0)
    }

    /// Records every command that takes at least `threshold`, at most `length` of them, from an empty log on.
    pub async fn record_slowlog(&self, threshold: Duration, length: u32) {
        let micros = threshold.as_micros().to_string();
        self.command(&["CONFIG", "SET", "slowlog-log-slower-than", &micros, "slowlog-max-len", &length.to_string()])
            .await;
        self.command(&["SLOWLOG", "RESET"]).await;
    }

    /// The slow log, newest first.
    pub async fn slowlog(&self) -> Vec<SlowCommand> {
        self.command(&["SLOWLOG", "GET", "-1"]).await.items().iter().map(slow_command).collect()
    }

    /// Every command that the server is given while a future runs, as lines of `MONITOR`. Redis leaves out those of
    /// administrators, such as `CONFIG` and `DEBUG`.
    ///
    /// # Panics
    ///
    /// When the server does not answer.
    pub async fn monitor<F: Future>(&self, work: F) -> (F::Output, Vec<String>) {
        let mut client = self.connect().await.expect("a server that accepts connections");
        client.command(&["MONITOR"]).await.expect("a server that can be watched");
        let marker = format!("end of watch {}", MARKERS.fetch_add(1, Ordering::Relaxed));
        let lines = tokio::spawn(lines_until(client, marker.clone()));
        let output = work.await;
        self.command(&["ECHO", &marker]).await;
        let lines = tokio::time::timeout(MONITOR_LIMIT, lines).await.expect("a marker that arrives in time");
        (output, lines.expect("a task that does not panic"))
    }
}

/// The lines before the one with the marker.
async fn lines_until(mut client: RespClient, marker: String) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let line = client.reply().await.expect("a server that is watched").text();
        if line.contains(&marker) {
            return lines;
        }
        lines.push(line);
    }
}

/// Reads the first number of `calls=1,usec=2,usec_per_call=2.00,rejected_calls=0,failed_calls=0`.
fn calls_of(fields: &str) -> u64 {
    let calls = fields.split(',').find_map(|field| field.strip_prefix("calls="));
    calls.and_then(|calls| calls.parse().ok()).unwrap_or(0)
}

/// An entry is its number, its time, its microseconds, its words, and who sent it.
fn slow_command(entry: &Value) -> SlowCommand {
    let micros = entry.items().get(2).and_then(Value::integer).unwrap_or(0);
    let words = entry.items().get(3).map(|words| words.items().iter().map(Value::text).collect());
    SlowCommand { duration: Duration::from_micros(micros.unsigned_abs()), words: words.unwrap_or_default() }
}
