//! The way to a database: whether it is encrypted, and what blocks it.

use super::{Check, Finding};
use crate::config::{Endpoint, Topology};
use crate::store::{Examined, FailureReason, Obstacle, rights};
use redis::ConnectionAddr;
use std::net::IpAddr;

/// Whether the way is encrypted, or needs not be: within one machine there is nobody who listens.
pub(super) fn encrypted(name: &'static str, endpoint: &Endpoint) -> Finding {
    let is_open = |addr: &ConnectionAddr| matches!(addr, ConnectionAddr::Tcp(host, _) if !is_this_machine(host));
    let finding = if endpoint.nodes.iter().any(|node| is_open(node.addr())) {
        let text = "the way to the server is not encrypted: the password and the keys can be read on it";
        Finding::warning(Check::Tls, text, "let the server speak TLS and the URL begin with rediss://")
    } else if is_tls(endpoint) {
        Finding::good(Check::Tls, "the way to the server is encrypted")
    } else {
        Finding::good(Check::Tls, "the way to the server does not leave this machine")
    };
    finding.of(name)
}

fn is_tls(endpoint: &Endpoint) -> bool {
    endpoint.nodes.iter().all(|node| matches!(node.addr(), ConnectionAddr::TcpTls { .. }))
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// There is a connection.
pub(super) fn open(name: &'static str, examined: &Examined) -> Finding {
    let millis = examined.connected_in.as_secs_f64() * 1_000.0;
    Finding::good(Check::Connection, format!("connected in {millis:.1} ms")).of(name)
}

/// There is none.
pub(super) fn blocked(name: &'static str, endpoint: &Endpoint, obstacle: Obstacle) -> Finding {
    let (check, text, mend) = explained(endpoint, obstacle);
    Finding::broken(check, text, mend).of(name)
}

fn explained(endpoint: &Endpoint, obstacle: Obstacle) -> (Check, String, String) {
    let connection = |text: &str, mend: &str| (Check::Connection, text.to_owned(), mend.to_owned());
    match obstacle {
        Obstacle::UnknownHost => connection("nobody knows the host", "correct the host in the URL, or the DNS"),
        Obstacle::Refused => connection("nobody listens there", "start the server, or correct the port in the URL"),
        Obstacle::Silent => connection(
            "nobody answers there",
            "let firewalls and security groups pass us, and see that host, port and scheme are right: rediss:// where the \
             server speaks TLS, redis:// where not",
        ),
        Obstacle::Certificate => (
            Check::Tls,
            "the server's certificate is not trusted, or is that of another host".to_owned(),
            "set REDIS_CA_FILE to the certificate of the authority that made it, and use a host that stands in it"
                .to_owned(),
        ),
        Obstacle::Tls => (
            Check::Tls,
            "the other end does not speak TLS, or not as we do".to_owned(),
            "use the port for TLS, or redis:// where the server speaks none".to_owned(),
        ),
        Obstacle::NotACluster => {
            connection("it is a single server and no cluster", "give one URL without ?cluster=true")
        }
        Obstacle::Store(reason) => of_reason(endpoint, reason),
    }
}

fn of_reason(endpoint: &Endpoint, reason: FailureReason) -> (Check, String, String) {
    let connection = |text: &str, mend: &str| (Check::Connection, text.to_owned(), mend.to_owned());
    match reason {
        FailureReason::Unauthenticated => connection(
            "the user or the password is wrong, or there is none",
            "correct REDIS_USERNAME and REDIS_API_KEY, or those in the URL",
        ),
        FailureReason::NotPermitted => {
            let right = match endpoint.topology {
                Topology::Cluster => rights::OF_CLUSTERS,
                Topology::Single => rights::OF_OTHER_DATABASES,
            };
            let text = format!("the user may not use {right}, which the way to this database needs");
            (Check::Rights, text, format!("ACL SETUSER <user> {}", rights::rules([right])))
        }
        FailureReason::Disconnected if !is_tls(endpoint) => connection(
            "the server breaks the connection off",
            "let the URL begin with rediss:// if the server speaks TLS; else look into its log",
        ),
        FailureReason::TooManyClients => {
            connection("the server takes no more connections", "raise its maxclients, or lower REDIS_MAX_CONNECTIONS")
        }
        FailureReason::Loading => connection("the server reads its data from disk", "wait until it has"),
        FailureReason::Refused => connection(
            "the server refuses the connection, or the database that the URL names",
            "correct the number of the database at the end of the URL; else look into the server's log",
        ),
        other => (Check::Connection, other.to_string(), "look into the server's log".to_owned()),
    }
}
