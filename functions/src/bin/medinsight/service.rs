//! The service that a command asks: one far away over HTTP, or one in this process on the store of the settings.
//!
//! Both are asked the same requests of operators, so that rules, audit records and answers are those of the routes.

mod here;
mod there;

use crate::verdict::{Failure, Verdict};
use bytes::Bytes;
use clap::Args;
use here::Here;
use http::{HeaderMap, Method, StatusCode};
use medinsight_functions::config::Config;
use medinsight_functions::environment;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use there::There;

/// The header that names the session of a request.
const SESSION_HEADER: &str = "x-session-id";

#[derive(Args, Clone, Debug)]
pub(crate) struct ServiceArgs {
    #[arg(long, help_heading = "The service", help = URL_HELP)]
    url: Option<String>,
    #[arg(long, value_name = "FILE", help_heading = "The service", help = TOKEN_FILE_HELP)]
    token_file: Option<PathBuf>,
}

const URL_HELP: &str = "The service to ask, such as https://cache.example [MEDINSIGHT_URL] [default: the store of the \
     REDIS_* settings, or else the server of this machine]";

const TOKEN_FILE_HELP: &str =
    "A file with the admin token of that service, instead of MEDINSIGHT_ADMIN_TOKEN; - is standard input";

/// A service. Clones share its connections.
#[derive(Clone, Debug)]
pub(crate) enum Service {
    /// In this process.
    Here(Arc<Here>),
    /// Over HTTP.
    There(Arc<There>),
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) session: Option<String>,
    pub(crate) body: Option<Bytes>,
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Ask {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), session: None, body: None }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: impl Into<String>, body: &Value) -> Self {
        Self { body: Some(body.to_string().into()), ..Self::new(Method::POST, path) }
    }
}

impl Answered {
    /// The body of an answer that is none of a problem.
    pub(crate) fn json(&self) -> Result<Value, Failure> {
        let body = serde_json::from_slice::<Value>(&self.body);
        if self.status.is_success() {
            return body.map_err(|_| Failure::Failed("the service's answer is no JSON; is that its URL?".into()));
        }
        Err(self.failure(&body.unwrap_or_default()))
    }

    /// A problem's detail names fields and rules, and never content.
    fn failure(&self, problem: &Value) -> Failure {
        let detail =
            problem["detail"].as_str().map_or_else(|| format!("the service answers {}", self.status), str::to_owned);
        match self.status {
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PAYLOAD_TOO_LARGE => {
                Failure::Usage(detail)
            }
            StatusCode::UNAUTHORIZED => {
                Failure::Refused(format!("{detail}; give it in MEDINSIGHT_ADMIN_TOKEN or a --token-file"))
            }
            StatusCode::FORBIDDEN => Failure::Refused(detail),
            _ => Failure::Failed(detail),
        }
    }
}

impl Service {
    fn of(args: &ServiceArgs) -> Result<Self, Failure> {
        let variables = environment::variables();
        let config = Config::from_variables(&variables).map_err(|error| Failure::Usage(error.to_string()))?;
        match (there::url(args.url.as_deref(), &variables)?, &config.redis) {
            (None, Some(_)) => Ok(Self::Here(Arc::new(Here::on(config)?))),
            (url, _) => {
                let url = url.map_or_else(|| there::local(config.address.port()), Ok)?;
                let token = there::token(args.token_file.as_deref(), &variables)?;
                Ok(Self::There(Arc::new(There::at(url, token)?)))
            }
        }
    }

    /// Asks.
    pub(crate) async fn send(&self, ask: Ask) -> Result<Answered, Failure> {
        match self {
            Self::Here(here) => here.send(ask).await,
            Self::There(there) => there.send(ask).await,
        }
    }

    /// Asks for JSON.
    pub(crate) async fn ask(&self, ask: Ask) -> Result<Value, Failure> {
        self.send(ask).await?.json()
    }

    /// Goes to the store and back, or to a service far away, without asking for anything that takes time there.
    pub(crate) async fn round_trip(&self) -> Result<(), Failure> {
        match self {
            Self::Here(here) => here.round_trip().await,
            Self::There(there) => there.send(Ask::get("/api/v1/cache/policy")).await?.json().map(|_| ()),
        }
    }

    /// Which service it is, for people.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Here(_) => "the store of the settings".to_owned(),
            Self::There(there) => there.name(),
        }
    }

    /// Stores what waits for a trip.
    async fn finish(&self) {
        match self {
            Self::Here(here) => here.finish().await,
            Self::There(_) => {}
        }
    }
}

/// Runs a command that asks a service.
pub(crate) fn with(
    args: &ServiceArgs,
    command: impl AsyncFnOnce(&Service) -> Result<Verdict, Failure>,
) -> Result<Verdict, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Failed(error.to_string()))?;
    runtime.block_on(async {
        let service = Service::of(args)?;
        let verdict = command(&service).await;
        service.finish().await;
        verdict
    })
}
