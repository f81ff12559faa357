//! Where Redis is: one URL, or its parts.

use super::InvalidSetting;
use super::settings::Settings;
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The shared store.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    /// `REDIS_URL`, or `REDIS_HOST`, `REDIS_PORT`, `REDIS_DB` and `REDIS_TLS`: the database of answers and counters.
    pub answers: Endpoint,
    /// `REDIS_SESSION_URL`: another database for what belongs to sessions; the same one.
    pub sessions: Option<Endpoint>,
    /// `REDIS_CA_FILE`: certificates to trust instead of the public ones, in PEM.
    pub ca_file: Option<PathBuf>,
    /// `REDIS_MAX_CONNECTIONS`: how many connections to a database the local server opens, 1 to 1,000; 20.
    pub max_connections: usize,
    /// `REDIS_CONNECT_TIMEOUT_MS`: how long a connection may take to make, 2 to 10,000; 200.
    pub connect_timeout: Duration,
    /// `REDIS_COMMAND_TIMEOUT_MS`: how long a reply may take, 2 to 10,000; 100. Half of it when a second connection gets
    /// no answer either.
    pub command_timeout: Duration,
}

/// One database. Neither its debug output nor an error shows a password.
#[derive(Clone)]
pub struct Endpoint {
    /// Its nodes; the first one has the credentials.
    pub nodes: Vec<ConnectionInfo>,
    /// How they belong together.
    pub topology: Topology,
}

/// How the nodes of a database belong together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Topology {
    /// One server, or a service that looks like one.
    Single,
    /// A Redis Cluster, of which the nodes are some.
    Cluster,
}

/// The parts that a URL already has.
const PARTS_OF_A_URL: [&str; 4] = ["REDIS_HOST", "REDIS_PORT", "REDIS_DB", "REDIS_TLS"];

const URL_RULE: &str = "redis://[user[:password]@]host[:port][/db][?cluster=true] or rediss://..., several of them \
     separated by commas for the nodes of a cluster";

impl RedisConfig {
    /// The shared store, if there is to be one.
    pub(super) fn of(settings: &Settings<'_>) -> Result<Option<Self>, InvalidSetting> {
        let Some(answers) = answers(settings)? else { return none_of_the_rest(settings) };
        let sessions = settings.text("REDIS_SESSION_URL").map(|url| of_url("REDIS_SESSION_URL", url, settings));
        let max_connections = settings.size("REDIS_MAX_CONNECTIONS", 1, 1_000, 20)?;
        Ok(Some(Self {
            answers,
            sessions: sessions.transpose()?,
            ca_file: settings.text("REDIS_CA_FILE").map(PathBuf::from),
            max_connections,
            connect_timeout: timeout(settings, "REDIS_CONNECT_TIMEOUT_MS", 200)?,
            command_timeout: timeout(settings, "REDIS_COMMAND_TIMEOUT_MS", 100)?,
        }))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.nodes.iter().map(|node| node.addr().to_string());
        f.debug_list().entries(nodes).finish()
    }
}

fn timeout(settings: &Settings<'_>, name: &'static str, default: u64) -> Result<Duration, InvalidSetting> {
    settings.number(name, 2, 10_000, default).map(Duration::from_millis)
}

fn answers(settings: &Settings<'_>) -> Result<Option<Endpoint>, InvalidSetting> {
    if let Some(url) = settings.text("REDIS_URL") {
        return match PARTS_OF_A_URL.into_iter().find(|part| settings.text(part).is_some()) {
            Some(part) => Err(InvalidSetting::rule(part, "absent when REDIS_URL is given")),
            None => of_url("REDIS_URL", url, settings).map(Some),
        };
    }
    settings.text("REDIS_HOST").map(|host| of_parts(host, settings)).transpose()
}

