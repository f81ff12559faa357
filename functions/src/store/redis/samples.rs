//! Samples of requests: a stream for each category, of bounded length.

use super::commands::bulk;
use super::database::Database;
use crate::cache::MAX_BATCHES;
use crate::store::{FailureReason, Patience, StoreError};
use bytes::Bytes;
use medinsight_core::Category;
use redis::{Cmd, Value, cmd};
use std::sync::Arc;

/// How many samples are read at once. No reply is long, and no command keeps the server.
const PAGE: usize = 256;

/// The only field of a sample.
const FIELD: &str = "b";

/// Keeps a sample and, about, the latest [`MAX_BATCHES`] of its category: trimming exactly would take the server longer.
pub(super) fn keep(category: Category, batch: &Bytes) -> Cmd {
    let mut command = cmd("XADD");
    command.arg(key(category)).arg("MAXLEN").arg("~").arg(MAX_BATCHES).arg("*").arg(FIELD).arg(batch.as_ref());
    command
}

/// The samples of a category, the oldest first.
pub(super) async fn read(
    database: &Arc<Database>,
    category: Category,
    patience: Patience,
) -> Result<Vec<Bytes>, StoreError> {
    let (mut samples, mut from) = (Vec::new(), "-".to_owned());
    // A stream is longer than it may be by the rest of a node at most, and grows while it is read.
    while samples.len() < 2 * MAX_BATCHES {
        let page = cmd("XRANGE").arg(key(category)).arg(&from).arg("+").arg("COUNT").arg(PAGE).take();
        let entries = entries(database.command(&page, patience).await?).map_err(StoreError::nothing_done)?;
        let is_last = entries.len() < PAGE;
        if let Some((id, _)) = entries.last() {
            from = format!("({id}");
        }
        samples.extend(entries.into_iter().map(|(_, sample)| sample));
        if is_last {
            break;
        }
    }
    Ok(samples)
}

fn key(category: Category) -> String {
    ["medinsight:samples:", category.as_str()].concat()
}

/// Of `[[id, [field, value]], ...]` the ids and the values.
fn entries(reply: Value) -> Result<Vec<(String, Bytes)>, FailureReason> {
    let Value::Array(entries) = reply else { return Err(FailureReason::Garbled) };
    entries.into_iter().map(entry).collect()
}

fn entry(entry: Value) -> Result<(String, Bytes), FailureReason> {
    let [id, fields] = parts(entry)?;
    let [_field, value] = parts(fields)?;
    let id = bulk(id)?.and_then(|id| String::from_utf8(id.into()).ok());
    id.zip(bulk(value)?).ok_or(FailureReason::Garbled)
}

fn parts(value: Value) -> Result<[Value; 2], FailureReason> {
    let Value::Array(parts) = value else { return Err(FailureReason::Garbled) };
    parts.try_into().map_err(|_| FailureReason::Garbled)
}

#[cfg(test)]
mod tests {
    use super::entries;
    use proptest::prelude::*;

    #[test]
    fn a_page_is_ids_and_values_and_anything_else_is_garbled() {
        let page = b"*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nb\r\n$2\r\nMI\r\n";
        let read = |reply: &[u8]| entries(redis::parse_redis_value(reply).expect("a reply"));
        assert_eq!(read(page), Ok(vec![("1-0".to_owned(), "MI".into())]));
        for reply in [":1\r\n" as &str, "*1\r\n:1\r\n", "*1\r\n*2\r\n$3\r\n1-0\r\n$-1\r\n", "$-1\r\n"] {
            assert!(read(reply.as_bytes()).is_err(), "{reply}");
        }
    }

    proptest! {
        #[test]
        fn no_reply_panics(reply in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(reply) = redis::parse_redis_value(&reply) {
                let _ = entries(reply);
            }
        }
    }
}
