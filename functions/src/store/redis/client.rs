//! Making connections, and sending commands over them.

use super::commands::{Command, Outcome};
use super::failure::reason_of_error;
use crate::config::{Endpoint, Topology};
use crate::store::FailureReason;
use futures_util::future::join_all;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, Pipeline, RedisError, TlsCertificates, Value,
};
use std::time::Duration;

/// The network forgets connections that say nothing for some minutes; probes keep them in its memory.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// How long the kernel waits for acknowledgements before it gives a connection up. Without it a connection through a
/// network that drops packets is dead for half a minute after the network is back.
const USER_TIMEOUT: Duration = Duration::from_secs(1);

/// How often a cluster follows a redirection before it gives up, and how long it waits in between, in milliseconds.
const CLUSTER_RETRIES: u32 = 3;
const CLUSTER_RETRY_WAIT_MS: (u64, u64) = (1, 10);

/// Makes connections to one database.
#[derive(Clone)]
pub(super) enum Connector {
    Single(Box<Client>, AsyncConnectionConfig),
    Cluster(Box<ClusterClient>),
}

/// A connection, or a cluster's worth of them. Clones share it.
#[derive(Clone)]
pub(super) enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Connector {
    /// A connector to an endpoint that trusts the given certificates, or else the public ones.
    pub(super) fn new(
        endpoint: &Endpoint,
        certificates: Option<Vec<u8>>,
        connect_timeout: Duration,
        command_timeout: Duration,
    ) -> Result<Self, RedisError> {
        // Of two providers that other crates bring in, none is chosen by itself; a second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let certificates = certificates.map(|pem| TlsCertificates { client_tls: None, root_cert: Some(pem) });
        let nodes = endpoint.nodes.iter().map(prepared);
        match endpoint.topology {
            Topology::Single => single(nodes, certificates, connect_timeout),
            Topology::Cluster => cluster(nodes, certificates, connect_timeout, command_timeout),
        }
    }

    pub(super) async fn connect(&self) -> Result<Connection, RedisError> {
        match self {
            Self::Single(client, config) => {
                client.get_multiplexed_async_connection_with_config(config).await.map(Connection::Single)
            }
            Self::Cluster(client) => client.get_async_connection().await.map(Connection::Cluster),
        }
    }
}

fn single(
    mut nodes: impl Iterator<Item = ConnectionInfo>,
    certificates: Option<TlsCertificates>,
    connect_timeout: Duration,
) -> Result<Connector, RedisError> {
    let node = nodes.next().ok_or((redis::ErrorKind::InvalidClientConfig, "no node"))?;
    let is_tls = matches!(node.addr(), ConnectionAddr::TcpTls { .. });
    let client = match certificates.filter(|_| is_tls) {
        Some(certificates) => Client::build_with_tls(node, certificates)?,
        None => Client::open(node)?,
    };
    // The time limit of a command is the link's business.
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(connect_timeout)).set_response_timeout(None);
    Ok(Connector::Single(Box::new(client), config))
}

fn cluster(
    nodes: impl Iterator<Item = ConnectionInfo>,
    certificates: Option<TlsCertificates>,
    connect_timeout: Duration,
    command_timeout: Duration,
) -> Result<Connector, RedisError> {
    let (least_wait, longest_wait) = CLUSTER_RETRY_WAIT_MS;
    let mut builder = ClusterClientBuilder::new(nodes)
        .connection_timeout(connect_timeout)
        .response_timeout(command_timeout)
        .retries(CLUSTER_RETRIES)
        .min_retry_wait(least_wait)
        .max_retry_wait(longest_wait)
        .tcp_settings(tcp_settings());
    if let Some(certificates) = certificates {
        builder = builder.certs(certificates);
    }
    Ok(Connector::Cluster(Box::new(builder.build()?)))
}

/// A node with our settings of the socket. The client does not tell the server its name: that would be one more right
/// for a user of an ACL to have.
fn prepared(node: &ConnectionInfo) -> ConnectionInfo {
    let redis = node.redis_settings().clone().set_skip_set_lib_name();
    node.clone().set_tcp_settings(tcp_settings()).set_redis_settings(redis)
}

fn tcp_settings() -> TcpSettings {
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_INTERVAL);
    TcpSettings::default().set_nodelay(true).set_keepalive(keepalive).set_user_timeout(USER_TIMEOUT)
}

impl Connection {
    /// Sends commands and waits for all outcomes: one pipeline, or in a cluster, where a pipeline may not cross slots,
    /// one parallel wave.
    pub(super) async fn send(&self, commands: &[Command<'_>]) -> Result<Vec<Outcome>, RedisError> {
        match self {
            Self::Single(connection) => {
                let values = pipeline(&mut connection.clone(), commands).await?;
                Ok(values.into_iter().map(Ok).collect())
            }
            Self::Cluster(connection) => Ok(wave(connection, commands).await),
        }
    }

    /// Sends one command.
    pub(super) async fn query(&self, command: &redis::Cmd) -> Outcome {
        match self {
            Self::Single(connection) => connection.clone().req_packed_command(command).await,
            Self::Cluster(connection) => connection.clone().req_packed_command(command).await,
        }
    }

    /// Sends many commands, each to where its key is, and waits for all outcomes.
    pub(super) async fn query_all(&self, commands: &[redis::Cmd]) -> Result<Vec<Outcome>, FailureReason> {
        let commands: Vec<_> = commands.iter().map(Command::Other).collect();
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        self.send(&commands).await.map_err(|error| reason_of_error(&error))
    }
}

async fn pipeline(connection: &mut impl ConnectionLike, commands: &[Command<'_>]) -> Result<Vec<Value>, RedisError> {
    let mut pipeline = Pipeline::with_capacity(commands.len());
    for command in commands {
        pipeline.add_command(command.encode());
    }
    connection.req_packed_commands(&pipeline, 0, commands.len()).await
}

async fn wave(connection: &ClusterConnection, commands: &[Command<'_>]) -> Vec<Outcome> {
    let together = commands.chunk_by(|earlier, later| later.follows(earlier));
    let outcomes = join_all(together.map(|commands| one_slot(connection.clone(), commands))).await;
    outcomes.into_iter().flatten().collect()
}

/// Commands of one slot; when they fail as a whole, each of them failed.
async fn one_slot(mut connection: ClusterConnection, commands: &[Command<'_>]) -> Vec<Outcome> {
    if let [Command::To(primary, command)] = commands {
        return vec![primary.query(&Connection::Cluster(connection), command).await];
    }
    if let [command] = commands {
        return vec![connection.req_packed_command(&command.encode()).await];
    }
    match pipeline(&mut connection, commands).await {
        Ok(values) => values.into_iter().map(Ok).collect(),
        Err(error) => commands.iter().map(|_| Err(error.clone())).collect(),
    }
}