/// A setting that has no effect is a mistake: without `REDIS_URL` and `REDIS_HOST` the embedded store would serve, and
/// nobody would know why.
fn none_of_the_rest(settings: &Settings<'_>) -> Result<Option<RedisConfig>, InvalidSetting> {
    let rest = ["REDIS_PORT", "REDIS_DB", "REDIS_TLS", "REDIS_USERNAME", "REDIS_API_KEY", "REDIS_SESSION_URL"];
    match rest.into_iter().find(|name| settings.text(name).is_some()) {
        Some(name) => Err(InvalidSetting::rule(name, "absent without REDIS_URL or REDIS_HOST")),
        None => Ok(None),
    }
}

fn of_parts(host: &str, settings: &Settings<'_>) -> Result<Endpoint, InvalidSetting> {
    let port: u16 = settings.parse("REDIS_PORT", "a port, 1 to 65535", 6379)?;
    let addr = if settings.parse("REDIS_TLS", "true or false", false)? {
        ConnectionAddr::TcpTls { host: host.to_owned(), port, insecure: false, tls_params: None }
    } else {
        ConnectionAddr::Tcp(host.to_owned(), port)
    };
    let node = addr.into_connection_info().map_err(|_| InvalidSetting::rule("REDIS_HOST", "a host"))?;
    let db = i64::try_from(settings.number("REDIS_DB", 0, 65_535, 0)?).unwrap_or_default();
    let redis = node.redis_settings().clone().set_db(db);
    let node = with_credentials(node.set_redis_settings(redis), settings);
    Ok(Endpoint { nodes: vec![node], topology: Topology::Single })
}

/// Reads one URL, or several separated by commas, of which the later ones may be `host:port` only.
fn of_url(name: &'static str, text: &str, settings: &Settings<'_>) -> Result<Endpoint, InvalidSetting> {
    let scheme = text.split_once("://").map_or("redis", |(scheme, _)| scheme);
    let urls = text.split(',').map(str::trim);
    let urls = urls.map(|url| if url.contains("://") { url.to_owned() } else { format!("{scheme}://{url}") });
    let invalid = || InvalidSetting::rule(name, URL_RULE);
    let mut nodes = Vec::new();
    let mut topology = Topology::Single;
    for url in urls {
        if url.ends_with("?cluster=true") {
            topology = Topology::Cluster;
        }
        let node = url.as_str().into_connection_info().ok().filter(is_verified_tcp).ok_or_else(invalid)?;
        nodes.push(with_credentials(node, settings));
    }
    if nodes.len() > 1 {
        topology = Topology::Cluster;
    }
    match topology {
        Topology::Cluster if nodes.iter().any(|node| node.redis_settings().db() != 0) => {
            Err(InvalidSetting::rule(name, "without a database number, which a cluster does not have"))
        }
        _ => Ok(Endpoint { nodes, topology }),
    }
}

/// Neither a socket of this machine, nor TLS that trusts everybody.
fn is_verified_tcp(node: &ConnectionInfo) -> bool {
    matches!(node.addr(), ConnectionAddr::Tcp(..) | ConnectionAddr::TcpTls { insecure: false, .. })
}

/// `REDIS_USERNAME` and `REDIS_API_KEY` stand in for what a URL leaves out, so that a secret need not be part of one.
fn with_credentials(node: ConnectionInfo, settings: &Settings<'_>) -> ConnectionInfo {
    let mut redis = node.redis_settings().clone();
    if let (None, Some(username)) = (redis.username(), settings.text("REDIS_USERNAME")) {
        redis = redis.set_username(username);
    }
    if let (None, Some(password)) = (redis.password(), settings.text("REDIS_API_KEY")) {
        redis = redis.set_password(password);
    }
    node.set_redis_settings(redis)
}

#[cfg(test)]
mod tests {
    use super::Topology;
    use crate::config::{Config, RedisConfig};

    fn redis(pairs: &[(&str, &str)]) -> Result<Option<RedisConfig>, String> {
        let variables: Vec<_> = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Config::from_variables(&variables).map(|config| config.redis).map_err(|error| error.to_string())
    }

