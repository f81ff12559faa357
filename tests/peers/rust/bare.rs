//! The least that axum can do for the question: read the body and send an answer that is at hand, or one `GET` away.

use crate::{PATH, canned, hit};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;

/// Where the answer lies.
const KEY: &str = "bare";

/// Answers from memory.
pub(crate) fn fixed() -> Router {
    Router::new().route(PATH, post(|_: Bytes| async { hit(canned()) }))
}

/// Answers what lies in Redis, whatever is asked. The first request puts it there.
pub(crate) fn get(connection: MultiplexedConnection) -> Router {
    Router::new().route(PATH, post(read)).with_state(connection)
}

async fn read(State(mut connection): State<MultiplexedConnection>, _: Bytes) -> Response {
    match connection.get::<_, Option<Bytes>>(KEY).await {
        Ok(Some(answer)) => hit(answer),
        Ok(None) => match connection.set::<_, _, ()>(KEY, canned().as_ref()).await {
            Ok(()) => canned().into_response(),
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
