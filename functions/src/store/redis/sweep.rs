//! Removing entries by pattern without hurting anybody: `SCAN` and `UNLINK` in small batches with pauses, over a
//! connection of its own.

use super::client::Connection;
use super::commands::{bulk, checked, integer, parse_generation};
use super::database::Database;
use super::failure::reason_of_error;
use super::scripts::Call;
use super::topology::Primary;
use crate::store::{FailureReason, StoreError, Swept, Tally};
use bytes::Bytes;
use medinsight_core::{Category, Generation};
use redis::{Cmd, Value};
use std::time::Duration;

/// How many keys the server looks at in one go. A million keys in batches of 100 were removed without any command above
/// 5 ms; batches of 1,000 made some take longer.
const BATCH: usize = 100;

/// How many keys one script looks at, which takes the server some 60 us. The keys of a cluster are of different slots.
const KEYS_A_SCRIPT: usize = 25;

/// What the server is left alone for between batches.
const PAUSE: Duration = Duration::from_millis(1);

/// How long one batch may take before the sweep gives up; what it has removed stays removed.
const BATCH_LIMIT: Duration = Duration::from_secs(2);

/// Which of the keys that match are removed.
#[derive(Clone, Copy)]
pub(super) enum Removal {
    /// None; they are counted only.
    Nothing,
    /// All.
    All,
    /// Entries that are not of their category's generation. It is read anew before each batch: the category may be
    /// cleared again meanwhile, and what is stored after that has to stay.
    OtherGenerations(Category),
}

/// Removes the keys that match `glob`.
pub(super) async fn sweep(
    database: &Database,
    glob: &str,
    removal: Removal,
    tally: &Tally,
) -> Result<Swept, StoreError> {
    let swept = sweep_all(database, glob, removal, tally).await;
    swept.map(|()| tally.so_far()).map_err(StoreError::in_doubt)
}

async fn sweep_all(database: &Database, glob: &str, removal: Removal, tally: &Tally) -> Result<(), FailureReason> {
    let connection = connection_of_its_own(database).await?;
    for primary in Primary::all(&connection).await? {
        let mut cursor = 0;
        loop {
            let (next, keys) = within(scan(&connection, &primary, glob, cursor)).await?;
            let found = keys.len() as u64;
            let removed = within(remove(&connection, keys, removal)).await?;
            tally.add(found, removed);
            if next == 0 {
                break;
            }
            cursor = next;
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// A connection for long work, which must not keep requests waiting on one of theirs.
pub(super) async fn connection_of_its_own(database: &Database) -> Result<Connection, FailureReason> {
    within(async { database.connector().connect().await.map_err(|error| reason_of_error(&error)) }).await
}

pub(super) async fn within<T>(work: impl Future<Output = Result<T, FailureReason>>) -> Result<T, FailureReason> {
    tokio::time::timeout(BATCH_LIMIT, work).await.unwrap_or(Err(FailureReason::TimedOut))
}

pub(super) async fn scan(
    connection: &Connection,
    primary: &Primary,
    glob: &str,
    cursor: u64,
) -> Result<(u64, Vec<String>), FailureReason> {
    let command = redis::cmd("SCAN").arg(cursor).arg("MATCH").arg(glob).arg("COUNT").arg(BATCH).take();
    match checked(primary.query(connection, &command).await)? {
        Value::Array(parts) => page(parts),
        _ => Err(FailureReason::Garbled),
    }
}

/// Reads `[cursor, [key, ...]]`. A key that is not UTF-8 is none of ours.
fn page(parts: Vec<Value>) -> Result<(u64, Vec<String>), FailureReason> {
    let [cursor, Value::Array(keys)] = <[Value; 2]>::try_from(parts).map_err(|_| FailureReason::Garbled)? else {
        return Err(FailureReason::Garbled);
    };
    let cursor = bulk(cursor)?.and_then(|text| std::str::from_utf8(&text).ok()?.parse().ok());
    let keys = keys.into_iter().filter_map(|key| bulk(key).ok().flatten());
    let keys = keys.filter_map(|key: Bytes| String::from_utf8(key.into()).ok()).collect();
    Ok((cursor.ok_or(FailureReason::Garbled)?, keys))
}

async fn remove(connection: &Connection, keys: Vec<String>, removal: Removal) -> Result<u64, FailureReason> {
    if keys.is_empty() {
        return Ok(0);
    }
    let calls: Vec<Cmd> = match removal {
        Removal::Nothing => return Ok(0),
        Removal::All => keys.into_iter().map(|key| redis::cmd("UNLINK").arg(key).take()).collect(),
        Removal::OtherGenerations(category) => {
            let Some(generation) = current_generation(connection, category).await? else { return Ok(0) };
            let groups = keys.chunks(keys_a_script(connection));
            // By its text: the server may forget scripts in the middle of a sweep, and a batch is not tried twice.
            groups.map(|keys| Call::remove_of_other_generation(keys.to_vec(), generation).by_text()).collect()
        }
    };
    let mut removed = 0;
    for outcome in connection.query_all(&calls).await? {
        removed += integer(&checked(outcome)?)?.unsigned_abs();
    }
    Ok(removed)
}

const fn keys_a_script(connection: &Connection) -> usize {
    match connection {
        Connection::Single(_) => KEYS_A_SCRIPT,
        Connection::Cluster(_) => 1,
    }
}

pub(super) async fn current_generation(
    connection: &Connection,
    category: Category,
) -> Result<Option<Generation>, FailureReason> {
    let command = redis::cmd("GET").arg(category.generation_key()).take();
    let text = bulk(checked(connection.query(&command).await)?)?;
    Ok(text.and_then(|text| parse_generation(&text)))
}
