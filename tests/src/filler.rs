//! Entries in great numbers, written into Redis past any server.

use crate::redis_server::RedisServer;
use crate::resp;
use bytes::BytesMut;
use medinsight_core::{EntryHeader, Generation, Sealing, UnixMillis};

const BATCH: usize = 5_000;
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
    let mut client = redis.connect().await?;
    for first in (0..count).step_by(BATCH) {
        let batch = first..count.min(first + BATCH);
        let mut pipeline = BytesMut::new();
        for number in batch.clone() {
            let key = format!("{prefix}{number:064x}");
            resp::encode(&[b"SET".as_slice(), key.as_bytes(), &entry, b"PX", b"3600000"], &mut pipeline);
        }
        client.send(&pipeline).await?;
        assert_eq!(client.skip_replies(batch.len()).await?, 0, "Redis refused entries");
    }
    Ok(())
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
