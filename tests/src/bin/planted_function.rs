//! The health function with a route that panics, for tests of what becomes of the others then.

use axum::routing::get;
use medinsight_functions::{api, lambda};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let routes = api::health_routes().with_planted("/planted/panic", get(panicking));
    lambda::serve(routes).await
}

#[expect(clippy::panic, reason = "that is what it is for")]
async fn panicking() -> &'static str {
    panic!("a planted secret")
}
