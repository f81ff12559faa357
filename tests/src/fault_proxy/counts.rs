//! What went through the proxy.

use std::collections::BTreeMap;

/// What went through the proxy since its start.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Connections that were accepted.
    pub connections: u64,
    /// Bytes from clients, those that were swallowed included.
    pub bytes_from_clients: u64,
    /// Bytes from the server, those that were swallowed or replaced included.
    pub bytes_from_server: u64,
    /// Bursts of a client that were followed by a burst of the server.
    pub round_trips: u64,
    /// Commands of clients by their first word, in upper case.
    pub commands: BTreeMap<String, u64>,
    /// Replies that a fault was applied to.
    pub faulted_replies: u64,
}

impl Counts {
    /// How often a command was sent.
    #[must_use]
    pub fn command(&self, name: &str) -> u64 {
        self.commands.get(name).copied().unwrap_or(0)
    }

    /// How many commands were sent.
    #[must_use]
    pub fn all_commands(&self) -> u64 {
        self.commands.values().sum()
    }
}
