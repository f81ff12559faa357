//! The Lambda function of the sessions group.

use medinsight_functions::{api, lambda};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda::serve_without_refreshes(api::sessions_routes()).await
}
