//! A Redis cluster of six nodes: three primaries, each with a replica.

use crate::ports::ReservedPort;
use crate::redis_server::{RedisOptions, RedisServer};
use crate::resp::Value;
use crate::{child, programs, waiting};
use std::process::Stdio;
use std::time::Duration;

const NODES: usize = 6;

const PRIMARIES: usize = 3;

/// How long the nodes may take to become a cluster.
const FORM_LIMIT: Duration = Duration::from_secs(60);

/// After which time without a sign of life a node counts as failed.
const NODE_TIMEOUT: Duration = Duration::from_secs(1);

/// Six nodes on loopback; all end on drop.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<Node>,
}

/// A server and the port on which nodes speak with each other.
#[derive(Debug)]
struct Node {
    server: RedisServer,
    bus: ReservedPort,
}

impl RedisCluster {
    /// Starts the nodes and waits until they are one cluster with replicas in step.
    ///
    /// # Panics
    ///
    /// When a program is missing (the message names its package) or the cluster does not come about.
    pub async fn start() -> Self {
        let mut nodes = Vec::with_capacity(NODES);
        for _ in 0..NODES {
            nodes.push(Node::start().await);
        }
        let cluster = Self { nodes };
        cluster.form().await;
        waiting::until("the cluster is whole", FORM_LIMIT, || cluster.is_whole()).await;
        cluster
    }

    /// The node's servers, dead ones included.
    pub fn nodes(&self) -> impl Iterator<Item = &RedisServer> {
        self.nodes.iter().map(|node| &node.server)
    }

    /// The nodes' URLs.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.nodes().map(RedisServer::url).collect()
    }

    /// The primary whose slots a key is in, as a living node sees it.
    ///
    /// # Panics
    ///
    /// When the key's slot has no primary.
    pub async fn primary_of(&self, key: &str) -> &RedisServer {
        let node = self.living().expect("a node that lives");
        let slot = node.command(&["CLUSTER", "KEYSLOT", key]).await.integer().expect("a slot");
        let ranges = node.command(&["CLUSTER", "SLOTS"]).await;
        let port = ranges.items().iter().find_map(|range| primary_port(range, slot)).expect("a slot with a primary");
        self.nodes().find(|node| i64::from(node.address().port()) == port).expect("a primary of this cluster")
    }

    /// Ends the primary of a key with SIGKILL, and returns it.
    pub async fn kill_primary_of(&self, key: &str) -> &RedisServer {
        let primary = self.primary_of(key).await;
        primary.kill();
        primary
    }

    /// Whether all living nodes agree that every slot is served, three of them are primaries, and the others are in
    /// step with theirs.
    pub async fn is_whole(&self) -> bool {
        let mut primaries = 0;
        for node in self.nodes().filter(|node| node.is_running()) {
            let cluster = node.command(&["CLUSTER", "INFO"]).await.text();
            let replication = node.command(&["INFO", "replication"]).await.text();
            let is_primary = replication.contains("role:master");
            if !(is_ok(&cluster) && (is_primary || replication.contains("master_link_status:up"))) {
                return false;
            }
            primaries += usize::from(is_primary);
        }
        primaries == PRIMARIES
    }

    fn living(&self) -> Option<&RedisServer> {
        self.nodes().find(|node| node.is_running())
    }

    async fn form(&self) {
        let mut command = child::command(&programs::require("redis-cli", "redis-tools"));
        command.args(["--cluster", "create"]).args(self.nodes.iter().map(Node::name));
        command.args(["--cluster-replicas", "1", "--cluster-yes"]).stdin(Stdio::null()).stdout(Stdio::null());
        let program = child::RunningChild::start(command).expect("redis-cli can be started");
        let status = program.ended(FORM_LIMIT).await;
        assert!(status.success(), "redis-cli could not form a cluster: {status}");
    }
}

impl Node {
    async fn start() -> Self {
        let bus = ReservedPort::any();
        let options = RedisOptions::default()
            .setting("cluster-enabled yes")
            .setting(&format!("cluster-port {}", bus.number()))
            .setting(&format!("cluster-node-timeout {}", NODE_TIMEOUT.as_millis()))
            .setting("repl-diskless-sync-delay 0");
        Self { server: RedisServer::with(options).await, bus }
    }

    /// The node as `redis-cli` takes it.
    fn name(&self) -> String {
        format!("{}@{}", self.server.address(), self.bus.number())
    }
}

/// The port of a range's primary, if the slot is in the range: `[first, last, [address, port, id], ...]`.
fn primary_port(range: &Value, slot: i64) -> Option<i64> {
    let [first, last, primary, ..] = range.items() else { return None };
    let contains = (first.integer()?..=last.integer()?).contains(&slot);
    primary.items().get(1)?.integer().filter(|_| contains)
}

fn is_ok(cluster_info: &str) -> bool {
    ["cluster_state:ok", "cluster_slots_ok:16384", "cluster_known_nodes:6"]
        .iter()
        .all(|line| cluster_info.contains(line))
}
