//! Asking servers about themselves: `INFO` and `DBSIZE` of each, in one wave. Both are right for every user and every
//! service; a user who may not use them, or a service without them, only leaves gaps.

use super::client::Connector;
use super::commands::{Command, Outcome, bulk, checked, integer};
use super::database::Database;
use super::topology::Primary;
use crate::store::{DatabaseInspection, NodeInspection, Patience, ServerInfo, StoreError};
use redis::Value;
use std::sync::Arc;

/// What the servers of a database say; nothing when they do not answer.
pub(super) async fn inspect(database: &Arc<Database>, patience: Patience) -> DatabaseInspection {
    let nodes = ask(database, patience).await.unwrap_or_default();
    DatabaseInspection { name: database.name(), nodes }
}

async fn ask(database: &Arc<Database>, patience: Patience) -> Result<Vec<NodeInspection>, StoreError> {
    let primaries = primaries(database, patience).await?;
    let (info, size) = (redis::cmd("INFO"), redis::cmd("DBSIZE"));
    let commands: Vec<_> =
        primaries.iter().flat_map(|primary| [Command::To(primary, &info), Command::To(primary, &size)]).collect();
    let mut outcomes = database.ask(&commands, patience).await?.into_iter();
    let mut nodes = Vec::with_capacity(primaries.len());
    for primary in primaries {
        let (info, keys) = (outcomes.next().and_then(info_of), outcomes.next().and_then(count_of));
        nodes.push(NodeInspection { address: primary.address(), info: info.unwrap_or_default(), keys });
    }
    Ok(nodes)
}

async fn primaries(database: &Arc<Database>, patience: Patience) -> Result<Vec<Primary>, StoreError> {
    match database.connector() {
        Connector::Single(..) => Ok(vec![Primary::Only]),
        Connector::Cluster(_) => {
            let command = redis::cmd("CLUSTER").arg("SLOTS").take();
            let slots = database.ask(&[Command::Other(&command)], patience).await?.pop();
            let primaries = checked(slots.unwrap_or(Ok(Value::Nil))).and_then(Primary::of_slots);
            primaries.map_err(StoreError::nothing_done)
        }
    }
}

/// An `INFO` is a text, with RESP3 a verbatim one.
pub(super) fn info_of(outcome: Outcome) -> Option<ServerInfo> {
    match checked(outcome).ok()? {
        Value::VerbatimString { text, .. } | Value::SimpleString(text) => Some(ServerInfo::parse(&text)),
        value => bulk(value).ok().flatten().map(|text| ServerInfo::parse(&String::from_utf8_lossy(&text))),
    }
}

fn count_of(outcome: Outcome) -> Option<u64> {
    checked(outcome).and_then(|value| integer(&value)).ok().and_then(|count| u64::try_from(count).ok())
}
