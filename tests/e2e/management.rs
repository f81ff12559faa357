//! Operators list, clear and erase; and what they cannot do.

mod clearing;
mod erasure;
mod hostile_patterns;
mod listing;

use http::Method;
use medinsight_functions::api::AdminToken;
use medinsight_tests::operator::{TOKEN, request, with_token};
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{Answered, Service};
use serde_json::Value;

fn service() -> Service {
    Service::with(|config| config.access.token = AdminToken::new(TOKEN))
}

fn on_redis(redis: &RedisServer, further: &[(&str, &str)]) -> Service {
    let url = redis.url();
    let settings = [("REDIS_URL", url.as_str()), ("MEDINSIGHT_ADMIN_TOKEN", TOKEN)];
    let settings: Vec<_> = settings.into_iter().chain(further.iter().copied()).collect();
    Service::with_settings(&settings)
}

async fn operate(service: &Service, method: Method, path: &str, body: Option<&Value>) -> Answered {
    service.send(with_token(request(method, path, body))).await
}
