//! A Redis server that speaks TLS under a certificate of a private authority.

use crate::certificates::Certificates;
use crate::ports::ReservedPort;
use crate::redis_server::{AclUser, RedisOptions, RedisServer};
use std::path::PathBuf;

/// A Redis server with a port for TLS and a user `app`. Its other port, without TLS, is for the tests' own commands.
#[derive(Debug)]
pub struct TlsRedis {
    server: RedisServer,
    port: ReservedPort,
    user: AclUser,
    certificates: Certificates,
}

impl TlsRedis {
    /// Starts a server whose certificate is for `localhost` and `127.0.0.1`.
    ///
    /// # Panics
    ///
    /// When the program is missing (the message names its package) or does not start.
    pub async fn start() -> Self {
        let certificates = Certificates::new();
        let port = ReservedPort::any();
        let user = AclUser { name: "app".into(), password: "an-invented-password".into(), rules: "~* &* +@all".into() };
        let server = RedisServer::with(options(port.number(), &user, &certificates)).await;
        Self { server, port, user, certificates }
    }

    /// The server.
    #[must_use]
    pub fn server(&self) -> &RedisServer {
        &self.server
    }

    /// The user `app`.
    #[must_use]
    pub fn user(&self) -> &AclUser {
        &self.user
    }

    /// Its URL for the user `app`, over TLS.
    #[must_use]
    pub fn url(&self) -> String {
        format!("rediss://{}:{}@{}", self.user.name, self.user.password, self.port.address())
    }

    /// Where it speaks TLS.
    #[must_use]
    pub fn address(&self) -> std::net::SocketAddr {
        self.port.address()
    }

    /// The authority that the server's certificate is of, as PEM.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.certificates.ca_file()
    }

    /// Another authority, which the server's certificate is not of.
    #[must_use]
    pub fn foreign_ca_file(&self) -> PathBuf {
        self.certificates.foreign_ca_file()
    }
}

fn options(port: u16, user: &AclUser, certificates: &Certificates) -> RedisOptions {
    RedisOptions::default()
        .acl_user(user)
        .setting(&format!("tls-port {port}"))
        .setting(&format!("tls-cert-file {}", certificates.server_file().display()))
        .setting(&format!("tls-key-file {}", certificates.key_file().display()))
        .setting(&format!("tls-ca-cert-file {}", certificates.ca_file().display()))
        .setting("tls-auth-clients no")
}
