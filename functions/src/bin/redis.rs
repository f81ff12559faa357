//! The Lambda function of the redis group, with the dashboard.

use medinsight_functions::{api, dashboard, lambda};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda::serve_without_origins(api::redis_routes(), dashboard::router()).await
}
