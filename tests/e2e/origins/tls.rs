//! TLS to an origin, under a certificate of an invented authority.

use super::{analysis, source_of};
use medinsight_tests::certificates::Certificates;
use medinsight_tests::log::CapturedLog;
use medinsight_tests::origin_server::{OriginServer, Reply};
use medinsight_tests::{Service, question};
use std::path::Path;
use tracing::level_filters::LevelFilter;

const KEY: &str = "an-invented-origin-key";

async fn backend(certificates: &Certificates) -> OriginServer {
    OriginServer::start_with_tls(certificates, |_| Reply::json(200, &analysis())).await
}

fn service_that_trusts(ca_file: Option<&Path>, backend: &OriginServer) -> Service {
    let (url, ca_file) = (backend.url(), ca_file.map(|file| file.display().to_string()).unwrap_or_default());
    let settings = [
        ("MEDINSIGHT_ORIGIN", "upstream"),
        ("ORIGIN_URL", url.as_str()),
        ("ORIGIN_API_KEY", KEY),
        ("ORIGIN_REQUESTS_PER_SECOND", "0"),
        ("ORIGIN_CA_FILE", &ca_file),
    ];
    Service::with_origins(&settings)
}

#[tokio::test]
async fn a_backend_of_a_trusted_authority_answers_and_keeps_its_connection() {
    let certificates = Certificates::new();
    let backend = backend(&certificates).await;
    let service = service_that_trusts(Some(&certificates.ca_file()), &backend);
    assert_eq!(source_of(&service.ask(&question()).await), "upstream");
    assert_eq!(source_of(&service.ask(&super::numbered(1)).await), "upstream");
    assert_eq!((backend.requests(), backend.connections()), (2, 1));
}

#[tokio::test]
async fn a_backend_of_an_unknown_authority_is_sent_nothing_and_nothing_secret_is_logged() {
    let certificates = Certificates::new();
    let backend = backend(&certificates).await;
    let foreign = certificates.foreign_ca_file();
    // The second one trusts the public authorities.
    for ca_file in [Some(foreign.as_path()), None] {
        let log = CapturedLog::start(LevelFilter::TRACE);
        let service = service_that_trusts(ca_file, &backend);
        let mut question = question();
        question["concern"] = "zyxcanary".into();
        assert_eq!(service.ask(&question).await.json()["code"], "origin_unavailable");
        assert_eq!(backend.requests(), 0);
        let text = log.text();
        assert!(text.contains("not-connected"), "{text}");
        assert!(!text.contains(KEY) && !text.contains("zyxcanary"), "{text}");
    }
}

#[tokio::test]
async fn a_backend_that_speaks_no_tls_where_it_should_is_a_failure() {
    let certificates = Certificates::new();
    let backend = super::backend().await;
    let url = backend.url().replace("http://", "https://");
    let ca_file = certificates.ca_file().display().to_string();
    let settings = [("MEDINSIGHT_ORIGIN", "upstream"), ("ORIGIN_URL", &url), ("ORIGIN_CA_FILE", &ca_file)];
    let answer = Service::with_origins(&settings).ask(&question()).await;
    assert_eq!((answer.json()["code"].as_str(), backend.requests()), (Some("origin_unavailable"), 0));
}
