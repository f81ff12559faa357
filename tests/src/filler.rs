//! Entries in great numbers, written into Redis past any server.

use crate::redis_server::RedisServer;
use crate::resp;
use bytes::BytesMut;
use medinsight_core::{EntryHeader, Generation, Sealing, UnixMillis};
use std::time::Duration;

const BATCH: usize = 2_000;
const PAYLOAD_BYTES: usize = 256;

/// Writes this many entries of an earlier generation, in the format of the store, under keys that begin like this.
///
/// # Errors
///
/// When Redis cannot be reached.
///
/// # Panics
///
/// When Redis refuses some.
pub async fn fill(redis: &RedisServer, prefix: &str, count: usize) -> std::io::Result<()> {
    let entry = entry();
    let entries = (0..count).map(|number| (format!("{prefix}{number:064x}"), entry.as_slice()));
    write(redis, entries, Duration::from_secs(3_600)).await
}

/// Writes keys with their entries, in batches, each to be kept for so long.
///
/// # Errors
///
/// When Redis cannot be reached.
///
/// # Panics
///
/// When Redis refuses some.
pub async fn write<K: AsRef<str>, E: AsRef<[u8]>>(
    redis: &RedisServer,
    entries: impl IntoIterator<Item = (K, E)>,
    keep_for: Duration,
) -> std::io::Result<()> {
    let mut client = redis.connect().await?;
    let (mut entries, millis) = (entries.into_iter(), keep_for.as_millis().to_string());
    loop {
        let (mut pipeline, mut waiting) = (BytesMut::new(), 0);
        for (key, entry) in entries.by_ref().take(BATCH) {
            let (key, entry) = (key.as_ref().as_bytes(), entry.as_ref());
            resp::encode(&[b"SET".as_slice(), key, entry, b"PX", millis.as_bytes()], &mut pipeline);
            waiting += 1;
        }
        if waiting == 0 {
            return Ok(());
        }
        client.send(&pipeline).await?;
        assert_eq!(client.skip_replies(waiting).await?, 0, "Redis refused entries");
    }
}

fn entry() -> Vec<u8> {
    let header = EntryHeader {
        compressed: false,
        sealing: Sealing::Plain,
        written_at: UnixMillis(1_800_000_000_000),
        fresh_for_secs: 3_600,
        origin_cost_ms: 3_000,
        generation: Generation(1),
    };
    [header.encode().as_slice(), &[b'x'; PAYLOAD_BYTES]].concat()
}

#[cfg(test)]
mod tests {
    use super::entry;

    #[test]
    fn the_entries_are_in_the_format_of_the_store() {
        assert!(medinsight_core::EntryHeader::split(&entry()).is_ok());
    }
}
