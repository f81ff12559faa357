//! A Redis server that speaks TLS under a certificate of a private authority.

use crate::ports::ReservedPort;
use crate::redis_server::{AclUser, RedisOptions, RedisServer};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A Redis server with a port for TLS and a user `app`. Its other port, without TLS, is for the tests' own commands.
#[derive(Debug)]
pub struct TlsRedis {
    server: RedisServer,
    port: ReservedPort,
    user: AclUser,
    files: TempDir,
}

impl TlsRedis {
    /// Starts a server whose certificate is for `localhost` and `127.0.0.1`.
    ///
    /// # Panics
    ///
    /// When the program is missing (the message names its package) or does not start.
    pub async fn start() -> Self {
        let files = tempfile::tempdir().expect("a temporary directory");
        write_certificates(files.path());
        let port = ReservedPort::any();
        let user = AclUser { name: "app".into(), password: "an-invented-password".into(), rules: "~* &* +@all".into() };
        let server = RedisServer::with(options(port.number(), &user, files.path())).await;
        Self { server, port, user, files }
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
        self.files.path().join("ca.pem")
    }

    /// Another authority, which the server's certificate is not of.
    #[must_use]
    pub fn foreign_ca_file(&self) -> PathBuf {
        self.files.path().join("foreign-ca.pem")
    }
}

fn options(port: u16, user: &AclUser, files: &Path) -> RedisOptions {
    let file = |name| files.join(name).display().to_string();
    RedisOptions::default()
        .acl_user(user)
        .setting(&format!("tls-port {port}"))
        .setting(&format!("tls-cert-file {}", file("server.pem")))
        .setting(&format!("tls-key-file {}", file("server.key")))
        .setting(&format!("tls-ca-cert-file {}", file("ca.pem")))
        .setting("tls-auth-clients no")
}

fn write_certificates(directory: &Path) {
    let authority = authority("an invented authority");
    let key = KeyPair::generate().expect("randomness");
    let mut server = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("valid names");
    server.use_authority_key_identifier_extension = true;
    let server = server.signed_by(&key, &authority).expect("a valid authority");
    let files = [
        ("ca.pem", authority.pem()),
        ("foreign-ca.pem", self::authority("another invented authority").pem()),
        ("server.pem", server.pem()),
        ("server.key", key.serialize_pem()),
    ];
    for (name, text) in files {
        fs::write(directory.join(name), text).expect("a writable directory");
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("randomness")).expect("valid parameters")
}
