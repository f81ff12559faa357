//! Certificates of an authority that is invented for a test.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A server's certificate for `localhost` and `127.0.0.1`, its key, its authority and a foreign one, as files in PEM.
#[derive(Debug)]
pub struct Certificates(TempDir);

impl Certificates {
    /// New ones.
    ///
    /// # Panics
    ///
    /// When there is no temporary directory.
    #[must_use]
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        write_certificates(directory.path());
        Self(directory)
    }

    /// The authority that the server's certificate is of.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.file("ca.pem")
    }

    /// Another authority, which the server's certificate is not of.
    #[must_use]
    pub fn foreign_ca_file(&self) -> PathBuf {
        self.file("foreign-ca.pem")
    }

    /// The server's certificate.
    #[must_use]
    pub fn server_file(&self) -> PathBuf {
        self.file("server.pem")
    }

    /// The key of the server's certificate.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        self.file("server.key")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Self::new()
    }
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
