//! The doctor: looks at the settings and at the store they name, and says of everything that is not as it should be how to
//! mend it.
//!
//! It changes nothing but a key of its own, outside of every category, which lives for some seconds.

mod finding;
mod sealing;
mod server;
mod settings;
mod way;

pub use finding::{Check, Finding, Severity};

use crate::clock::Clock;
use crate::config::{Config, Endpoint, RedisConfig};
use crate::store::{Examined, RedisStore, Store};
use medinsight_core::UnixMillis;

/// Looks at everything. The findings come in the order in which they should be mended.
pub async fn examine(variables: &[(String, String)], clock: &Clock) -> Vec<Finding> {
    let config = match Config::from_variables(variables) {
        Ok(config) => config,
        Err(error) => return vec![settings::broken(&error)],
    };
    let mut findings = settings::judge(&config);
    if let Some(redis) = &config.redis {
        match RedisStore::new(redis, clock) {
            Ok(store) => findings.extend(of_store(&config, redis, store, clock).await),
            Err(error) => findings.push(settings::unusable(error.as_ref())),
        }
    }
    findings
}

async fn of_store(config: &Config, redis: &RedisConfig, store: RedisStore, clock: &Clock) -> Vec<Finding> {
    let mut findings = Vec::new();
    let checkups = store.check_up(redis).await;
    let now = clock.now();
    for checkup in &checkups {
        let (name, endpoint) = (checkup.database, endpoint_of(redis, checkup.database));
        findings.push(way::encrypted(name, endpoint));
        match &checkup.outcome {
            Err(obstacle) => findings.push(way::blocked(name, endpoint, *obstacle)),
            Ok(examined) => {
                findings.push(way::open(name, examined));
                findings.extend(of_server(name, redis, endpoint, examined, now));
            }
        }
    }
    if checkups.iter().all(|checkup| checkup.outcome.as_ref().is_ok_and(|examined| examined.forbidden.is_empty())) {
        findings.push(sealing::judge(&config.encryption, &Store::Redis(store)).await);
    }
    findings
}

fn endpoint_of<'a>(redis: &'a RedisConfig, database: &str) -> &'a Endpoint {
    redis.sessions.as_ref().filter(|_| database == "sessions").unwrap_or(&redis.answers)
}

fn of_server(
    name: &'static str,
    redis: &RedisConfig,
    endpoint: &Endpoint,
    examined: &Examined,
    now: UnixMillis,
) -> Vec<Finding> {
    let mut findings = vec![server::rights(name, examined)];
    findings.extend(server::writes(name, examined));
    findings.extend(server::role(name, endpoint, examined));
    findings.push(server::memory(name, redis.sessions.is_some(), examined));
    findings.push(server::clock(name, examined, now));
    findings.push(server::latency(name, examined, redis.command_timeout));
    findings
}
