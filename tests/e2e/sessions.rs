//! What the front end keeps for whoever holds the id, and the routes beside it.

mod keeping;
mod refusals;
mod shared_answers;
mod warming;

use http::Method;
use medinsight_functions::config::SessionIds;
use medinsight_tests::operator::request;
use medinsight_tests::{Answered, Service};
use serde_json::Value;

const ID: &str = "9f86d081-884c-7d65-9a2f-eaa0c55ad015";

fn session() -> String {
    format!("/api/v1/cache/session/{ID}")
}

fn progress() -> String {
    format!("/api/v1/cache/analysis-progress/{ID}")
}

fn legacy() -> Service {
    Service::with(|config| config.exposure.session_ids = Some(SessionIds::Legacy))
}

async fn call(service: &Service, method: Method, path: &str, body: Option<&Value>) -> Answered {
    service.send(request(method, path, body)).await
}
