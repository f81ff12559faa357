//! Listing entries in Redis: `SCAN`, and for each key the header, the size and the life left. Values are not read.

use super::client::Connection;
use super::commands::{Outcome, bulk, checked, integer};
use super::database::Database;
use super::sweep::{connection_of_its_own, current_generation, scan, within};
use super::topology::Primary;
use crate::store::listing::{Collector, Page, PageToken, Record};
use crate::store::{FailureReason, StoreError};
use medinsight_core::{EntryHeader, HEADER_BYTES, Pattern};
use redis::Cmd;
use std::time::Duration;
use tokio::time::Instant;

/// How long the keys of one page are looked for. In a large database with few matching keys a page may stay empty, and
/// the next one goes on from there.
const SEARCH_LIMIT: Duration = Duration::from_millis(500);

/// How many commands tell what is known of an entry.
const COMMANDS_A_RECORD: usize = 3;

/// One page of what a pattern matches.
pub(super) async fn page(
    database: &Database,
    pattern: &Pattern,
    from: PageToken,
    room: usize,
) -> Result<Page, StoreError> {
    read_page(database, pattern, from, room).await.map_err(StoreError::nothing_done)
}

async fn read_page(
    database: &Database,
    pattern: &Pattern,
    from: PageToken,
    room: usize,
) -> Result<Page, FailureReason> {
    let connection = connection_of_its_own(database).await?;
    let (keys, next) = match pattern {
        Pattern::Exact(key) => (vec![key.as_str().to_owned()], None),
        Pattern::Category(_) | Pattern::Prefix(..) => search(&connection, pattern, from, room).await?,
    };
    let generation = within(current_generation(&connection, pattern.category())).await?;
    let records = within(describe(&connection, keys)).await?;
    Ok(Page { records, next, generation })
}

async fn search(
    connection: &Connection,
    pattern: &Pattern,
    from: PageToken,
    room: usize,
) -> Result<(Vec<String>, Option<PageToken>), FailureReason> {
    let (glob, stop_at) = (pattern.to_redis_glob(), Instant::now() + SEARCH_LIMIT);
    let primaries = Primary::all(connection).await?;
    let mut found = Collector::new(from, room);
    while let Some(primary) = primaries.get(found.at().server) {
        if found.is_full() || Instant::now() >= stop_at {
            let at = found.at();
            return Ok((found.into_keys(), Some(at)));
        }
        let (next, batch) = within(scan(connection, primary, &glob, found.at().cursor)).await?;
        found.take(batch, next);
    }
    Ok((found.into_keys(), None))
}

async fn describe(connection: &Connection, keys: Vec<String>) -> Result<Vec<Record>, FailureReason> {
    let commands: Vec<Cmd> = keys.iter().flat_map(|key| questions(key)).collect();
    let mut outcomes = connection.query_all(&commands).await?.into_iter();
    let mut records = Vec::with_capacity(keys.len());
    for key in keys {
        let answers: Vec<Outcome> = outcomes.by_ref().take(COMMANDS_A_RECORD).collect();
        records.extend(record(key, answers)?);
    }
    Ok(records)
}

fn questions(key: &str) -> [Cmd; COMMANDS_A_RECORD] {
    [
        redis::cmd("GETRANGE").arg(key).arg(0).arg(HEADER_BYTES - 1).take(),
        redis::cmd("STRLEN").arg(key).take(),
        redis::cmd("PTTL").arg(key).take(),
    ]
}

/// `None` for a key that is gone meanwhile. A value that is no string is none of ours and has neither header nor size.
fn record(key: String, answers: Vec<Outcome>) -> Result<Option<Record>, FailureReason> {
    let [header, size, life] = <[Outcome; 3]>::try_from(answers).map_err(|_| FailureReason::Garbled)?;
    let expires_in = match integer(&checked(life)?)? {
        -2 => return Ok(None),
        millis => u64::try_from(millis).ok().map(Duration::from_millis),
    };
    let header = checked(header).and_then(bulk).ok().flatten();
    let size_bytes = checked(size).and_then(|size| integer(&size)).unwrap_or_default().unsigned_abs();
    let header = header.and_then(|bytes| EntryHeader::split(&bytes).ok().map(|(header, _)| header));
    Ok(Some(Record { key, header, size_bytes, expires_in }))
}
