//! What can be written by hand with axum and the `redis` crate: the yardsticks of `cargo xtask bench`.
//!
//! `peer ROLE` serves the health question on loopback and on one thread. `PORT` and `REDIS_URL` are its settings.

#![allow(clippy::print_stderr, reason = "a command-line tool talks to its user on the terminal")]

mod bare;
mod upper_bound;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use bytes::Bytes;
use redis::aio::MultiplexedConnection;
use std::env;
use std::error::Error;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use tokio::net::TcpListener;
use upper_bound::Trip;

/// The benchmarked endpoint.
const PATH: &str = "/api/v1/analyze-health";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peer: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let role = env::args().nth(1).unwrap_or_default();
    let (router, port) = (router(&role).await?, env::var("PORT")?.parse()?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?.tap_io(|stream| {
        // Without it small answers may wait for an acknowledgement; the connection works all the same.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

async fn router(role: &str) -> Result<Router, Box<dyn Error>> {
    match role {
        "bare" => Ok(bare::fixed()),
        "bare-get" => Ok(bare::get(connect().await?)),
        "read-only" => Ok(upper_bound::router(connect().await?, Trip::OfTheAnswer)),
        "upper-bound" => Ok(upper_bound::router(connect().await?, Trip::WithTheSession)),
        _ => Err("the roles are bare, bare-get, read-only and upper-bound".into()),
    }
}

async fn connect() -> Result<MultiplexedConnection, Box<dyn Error>> {
    Ok(redis::Client::open(env::var("REDIS_URL")?)?.get_multiplexed_async_connection().await?)
}

/// The answer that every role gives: as large as what the other servers of the benchmark answer.
fn canned() -> Bytes {
    Bytes::from_static(include_bytes!("../answer.json"))
}

fn hit(body: Bytes) -> Response {
    ([(CONTENT_TYPE.as_str(), "application/json"), ("x-cache", "HIT")], body).into_response()
}
