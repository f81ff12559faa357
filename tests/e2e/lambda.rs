//! The real Lambda functions, in an environment that is emulated, on a real Redis server.

mod aftercare;
mod ends;
mod handover;
mod serving;
mod thaw;
mod worker;

use medinsight_tests::built;
use medinsight_tests::lambda_function::LambdaFunction;
use std::time::Duration;

/// How long anything may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// An invented key, in base64.
const KEYS: (&str, &str) = ("CACHE_ENCRYPTION_KEYS", "1:YW4gaW52ZW50ZWQga2V5IG9mIDMyIGJ5dGVzIGluIGw=");

/// Settings that suit a busy machine: patience with the store, no near cache, and every computation in the log.
fn settings<'a>(redis_url: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let base = [
        KEYS,
        ("REDIS_URL", redis_url),
        ("CACHE_NEAR_BYTES", "0"),
        ("CACHE_BUDGET_MS", "2000"),
        ("REDIS_COMMAND_TIMEOUT_MS", "1000"),
        ("REDIS_CONNECT_TIMEOUT_MS", "1000"),
        ("LOG_LEVEL", "debug"),
    ];
    // Of a name given twice the later value counts.
    base.into_iter().chain(more.iter().copied()).collect()
}

fn health(redis_url: &str, more: &[(&str, &str)]) -> LambdaFunction {
    LambdaFunction::start(&built::program("health"), &settings(redis_url, more))
}
