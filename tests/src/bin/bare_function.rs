//! The least that a Lambda function on axum and Redis can be: one route, one pipelined `GET`, the answer as it is.
//!
//! It is the yardstick of the drill `lambda-cold`.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use redis::aio::MultiplexedConnection;

/// Where the answer lies.
const KEY: &str = "bare";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let url = std::env::var("REDIS_URL")?;
    let connection = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
    let router = Router::new().route("/api/v1/analyze-health", post(answer)).with_state(connection);
    lambda_http::run(router).await
}

async fn answer(State(mut connection): State<MultiplexedConnection>, _body: axum::body::Bytes) -> Response {
    let mut pipeline = redis::pipe();
    pipeline.get(KEY);
    let answer: Result<(Option<String>,), _> = pipeline.query_async(&mut connection).await;
    match answer {
        Ok((Some(text),)) => ([(CONTENT_TYPE, "application/json")], text).into_response(),
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