    fn some(pairs: &[(&str, &str)]) -> RedisConfig {
        redis(pairs).expect("valid settings").expect("a shared store")
    }

    #[test]
    fn without_a_url_and_a_host_there_is_no_shared_store() {
        assert!(redis(&[]).is_ok_and(|redis| redis.is_none()));
    }

    #[test]
    fn a_url_is_a_single_node_and_several_nodes_or_a_parameter_make_a_cluster() {
        assert_eq!(some(&[("REDIS_URL", "redis://localhost:7000/2")]).answers.topology, Topology::Single);
        let cluster = some(&[("REDIS_URL", "redis://localhost:7000?cluster=true")]).answers;
        assert_eq!((cluster.topology, cluster.nodes.len()), (Topology::Cluster, 1));
        let cluster = some(&[("REDIS_URL", "rediss://localhost:7000,localhost:7001, rediss://localhost:7002")]).answers;
        assert_eq!((cluster.topology, cluster.nodes.len()), (Topology::Cluster, 3));
        assert_eq!(format!("{cluster:?}"), r#"["localhost:7000", "localhost:7001", "localhost:7002"]"#);
    }

    #[test]
    fn the_parts_make_the_same_node_as_a_url() {
        let parts = some(&[
            ("REDIS_HOST", "localhost"),
            ("REDIS_PORT", "7000"),
            ("REDIS_DB", "3"),
            ("REDIS_TLS", "true"),
            ("REDIS_USERNAME", "app"),
            ("REDIS_API_KEY", "invented"),
        ]);
        let url = some(&[("REDIS_URL", "rediss://app:invented@localhost:7000/3")]);
        let (part, url) = (&parts.answers.nodes[0], &url.answers.nodes[0]);
        assert_eq!(part.addr(), url.addr());
        assert_eq!(part.redis_settings().db(), url.redis_settings().db());
        assert_eq!(part.redis_settings().password(), url.redis_settings().password());
    }

    #[test]
    fn a_password_may_be_given_beside_the_url_and_is_never_shown() {
        let config = some(&[("REDIS_URL", "redis://localhost"), ("REDIS_API_KEY", "invented-password")]);
        assert_eq!(config.answers.nodes[0].redis_settings().password(), Some("invented-password"));
        assert!(!format!("{config:?}").contains("invented"));
        let refused = redis(&[("REDIS_URL", "redis://app:invented-password@:x/y")]).map(|_| ());
        assert!(refused.is_err_and(|error| error.starts_with("REDIS_URL: must be") && !error.contains("invented")));
    }

    #[test]
    fn settings_that_contradict_each_other_or_have_no_effect_are_refused_by_name() {
        let cases: [(&[(&str, &str)], &str); 7] = [
            (&[("REDIS_URL", "redis://a"), ("REDIS_HOST", "b")], "REDIS_HOST: must be absent when REDIS_URL is given"),
            (&[("REDIS_API_KEY", "invented")], "REDIS_API_KEY: must be absent without REDIS_URL or REDIS_HOST"),
            (&[("REDIS_SESSION_URL", "redis://a")], "REDIS_SESSION_URL: must be absent without"),
            (&[("REDIS_URL", "redis+unix:///run/redis")], "REDIS_URL: must be redis://"),
            (&[("REDIS_URL", "rediss://a#insecure")], "REDIS_URL: must be redis://"),
            (&[("REDIS_URL", "redis://a,b/1")], "REDIS_URL: must be without a database number"),
            (&[("REDIS_URL", "redis://a"), ("REDIS_COMMAND_TIMEOUT_MS", "0")], "REDIS_COMMAND_TIMEOUT_MS: must be"),
        ];
        for (pairs, expected) in cases {
            let error = redis(pairs).map(|_| ()).expect_err("refused");
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
