//! The service in this process, on the store that the settings name.

use super::{Answered, Ask, SESSION_HEADER};
use crate::verdict::Failure;
use axum::Router;
use axum::body::Body;
use http::Request;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt;
use medinsight_functions::api::{self, AtCommandLine, Peer};
use medinsight_functions::cache::Cache;
use medinsight_functions::config::Config;
use medinsight_functions::origin::Origins;
use medinsight_functions::{logging, server};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tower::ServiceExt;
use tracing::level_filters::LevelFilter;

/// How long a request may take. Nobody waits for it but the person at the command line, who can break it off.
const PATIENCE: Duration = Duration::from_secs(86_400);

/// The service in this process.
#[derive(Debug)]
pub(crate) struct Here {
    router: Router,
    cache: Cache,
}

impl Here {
    /// The service on the store of a configuration.
    pub(crate) fn on(mut config: Config) -> Result<Self, Failure> {
        config.limits.request_timeout = PATIENCE;
        // What this process remembers may be wrong when an entry is looked at.
        config.near_bytes = 0;
        // Audit records are written in any case.
        logging::start_on_terminal(LevelFilter::ERROR);
        let services =
            server::assemble(&config, Origins::new, None).map_err(|error| Failure::Usage(error.to_string()))?;
        let cache = services.cache.clone();
        Ok(Self { router: api::finish(api::all_routes(), services), cache })
    }

    pub(crate) async fn send(&self, ask: Ask) -> Result<Answered, Failure> {
        let response = self.router.clone().oneshot(request(ask)?).await.unwrap_or_else(|never| match never {});
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|_| Failure::Failed("the answer broke off".into()))?;
        Ok(Answered { status: parts.status, headers: parts.headers, body: body.to_bytes() })
    }

    /// A `PING` to each database.
    pub(crate) async fn round_trip(&self) -> Result<(), Failure> {
        self.cache.store().check().await;
        match self.cache.store().reports().iter().find_map(|report| report.circuit_opened_for) {
            Some(reason) => Err(Failure::Failed(format!("the store does not answer: {reason}"))),
            None => Ok(()),
        }
    }

    pub(crate) async fn finish(&self) {
        self.cache.flush().await;
    }
}

fn request(ask: Ask) -> Result<Request<Body>, Failure> {
    let mut request = Request::builder().method(ask.method).uri(ask.path).header(CONTENT_TYPE, "application/json");
    if let Some(session) = ask.session {
        request = request.header(SESSION_HEADER, session);
    }
    let request = request.extension(AtCommandLine).extension(Peer(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))));
    request.body(ask.body.map(Body::from).unwrap_or_default()).map_err(|error| Failure::Usage(error.to_string()))
}
