//! The Lambda function that computes in the background: messages of a queue, and a schedule.

use medinsight_functions::worker;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    worker::serve().await
}
