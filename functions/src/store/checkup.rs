//! What a check-up finds out about a database.

use super::{FailureReason, ServerInfo};
use std::time::Duration;

/// What a check-up found out about a database, over a connection of its own.
#[derive(Clone, Debug)]
pub struct Checkup {
    /// The database's name: `answers` or `sessions`.
    pub database: &'static str,
    /// What it can do; or why there is no connection to it.
    pub outcome: Result<Examined, Obstacle>,
}

/// What a database with a connection can do.
#[derive(Clone, Debug)]
pub struct Examined {
    /// How long the connection took to make.
    pub connected_in: Duration,
    /// The commands that the user may not use, by their names in an ACL.
    pub forbidden: Vec<&'static str>,
    /// Whether none of the keys may be used.
    pub are_keys_forbidden: bool,
    /// Why a write was refused to a user who may write.
    pub write_refusal: Option<FailureReason>,
    /// How long some trips there and back took, the shortest first.
    pub round_trips: Vec<Duration>,
    /// What its servers say about themselves.
    pub servers: Vec<ServerInfo>,
}

/// Why there is no connection to a database.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Obstacle {
    /// Nobody knows the host.
    UnknownHost,
    /// Nobody listens there.
    Refused,
    /// Nobody answered in time.
    Silent,
    /// The server's certificate is of an authority that is not trusted, or of another host.
    Certificate,
    /// The other end does not speak TLS as we do.
    Tls,
    /// It is one server, and not a cluster.
    NotACluster,
    /// Something else.
    Store(FailureReason),
}
