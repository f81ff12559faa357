//! The least that axum can do for the benchmarked request: read the body and send a fixed answer.
//!
//! It is the yardstick of `cargo xtask bench`. What the server costs beyond it is the cache's own work.

use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::LazyLock;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use axum::serve::ListenerExt as _;
use clap::Args;
use tokio::net::TcpListener;

use crate::bench::HEALTH_PATH;

/// How large the answer's text is: with its frame about the 2.5 KB of a usual analysis.
const TEXT_BYTES: usize = 2_480;

/// The answer, made once.
static ANSWER: LazyLock<Bytes> =
    LazyLock::new(|| Bytes::from(format!(r#"{{"analysis":"{}"}}"#, "x".repeat(TEXT_BYTES))));

/// Where the bare handler listens.
#[derive(Debug, Args)]
pub(crate) struct BareAxumOptions {
    /// The loopback port.
    #[arg(long)]
    port: u16,
}

/// Serves until the process is ended, on as many threads as the server takes by default.
pub(crate) fn run(options: &BareAxumOptions) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.context("cannot start the runtime")?.block_on(serve(options.port))?;
    Ok(ExitCode::SUCCESS)
}

/// Listens and answers.
async fn serve(port: u16) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.context("cannot listen")?;
    let listener = listener.tap_io(|stream| {
        // Without it small answers may wait for an acknowledgement; the connection works all the same.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, Router::new().route(HEALTH_PATH, post(answer))).await.context("cannot serve")
}

/// The fixed answer. The body is taken in full, because every server has to.
async fn answer(_body: Bytes) -> impl IntoResponse {
    ([(CONTENT_TYPE.as_str(), "application/json"), ("x-cache", "HIT")], ANSWER.clone())
}
