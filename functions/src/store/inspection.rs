//! What there is to know of a store: what this process knows, and what the servers say when they are asked.

use super::{FailureReason, ServerInfo};

/// How a database is doing, as far as this process knows.
#[derive(Clone, Copy, Debug)]
pub struct DatabaseReport {
    /// The database's name: `answers` or `sessions`.
    pub name: &'static str,
    /// Whether it is left alone for a while.
    pub is_circuit_open: bool,
    /// Why.
    pub circuit_opened_for: Option<FailureReason>,
    /// Why it refuses writes, while it does.
    pub write_refusal: Option<FailureReason>,
    /// How many connections to it are open.
    pub connections: usize,
    /// How many there may be.
    pub max_connections: usize,
}

/// What the servers of a database say.
#[derive(Clone, Debug)]
pub struct DatabaseInspection {
    /// The database's name: `answers`, `sessions`, or `memory` for a store in this process.
    pub name: &'static str,
    /// Its servers: one, or the primaries of a cluster; none when it did not answer.
    pub nodes: Vec<NodeInspection>,
}

/// What one server says.
#[derive(Clone, Debug, Default)]
pub struct NodeInspection {
    /// The address of a cluster's node; none when there is only one.
    pub address: Option<String>,
    /// What it says about itself; empty when it says nothing.
    pub info: ServerInfo,
    /// How many keys it has.
    pub keys: Option<u64>,
}
