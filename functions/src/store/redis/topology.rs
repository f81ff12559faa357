//! The servers that have keys of their own: one, or the primaries of a cluster.

use super::client::Connection;
use super::commands::{Outcome, checked};
use crate::store::FailureReason;
use redis::cluster_routing::{RoutingInfo, SingleNodeRoutingInfo};
use redis::{Cmd, Value};

/// A server that has keys of its own.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Primary {
    /// The only one.
    Only,
    /// One of a cluster.
    At { host: String, port: u16 },
}

impl Primary {
    /// Every primary that a connection knows.
    pub(super) async fn all(connection: &Connection) -> Result<Vec<Self>, FailureReason> {
        match connection {
            Connection::Single(_) => Ok(vec![Self::Only]),
            Connection::Cluster(_) => {
                checked(connection.query(redis::cmd("CLUSTER").arg("SLOTS")).await).and_then(Self::of_slots)
            }
        }
    }

    /// Every primary that a reply to `CLUSTER SLOTS` names.
    pub(super) fn of_slots(slots: Value) -> Result<Vec<Self>, FailureReason> {
        let mut primaries: Vec<_> = ranges(slots)?.iter().filter_map(primary_of).collect();
        primaries.sort_unstable();
        primaries.dedup();
        Ok(primaries)
    }

    /// Its address, if it is one of several.
    pub(super) fn address(&self) -> Option<String> {
        match self {
            Self::Only => None,
            Self::At { host, port } => Some(format!("{host}:{port}")),
        }
    }

    /// Sends a command to this server, whatever its keys.
    pub(super) async fn query(&self, connection: &Connection, command: &Cmd) -> Outcome {
        match (self, connection) {
            (Self::At { host, port }, Connection::Cluster(connection)) => {
                let node = SingleNodeRoutingInfo::ByAddress { host: host.clone(), port: *port };
                connection.clone().route_command(command.clone(), RoutingInfo::SingleNode(node)).await
            }
            _ => connection.query(command).await,
        }
    }
}

fn ranges(slots: Value) -> Result<Vec<Value>, FailureReason> {
    match slots {
        Value::Array(ranges) => Ok(ranges),
        _ => Err(FailureReason::Garbled),
    }
}

/// Of `[first slot, last slot, [host, port, ...], replicas...]` the third.
fn primary_of(range: &Value) -> Option<Primary> {
    let Value::Array(parts) = range else { return None };
    let Some(Value::Array(node)) = parts.get(2) else { return None };
    let (Some(Value::BulkString(host)), Some(Value::Int(port))) = (node.first(), node.get(1)) else { return None };
    Some(Primary::At { host: String::from_utf8(host.clone()).ok()?, port: u16::try_from(*port).ok()? })
}
