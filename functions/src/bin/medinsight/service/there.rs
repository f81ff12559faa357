//! The service somewhere else, over HTTP.

use super::{Answered, Ask, SESSION_HEADER};
use crate::input;
use crate::verdict::Failure;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::uri::Scheme;
use http::{HeaderValue, Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

/// The longest answer.
const MAX_ANSWER_BYTES: usize = 64 << 20;

/// How long an answer may take. A service gives itself half a minute.
const PATIENCE: Duration = Duration::from_secs(60);

/// The longest token file.
const MAX_TOKEN_BYTES: u64 = 4_096;

/// The service at a URL.
pub(crate) struct There {
    url: Uri,
    token: Option<HeaderValue>,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl fmt::Debug for There {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("There").field("url", &self.url).finish_non_exhaustive()
    }
}

impl There {
    pub(crate) fn at(url: Uri, token: Option<HeaderValue>) -> Result<Self, Failure> {
        let provider = rustls::crypto::ring::default_provider();
        let connector = HttpsConnectorBuilder::new().with_provider_and_webpki_roots(provider);
        let connector = connector.map_err(|error| Failure::Failed(error.to_string()))?;
        let connector = connector.https_or_http().enable_http1().build();
        Ok(Self { url, token, client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    pub(crate) fn name(&self) -> String {
        self.url.to_string().trim_end_matches('/').to_owned()
    }

    pub(crate) async fn send(&self, ask: Ask) -> Result<Answered, Failure> {
        let request = self.request(ask)?;
        let answer = tokio::time::timeout(PATIENCE, self.exchange(request)).await;
        answer.unwrap_or_else(|_| Err(Failure::Failed(format!("{} does not answer", self.name()))))
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Answered, Failure> {
        let response = self.client.request(request).await;
        let response = response.map_err(|error| {
            let step = if error.is_connect() { "cannot be reached" } else { "broke the connection off" };
            Failure::Failed(format!("{} {step}", self.name()))
        })?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
        let body = body.map_err(|_| Failure::Failed("the answer is too long or broke off".into()))?;
        Ok(Answered { status: parts.status, headers: parts.headers, body: body.to_bytes() })
    }

    fn request(&self, ask: Ask) -> Result<Request<Full<Bytes>>, Failure> {
        let url = format!("{}{}", self.name(), ask.path);
        let mut request = Request::builder().method(ask.method).uri(url).header(CONTENT_TYPE, "application/json");
        if let Some(session) = ask.session {
            request = request.header(SESSION_HEADER, session);
        }
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token);
        }
        request.body(Full::new(ask.body.unwrap_or_default())).map_err(|error| Failure::Usage(error.to_string()))
    }
}

/// The URL of the flag, or else of the environment.
pub(crate) fn url(flag: Option<&str>, variables: &[(String, String)]) -> Result<Option<Uri>, Failure> {
    flag.or_else(|| setting(variables, "MEDINSIGHT_URL")).map(parse_url).transpose()
}

/// The server of this machine.
pub(crate) fn local(port: u16) -> Result<Uri, Failure> {
    parse_url(&format!("http://127.0.0.1:{port}"))
}

/// The token goes to nobody in the clear: without TLS a service has to be on this machine.
fn parse_url(text: &str) -> Result<Uri, Failure> {
    let rule = || Failure::Usage("--url: must be https://host[:port][/path], or http:// for this machine".into());
    let url: Uri = text.trim_end_matches('/').parse().map_err(|_| rule())?;
    let host = url.host().ok_or_else(rule)?;
    let is_secret = match url.scheme() {
        Some(scheme) if *scheme == Scheme::HTTPS => true,
        Some(scheme) if *scheme == Scheme::HTTP => is_this_machine(host),
        _ => false,
    };
    let has_credentials = url.authority().is_some_and(|authority| authority.as_str().contains('@'));
    if is_secret && !has_credentials && url.query().is_none() { Ok(url) } else { Err(rule()) }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The header with the token of a file, or else of the environment.
pub(crate) fn token(file: Option<&Path>, variables: &[(String, String)]) -> Result<Option<HeaderValue>, Failure> {
    let token = match file {
        Some(file) => {
            let bytes = input::read(file, MAX_TOKEN_BYTES)?;
            let text = String::from_utf8(bytes).map_err(|_| Failure::Usage("--token-file: must be UTF-8".into()))?;
            Some(text.trim().to_owned())
        }
        None => setting(variables, "MEDINSIGHT_ADMIN_TOKEN").map(str::to_owned),
    };
    let Some(token) = token else { return Ok(None) };
    let header = HeaderValue::from_str(&format!("Bearer {token}"));
    let mut header = header.map_err(|_| Failure::Usage("the admin token: must be visible ASCII characters".into()))?;
    header.set_sensitive(true);
    Ok(Some(header))
}

fn setting<'a>(variables: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let value = variables.iter().find(|(variable, _)| variable == name).map(|(_, value)| value.as_str());
    value.filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::parse_url;
    use proptest::prelude::*;

    #[test]
    fn a_token_is_sent_over_tls_or_within_this_machine_only() {
        for url in [
            "https://cache.example",
            "https://cache.example/stage/",
            "http://127.0.0.1:8000",
            "http://[::1]:1",
            "http://localhost",
        ] {
            assert!(parse_url(url).is_ok(), "{url}");
        }
        for url in
            ["http://cache.example", "cache.example", "ftp://x", "https://user:pass@x", "https://", "https://x?y", "/"]
        {
            assert!(parse_url(url).is_err(), "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_no_error_shows_it(text in any::<String>()) {
            if let Err(error) = parse_url(&text) {
                prop_assert!(error.to_string().starts_with("--url: must be"));
            }
        }
    }
}
