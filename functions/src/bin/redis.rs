//! The Lambda function of the redis group.

use medinsight_functions::{api, lambda};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda::serve(api::redis_routes()).await
}
