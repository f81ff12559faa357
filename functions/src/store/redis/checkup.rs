//! The check-up of a database: whether a connection can be made, what the user may do, how long a trip takes, and what the
//! servers say. It uses a key of its own, which is outside of every category and lives for some seconds.

use super::client::{Connection, Connector};
use super::commands::{Outcome, checked};
use super::database::Database;
use super::failure::reason_of_error;
use super::inspect::info_of;
use super::rights::{OF_OPERATORS, OF_REQUESTS};
use super::topology::Primary;
use crate::config::{Endpoint, RedisConfig, Topology};
use crate::store::{Checkup, Examined, FailureReason, Obstacle, ServerInfo};
use redis::{Cmd, ConnectionAddr, RedisError, Script, cmd};
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long each step may take. A check-up is patient: it wants to find out how slow something is.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often the way there and back is measured.
const ROUND_TRIPS: usize = 20;

/// How long the key of the check-up lives, in milliseconds.
const KEY_LIFE_MS: u64 = 10_000;

/// A command's name in an ACL, and why it was refused if it was.
type Refusal = (&'static str, Option<FailureReason>);

/// Checks a database.
pub(super) async fn check_up(database: &Database, endpoint: &Endpoint, config: &RedisConfig) -> Checkup {
    Checkup { database: database.name(), outcome: examine(database, endpoint, config).await }
}

async fn examine(database: &Database, endpoint: &Endpoint, config: &RedisConfig) -> Result<Examined, Obstacle> {
    let started = Instant::now();
    let connection = connect(database.connector(), endpoint, config).await?;
    let connected_in = started.elapsed();
    let primaries = within(Primary::all(&connection)).await.unwrap_or_default();
    let refusals = try_commands(&connection, primaries.first().unwrap_or(&Primary::Only)).await?;
    let is_forbidden =
        |name: &&str| refusals.iter().any(|(refused, reason)| refused == name && reason.is_some_and(is_permission));
    let forbidden: Vec<_> = OF_REQUESTS.into_iter().chain(OF_OPERATORS).filter(is_forbidden).collect();
    let write_refusal = refusals.iter().filter(|(name, _)| *name == "set").find_map(|(_, reason)| *reason);
    Ok(Examined {
        connected_in,
        are_keys_forbidden: ["get", "set", "strlen"].iter().all(|name| forbidden.contains(name)),
        forbidden,
        write_refusal: write_refusal.filter(|reason| !is_permission(*reason)),
        round_trips: round_trips(&connection).await,
        servers: servers(&connection, &primaries).await,
    })
}

fn is_permission(reason: FailureReason) -> bool {
    reason == FailureReason::NotPermitted
}

async fn within<T>(work: impl Future<Output = Result<T, FailureReason>>) -> Result<T, FailureReason> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or(Err(FailureReason::TimedOut))
}

async fn connect(connector: &Connector, endpoint: &Endpoint, config: &RedisConfig) -> Result<Connection, Obstacle> {
    let Some(node) = endpoint.nodes.first() else { return Err(Obstacle::UnknownHost) };
    let (ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. }) = node.addr() else {
        return Err(Obstacle::UnknownHost);
    };
    if tokio::net::lookup_host((host.as_str(), *port)).await.is_err() {
        return Err(Obstacle::UnknownHost);
    }
    match dial(connector).await {
        Err(_) if endpoint.topology == Topology::Cluster => Err(obstacle_of_cluster(endpoint, config).await),
        outcome => outcome,
    }
}

async fn dial(connector: &Connector) -> Result<Connection, Obstacle> {
    let connected = tokio::time::timeout(PATIENCE, connector.connect()).await;
    connected.map_err(|_| Obstacle::Silent)?.map_err(|error| obstacle(&error))
}

/// What keeps us from a cluster is what keeps us from its first node, or else that it is none.
async fn obstacle_of_cluster(endpoint: &Endpoint, config: &RedisConfig) -> Obstacle {
    let Ok(first) = Database::connector_to_first_node(endpoint, config) else {
        return Obstacle::Store(FailureReason::Refused);
    };
    let connection = match dial(&first).await {
        Ok(connection) => connection,
        Err(obstacle) => return obstacle,
    };
    match checked(connection.query(cmd("CLUSTER").arg("SLOTS")).await) {
        Err(FailureReason::Refused) => Obstacle::NotACluster,
        Err(reason) => Obstacle::Store(reason),
        Ok(_) => Obstacle::Store(FailureReason::Redirected),
    }
}

