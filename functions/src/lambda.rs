//! The AWS Lambda functions: the routers of the local server behind Lambda's runtime API.
//!
//! What has to be done when an answer has gone out (a refresh, counts) is done before the runtime asks for the next
//! invocation, because Lambda freezes the environment as soon as it does. An internal extension is registered so that
//! Lambda says when the environment ends.

mod aftercare;
mod extension;
mod host;
mod http;
mod http_answer;
mod http_event;
mod queue;
mod runtime_api;
mod shutdown;

use crate::api::{self, Routes, Services, Serving};
use crate::cache::Successor;
use crate::clock::Clock;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::origin::{MakeOrigins, Origins};
use crate::{environment, logging, server};
use aftercare::Afterwards;
use axum::Router;
use extension::Registration;
use host::{Concurrency, Host};
use lambda_http::Error;
use lambda_runtime::{LambdaInvocation, Runtime, Service};
use queue::WorkQueue;
use runtime_api::{NotAnswered, RuntimeApi};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tracing::level_filters::LevelFilter;

/// The internal extension at work.
type Extension = JoinHandle<NotAnswered>;

pub(crate) use aftercare::{Aftercare, until};
pub use http_event::HttpEvent;

/// How long what waits for a trip may take after SIGTERM. Lambda ends the environment 500 ms after it.
const TIME_TO_FLUSH: Duration = Duration::from_millis(300);

/// Serves some routes as a Lambda function, with the settings of the environment.
///
/// # Errors
///
/// When a setting breaks its rule, which Lambda is told, or the runtime API fails.
pub async fn serve(routes: Routes<Serving>) -> Result<(), Error> {
    serve_with(Outfit { make_origins: Origins::new, make_successor: queue }, routes, Router::new()).await
}

/// [`serve`] for routes that compute answers while somebody waits for them, and refresh none.
///
/// # Errors
///
/// As [`serve`].
pub async fn serve_without_refreshes(routes: Routes<Serving>) -> Result<(), Error> {
    serve_with(Outfit::WITHOUT_SUCCESSOR, routes, Router::new()).await
}

/// [`serve`] for routes that ask no origin, and a page beside them.
///
/// # Errors
///
/// As [`serve`].
pub async fn serve_without_origins(routes: Routes<Serving>, page: Router) -> Result<(), Error> {
    serve_with(Outfit { make_origins: Origins::none, ..Outfit::WITHOUT_SUCCESSOR }, routes, page).await
}

async fn serve_with(outfit: Outfit, routes: Routes<Serving>, page: Router) -> Result<(), Error> {
    let function = Function::start(outfit).await?;
    let router = api::finish(routes, function.services.clone()).merge(page);
    let runtime = http::runtime(router, Arc::clone(&function.aftercare));
    function.run(runtime).await
}

/// What a function has beside its routes: it has the code of what is named here, and of nothing else.
#[derive(Clone, Copy)]
pub(crate) struct Outfit {
    make_origins: MakeOrigins,
    make_successor: MakeSuccessor,
}

type MakeSuccessor = fn(&Config) -> Result<Option<Arc<dyn Successor>>, String>;

impl Outfit {
    /// That of a function which has the time for everything that it begins.
    pub(crate) const WITHOUT_SUCCESSOR: Self = Self { make_origins: Origins::new, make_successor: |_| Ok(None) };
}

/// The worker's queue, if the settings name it.
fn queue(config: &Config) -> Result<Option<Arc<dyn Successor>>, String> {
    let Some(queue) = &config.refresh_queue else { return Ok(None) };
    let queue = WorkQueue::new(queue, &config.origin, &Clock::System)?;
    Ok(Some(Arc::new(queue)))
}

/// A function that is ready to be run.
pub(crate) struct Function {
    pub(crate) services: Services,
    pub(crate) aftercare: Arc<Aftercare>,
    host: Host,
}

impl Function {
    /// Reads the settings, starts logging, and begins to connect to the store without waiting for it.
    ///
    /// # Errors
    ///
    /// When a setting breaks its rule. Lambda is told; the message names the setting and never shows the value.
    pub(crate) async fn start(outfit: Outfit) -> Result<Self, Error> {
        let variables = environment::variables();
        let host = Host::of(&variables)?;
        match assembled(&variables, &host, outfit) {
            Ok(services) => Ok(Self::of(services, host)),
            Err(message) => {
                // The setting that says how much is to be logged may be the one that is wrong.
                logging::start(LevelFilter::INFO);
                tracing::error!(reason = message, "the function cannot start");
                host.runtime_api.report_init_error(&message).await;
                Err(message.into())
            }
        }
    }

    fn of(services: Services, host: Host) -> Self {
        let metrics = Metrics::of(host.function.clone(), services.cache.clock().clone());
        let aftercare = Arc::new(Aftercare::new(services.cache.clone(), metrics, host.concurrency));
        Self { services, aftercare, host }
    }

    /// Takes invocations until Lambda ends the environment.
    pub(crate) async fn run<S>(self, runtime: Runtime<S>) -> Result<(), Error>
    where
        S: Service<LambdaInvocation, Response = (), Error = Error> + Clone + Send + 'static,
        S::Future: Send + 'static,
    {
        let Self { services, aftercare, host } = self;
        let cache = services.cache.clone();
        let asked_to_end = shutdown::asked()?;
        let (afterwards, extension) = match host.concurrency {
            Concurrency::One => (Afterwards::Care(aftercare), extension(&host.runtime_api).await),
            Concurrency::Several => {
                tokio::spawn(server::flush_regularly(cache.clone()));
                (Afterwards::Nothing, None)
            }
        };
        // In a task of its own, because waking the main future costs a system call each time.
        let running = tokio::spawn(runtime.layer(afterwards).run_concurrent());
        tokio::select! {
            Some(error) = ended(extension) => Err(error.into()),
            ended = running => ended?,
            () = asked_to_end => {
                // What does not get through in this time is lost with the environment, as it would be in a crash.
                let _ = tokio::time::timeout(TIME_TO_FLUSH, cache.flush_at_the_end()).await;
                Ok(())
            }
        }
    }
}

fn assembled(variables: &[(String, String)], host: &Host, outfit: Outfit) -> Result<Services, String> {
    let mut config = Config::from_variables(variables).map_err(|error| error.to_string())?;
    host.adapt(&mut config);
    logging::start(config.log_level);
    let successor = (outfit.make_successor)(&config)?;
    let services = server::assemble(&config, outfit.make_origins, successor).map_err(|error| error.to_string())?;
    let (store, encryption) = (services.cache.store().name(), services.cache.envelope().encryption().as_str());
    tracing::info!(store, encryption, origin = config.origin.names(), "function starts");
    services.cache.store().warm_up();
    Ok(services)
}

/// The internal extension, unless it cannot be registered. Without it the environment ends without a word.
async fn extension(runtime_api: &RuntimeApi) -> Option<Extension> {
    match Registration::ask(runtime_api).await {
        Ok(registration) => Some(tokio::spawn(registration.stand_by())),
        Err(error) => {
            tracing::warn!(%error, "no extension: nothing will say when the environment ends");
            None
        }
    }
}

/// Why the extension ended, once it has; nothing without one.
async fn ended(extension: Option<Extension>) -> Option<NotAnswered> {
    match extension?.await {
        Ok(error) => Some(error),
        Err(_panic) => Some(NotAnswered::Garbled),
    }
}
