//! TLS to origins, and whom to trust.

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

/// Connects over TLS where the address says so. It trusts the certificates in the file, or else the public ones.
pub(super) fn connector(http: HttpConnector, ca_file: Option<&Path>) -> Result<HttpsConnector<HttpConnector>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|_| "TLS cannot be set up")?;
    let config = config.with_root_certificates(trusted(ca_file)?).with_no_client_auth();
    Ok(HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().wrap_connector(http))
}

fn trusted(ca_file: Option<&Path>) -> Result<RootCertStore, String> {
    let Some(path) = ca_file else {
        return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    };
    let pem = std::fs::read(path).map_err(|error| format!("ORIGIN_CA_FILE: cannot be read ({})", error.kind()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| "ORIGIN_CA_FILE: must be certificates in PEM")?;
        roots.add(certificate).map_err(|_| "ORIGIN_CA_FILE: has a certificate that cannot be used")?;
    }
    if roots.is_empty() { Err("ORIGIN_CA_FILE: has no certificate".to_owned()) } else { Ok(roots) }
}