/// The error of the system, or of TLS within it, which the library hands on in an `Arc`.
fn error_of_system(error: &RedisError) -> Option<&io::Error> {
    let source = error.source()?;
    match source.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        Some(shared) => shared.downcast_ref(),
        None => source.downcast_ref(),
    }
}

fn obstacle(error: &RedisError) -> Obstacle {
    let Some(error_of_system) = error_of_system(error) else {
        return Obstacle::Store(reason_of_error(error));
    };
    match error_of_system.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(_)) => return Obstacle::Certificate,
        Some(_) => return Obstacle::Tls,
        None => {}
    }
    match error_of_system.kind() {
        io::ErrorKind::ConnectionRefused => Obstacle::Refused,
        io::ErrorKind::TimedOut => Obstacle::Silent,
        _ => Obstacle::Store(reason_of_error(error)),
    }
}

/// Uses each command, and says why it was refused. A server that wants a password, or still reads its data, takes the
/// connection and refuses everything.
async fn try_commands(connection: &Connection, primary: &Primary) -> Result<Vec<Refusal>, Obstacle> {
    let key = format!("medinsight:doctor:{:016x}", getrandom::u64().unwrap_or_default());
    let mut refusals = Vec::new();
    for (name, command) in commands(&key) {
        let outcome = tokio::time::timeout(PATIENCE, primary_or_any(connection, primary, name, &command)).await;
        let refusal = checked(outcome.map_err(|_| Obstacle::Silent)?).err();
        match refusal {
            Some(reason) if name == "ping" && !is_permission(reason) => return Err(Obstacle::Store(reason)),
            // That the server does not know the script is an answer.
            Some(reason) if name == "evalsha" && !is_permission(reason) => refusals.push((name, None)),
            _ => refusals.push((name, refusal)),
        }
    }
    Ok(refusals)
}

async fn primary_or_any(connection: &Connection, primary: &Primary, name: &str, command: &Cmd) -> Outcome {
    match name {
        "ping" | "scan" | "info" | "dbsize" => primary.query(connection, command).await,
        _ => connection.query(command).await,
    }
}

/// Each command as it is used, on a key that lives for some seconds and that the last ones remove.
fn commands(key: &str) -> Vec<(&'static str, Cmd)> {
    let script = "return 1";
    let digest = Script::new(script).get_hash().to_owned();
    let of = |name: &str, arguments: &[&str]| cmd(name).arg(arguments).take();
    vec![
        ("ping", of("PING", &[])),
        // What is set replaces the stream, which would live for ever where the last ones are forbidden.
        ("xadd", of("XADD", &[key, "MAXLEN", "1", "*", "b", "0"])),
        ("xrange", of("XRANGE", &[key, "-", "+", "COUNT", "1"])),
        ("set", cmd("SET").arg(key).arg("0").arg("PX").arg(KEY_LIFE_MS).take()),
        ("get", of("GET", &[key])),
        ("incrby", of("INCRBY", &[key, "1"])),
        ("getrange", of("GETRANGE", &[key, "0", "0"])),
        ("strlen", of("STRLEN", &[key])),
        ("pttl", of("PTTL", &[key])),
        ("evalsha", of("EVALSHA", &[&digest, "1", key])),
        ("eval", of("EVAL", &[script, "1", key])),
        ("scan", of("SCAN", &["0", "MATCH", key, "COUNT", "1"])),
        ("info", of("INFO", &[])),
        ("dbsize", of("DBSIZE", &[])),
        ("del", of("DEL", &[key])),
        ("hincrby", of("HINCRBY", &[key, "0", "1"])),
        ("expire", of("EXPIRE", &[key, "10"])),
        ("hgetall", of("HGETALL", &[key])),
        ("unlink", of("UNLINK", &[key])),
    ]
}

/// The shortest first; none where nobody may ask.
async fn round_trips(connection: &Connection) -> Vec<Duration> {
    let mut took = Vec::with_capacity(ROUND_TRIPS);
    let stop_at = Instant::now() + PATIENCE;
    while took.len() < ROUND_TRIPS && Instant::now() < stop_at {
        let started = Instant::now();
        let ping = within(async { checked(connection.query(&cmd("PING")).await) });
        if ping.await.is_err() {
            break;
        }
        took.push(started.elapsed());
    }
    took.sort_unstable();
    took
}

async fn servers(connection: &Connection, primaries: &[Primary]) -> Vec<ServerInfo> {
    let mut servers = Vec::with_capacity(primaries.len());
    for primary in primaries {
        let info = cmd("INFO");
        let info = tokio::time::timeout(PATIENCE, primary.query(connection, &info)).await;
        servers.extend(info.ok().and_then(info_of));
    }
    servers
}
