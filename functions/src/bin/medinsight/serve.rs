//! `medinsight serve`: the local server.

use crate::verdict::{Failure, Verdict};
use clap::Args;
use medinsight_functions::api::AdminToken;
use medinsight_functions::config::{Config, SessionIds};
use medinsight_functions::{environment, logging, server};
use std::error::Error;
use std::io;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

/// Each flag stands for the setting of the same name and wins over the environment.
#[derive(Args)]
#[expect(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "these comments are the help text, which is not Markdown"
)]
pub(crate) struct ServeArgs {
    /// The IP address to listen on [MEDINSIGHT_HOST] [default: 127.0.0.1]
    #[arg(long)]
    host: Option<String>,
    /// The port to listen on [MEDINSIGHT_PORT] [default: 8000]
    #[arg(long)]
    port: Option<String>,
    /// Threads that serve requests [MEDINSIGHT_WORKERS] [default: one a processor]
    #[arg(long)]
    workers: Option<String>,
    /// How much the embedded store holds, in bytes [CACHE_MEMORY_BYTES] [default: 67108864]
    #[arg(long, value_name = "BYTES")]
    memory_bytes: Option<String>,
    /// The longest request body, in bytes [MAX_BODY_BYTES] [default: 262144]
    #[arg(long, value_name = "BYTES")]
    max_body_bytes: Option<String>,
    /// How long a request may take, in milliseconds [REQUEST_TIMEOUT_MS] [default: 30000]
    #[arg(long, value_name = "MS")]
    request_timeout_ms: Option<String>,
    /// How long the embedded origin pretends to think [EMBEDDED_ORIGIN_DELAY_MS] [default: 0]
    #[arg(long, value_name = "MS")]
    origin_delay_ms: Option<String>,
    /// For how many seconds a health analysis is fresh [CACHE_TTL_HEALTH_ANALYSIS] [default: 3600]
    #[arg(long, value_name = "SECS")]
    ttl_health_analysis: Option<String>,
    /// off, error, warn, info, debug or trace [LOG_LEVEL] [default: info]
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
}

impl ServeArgs {
    fn into_variables(self) -> impl Iterator<Item = (String, String)> {
        let flags = [
            ("MEDINSIGHT_HOST", self.host),
            ("MEDINSIGHT_PORT", self.port),
            ("MEDINSIGHT_WORKERS", self.workers),
            ("CACHE_MEMORY_BYTES", self.memory_bytes),
            ("MAX_BODY_BYTES", self.max_body_bytes),
            ("REQUEST_TIMEOUT_MS", self.request_timeout_ms),
            ("EMBEDDED_ORIGIN_DELAY_MS", self.origin_delay_ms),
            ("CACHE_TTL_HEALTH_ANALYSIS", self.ttl_health_analysis),
            ("LOG_LEVEL", self.log_level),
        ];
        flags.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)))
    }
}

/// Serves until it is told to stop.
pub(crate) fn run(args: ServeArgs) -> Result<Verdict, Failure> {
    serve(args).map(|()| Verdict::Done).map_err(|error| Failure::Failed(error.to_string()))
}

fn serve(args: ServeArgs) -> Result<(), Box<dyn Error>> {
    let mut variables = environment::variables();
    variables.extend(args.into_variables());
    let mut config = Config::from_variables(&variables)?;
    config.exposure.session_ids.get_or_insert(SessionIds::Legacy);
    if !config.access.is_configured() {
        config.access.token = Some(token_of_the_run()?);
    }
    let _flushed = logging::start_without_waiting(config.log_level)?;
    runtime(config.workers)?.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        let listener = TcpListener::bind(config.address).await;
        let listener = listener.map_err(|error| format!("cannot listen on {}: {error}", config.address))?;
        server::serve(&config, listener, stop).await
    })
}

/// A single worker takes tasks in the order in which they became ready, so that what many requests send to Redis goes with
/// one write. A pool's worker runs the task at once that a request has woken, which is the connection: a write for each.
fn runtime(workers: Option<usize>) -> io::Result<Runtime> {
    match workers {
        Some(1) => Builder::new_current_thread().enable_all().build(),
        Some(workers) => Builder::new_multi_thread().worker_threads(workers).enable_all().build(),
        None => Builder::new_multi_thread().enable_all().build(),
    }
}

/// Makes a token for the routes of operators. It is shown on the terminal, which is standard error, and is not in the
/// log, which is standard output.
#[expect(clippy::print_stderr, reason = "it is for the person at the command line alone")]
fn token_of_the_run() -> Result<AdminToken, Box<dyn Error>> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| "there is no source of randomness")?;
    let token = hex::encode(bytes);
    eprintln!("medinsight: the admin token of this run is {token} (MEDINSIGHT_ADMIN_TOKEN sets another one)");
    AdminToken::new(&token).ok_or_else(|| "the token is too short".into())
}
