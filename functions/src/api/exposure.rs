//! What stands between the service and whoever can reach it.

use super::cors;
use crate::budget::{ClientBudget, Expense};
use crate::cache::Cache;
use crate::config::{Config, SessionIds};
use medinsight_core::KeySecret;
use tower_http::cors::CorsLayer;

/// What stands between the service and whoever can reach it.
#[derive(Clone, Debug)]
pub struct Exposure {
    /// Makes the names of clients, operators and resources for the store and the audit records.
    pub names: KeySecret,
    /// How much each client may have computed.
    pub computations: ClientBudget,
    /// How much each client may have kept.
    pub writes: ClientBudget,
    /// How many proxies of our own append to `X-Forwarded-For`.
    pub trusted_proxy_hops: usize,
    /// Which session ids may be written to.
    pub session_ids: SessionIds,
    pub(super) cors: Option<CorsLayer>,
}

impl Exposure {
    /// Puts it together. Without `CACHE_KEY_SECRET` names are made with a secret of the moment, and mean something in
    /// this process only.
    ///
    /// # Errors
    ///
    /// Without a source of randomness.
    pub fn new(config: &Config, cache: &Cache) -> Result<Self, Box<dyn std::error::Error>> {
        let names = match &config.key_secret {
            Some(secret) => secret.clone(),
            None => secret_of_the_moment()?,
        };
        let settings = &config.exposure;
        let budget = |expense, rate| ClientBudget::new(cache.clone(), names.clone(), expense, rate);
        Ok(Self {
            computations: budget(Expense::Computation, settings.client_budget),
            writes: budget(Expense::Write, settings.client_writes),
            names,
            trusted_proxy_hops: settings.trusted_proxy_hops,
            session_ids: settings.session_ids.unwrap_or(SessionIds::Strict),
            cors: cors::layer(&settings.cors_origins),
        })
    }
}

fn secret_of_the_moment() -> Result<KeySecret, Box<dyn std::error::Error>> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| "there is no source of randomness")?;
    Ok(KeySecret::new(&hex::encode(bytes))?)
}
