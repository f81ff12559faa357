//! Settings: a pure function from names and values to a checked configuration.
//!
//! Flags of the command line are the same names and values, given after those of the environment, so that there is one
//! parser and one set of error messages.

mod alerts;
mod bedrock;
mod exposure;
mod origin;
mod redis;
mod refresh_queue;
mod settings;

pub use bedrock::{AwsKeys, BedrockConfig};
pub use exposure::{ExposureConfig, SessionIds};
pub use origin::{ApiKey, BaseUrl, OpenfdaConfig, OriginConfig, UpstreamConfig};
pub use redis::{Endpoint, RedisConfig, Topology};
pub use refresh_queue::RefreshQueueConfig;

use crate::api::Access;
use crate::cache::EncryptionSetting;
use crate::monitoring::{Price, Thresholds};
use medinsight_core::{InvalidTtl, KeySecret, TtlPolicy};
use settings::Settings;
pub use settings::Switch;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use tracing::level_filters::LevelFilter;

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    /// `MEDINSIGHT_HOST` and `MEDINSIGHT_PORT`: where the local server listens; `127.0.0.1` and 8000.
    pub address: SocketAddr,
    /// `MEDINSIGHT_WORKERS`: threads that serve requests, 1 to 256; as many as there are processors.
    pub workers: Option<usize>,
    /// `LOG_LEVEL`: `off`, `error`, `warn`, `info`, `debug` or `trace`; `info`.
    pub log_level: LevelFilter,
    /// `MEDINSIGHT_DEMO_PACKAGE`: the folder of the WebAssembly package for the page at `/demo`; `wasm/pkg`.
    pub demo_package: PathBuf,
    /// What the HTTP interface allows.
    pub limits: Limits,
    /// `CACHE_MEMORY_BYTES`: how much the embedded store holds, 1 MiB to 64 GiB; 64 MiB.
    pub memory_bytes: u64,
    /// `CACHE_NEAR_BYTES`: how much of the store this process keeps at hand for a few seconds, 0 to 64 GiB; 16 MiB.
    pub near_bytes: u64,
    /// `CACHE_BUDGET_MS`: how long the store may keep a request waiting altogether; 150.
    pub cache_budget: Duration,
    /// `REDIS_*`: the shared store; none, then the embedded one serves.
    pub redis: Option<RedisConfig>,
    /// `CACHE_TTL_*` and `CACHE_REVALIDATE_DRUG_INFO`: how long entries are fresh.
    pub ttl: TtlPolicy,
    /// `MEDINSIGHT_ADMIN_TOKEN` and `MEDINSIGHT_ADMIN_SCOPE`: what opens the routes of operators; nothing.
    pub access: Access,
    /// `ALERT_*`: when somebody should have a look.
    pub alerts: Thresholds,
    /// `DASHBOARD_STREAMS`: how many may follow what happens at a time, 0 to 64; 8.
    pub live_streams: usize,
    /// `ORIGIN_ANSWER_PRICE`: what an answer of the origin costs, as `0.02 EUR`; none.
    pub answer_price: Option<Price>,
    /// `CORS_ALLOWED_ORIGINS`, `CLIENT_BUDGET_*`, `TRUSTED_PROXY_HOPS` and `CACHE_SESSION_IDS`.
    pub exposure: ExposureConfig,
    /// `CACHE_KEY_SECRET`: makes the keys of personal, content-derived entries private; none.
    pub key_secret: Option<KeySecret>,
    /// `CACHE_ENCRYPTION_KEYS`, the [`Keyring`](crate::cache::Keyring) that seals entries, and `CACHE_ENCRYPTION`, `on`
    /// or `off`; without keys a key of the moment for the store in memory, and no start with a shared store.
    pub encryption: EncryptionSetting,
    /// `CACHE_ADVICE`, `on` or `off`: whether requests are sampled for the advice on times to live; on.
    pub advice: Switch,
    /// `ORIGIN_TIMEOUT_MS`: how long an answer may take to compute; 10,000.
    pub origin_timeout: Duration,
    /// `MEDINSIGHT_ORIGIN`, `ORIGIN_*`, `OPENFDA_*` and `EMBEDDED_ORIGIN_DELAY_MS`: where answers come from.
    pub origin: OriginConfig,
    /// `REFRESH_QUEUE_URL`: takes over what a Lambda function has no time to finish; none.
    pub refresh_queue: Option<RefreshQueueConfig>,
}

/// What the HTTP interface allows.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// `MAX_BODY_BYTES`: the longest request body; 262,144.
    pub body_bytes: usize,
    /// `REQUEST_TIMEOUT_MS`: how long a request may take from its first byte to its answer; 30,000.
    pub request_timeout: Duration,
    /// `SHUTDOWN_GRACE_MS`: how long running requests may go on after a signal to stop; 10,000.
    pub shutdown_grace: Duration,
}

impl Limits {
    /// The longest request body unless it is set.
    pub const DEFAULT_BODY_BYTES: usize = 256 << 10;
}

impl Config {
    /// Reads a configuration; of a name given twice the later value counts, and an empty value is none.
    ///
    /// # Errors
    ///
    /// The first setting that breaks its rule. The message names the setting and the rule and never shows the value.
    pub fn from_variables(variables: &[(String, String)]) -> Result<Self, InvalidSetting> {
        let settings = Settings::of(variables);
        let host: IpAddr = settings.parse("MEDINSIGHT_HOST", "an IP address", Ipv4Addr::LOCALHOST.into())?;
        Ok(Self {
            address: SocketAddr::new(host, settings.parse("MEDINSIGHT_PORT", "a port, 0 to 65535", 8000)?),
            workers: Some(settings.size("MEDINSIGHT_WORKERS", 0, 256, 0)?).filter(|workers| *workers > 0),
            log_level: settings.parse("LOG_LEVEL", "off, error, warn, info, debug or trace", LevelFilter::INFO)?,
            demo_package: settings.text("MEDINSIGHT_DEMO_PACKAGE").unwrap_or("wasm/pkg").into(),
            limits: Limits {
                body_bytes: settings.size("MAX_BODY_BYTES", 1, 6 << 20, Limits::DEFAULT_BODY_BYTES)?,
                request_timeout: settings.millis("REQUEST_TIMEOUT_MS", 30_000)?,
                shutdown_grace: settings.millis("SHUTDOWN_GRACE_MS", 10_000)?,
            },
            memory_bytes: settings.number("CACHE_MEMORY_BYTES", 1 << 20, 64 << 30, 64 << 20)?,
            near_bytes: settings.number("CACHE_NEAR_BYTES", 0, 64 << 30, 16 << 20)?,
            cache_budget: settings.millis("CACHE_BUDGET_MS", 150)?,
            redis: RedisConfig::of(&settings)?,
            ttl: TtlPolicy::from_variables(settings.pairs())?,
            access: settings.access()?,
            alerts: settings.alerts()?,
            live_streams: settings.size("DASHBOARD_STREAMS", 0, 64, 8)?,
            answer_price: settings.price("ORIGIN_ANSWER_PRICE")?,
            exposure: ExposureConfig::of(&settings)?,
            key_secret: settings.key_secret()?,
            encryption: settings.encryption()?,
            advice: settings.parse("CACHE_ADVICE", "on or off", Switch::On)?,
            origin_timeout: settings.millis("ORIGIN_TIMEOUT_MS", 10_000)?,
            origin: OriginConfig::of(&settings)?,
            refresh_queue: RefreshQueueConfig::of(&settings)?,
        })
    }
}

/// A setting that breaks its rule.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSetting {
    /// A value is not what it should be.
    #[error("{name}: must be {rule}")]
    Rule {
        /// The setting.
        name: &'static str,
        /// What it should be.
        rule: String,
    },
    /// A lifetime is malformed.
    #[error(transparent)]
    Ttl(#[from] InvalidTtl),
}

impl InvalidSetting {
    fn rule(name: &'static str, rule: impl Into<String>) -> Self {
        Self::Rule { name, rule: rule.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::Config;
    use crate::cache::EncryptionSetting;

    /// An invented key.
    const KEYS: &str = "1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

    fn config(pairs: &[(&str, &str)]) -> Result<Config, String> {
        let variables: Vec<_> = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Config::from_variables(&variables).map_err(|error| error.to_string())
    }

    #[test]
    fn without_any_setting_the_defaults_of_the_readme_hold() {
        let config = config(&[]).expect("the defaults are valid");
        assert_eq!(config.address.to_string(), "127.0.0.1:8000");
        assert_eq!(config.limits.body_bytes, 262_144);
        assert!(config.key_secret.is_none());
    }

    #[test]
    fn a_later_value_counts_so_that_flags_win_over_the_environment() {
        let config = config(&[("MEDINSIGHT_PORT", "1"), ("MEDINSIGHT_PORT", "2")]).expect("valid");
        assert_eq!(config.address.port(), 2);
    }

    #[test]
    fn a_bad_value_is_an_error_that_names_the_setting_and_the_rule_and_not_the_value() {
        let cases = [
            ("MEDINSIGHT_HOST", "nowhere", "MEDINSIGHT_HOST: must be an IP address"),
            ("MEDINSIGHT_PORT", "70000", "MEDINSIGHT_PORT: must be a port, 0 to 65535"),
            ("MAX_BODY_BYTES", "0", "MAX_BODY_BYTES: must be from 1 to 6291456"),
            ("LOG_LEVEL", "loud", "LOG_LEVEL: must be off, error, warn, info, debug or trace"),
            ("CACHE_KEY_SECRET", "hunter2", "CACHE_KEY_SECRET: must be at least 16 bytes"),
            ("CACHE_ADVICE", "yes", "CACHE_ADVICE: must be on or off"),
            ("CACHE_ENCRYPTION", "OFF", "CACHE_ENCRYPTION: must be on or off"),
            ("CACHE_ENCRYPTION_KEYS", "hunter2", "CACHE_ENCRYPTION_KEYS: must be pairs id:key, separated by commas"),
            (
                "CACHE_ENCRYPTION_KEYS",
                "1:hunter2=",
                "CACHE_ENCRYPTION_KEYS: must be pairs id:key whose keys are 32 bytes in base64 with padding",
            ),
            ("ALERT_MEMORY_PERCENT", "101", "ALERT_MEMORY_PERCENT: must be from 0 to 100"),
            ("DASHBOARD_STREAMS", "65", "DASHBOARD_STREAMS: must be from 0 to 64"),
            ("ORIGIN_ANSWER_PRICE", "cheap", "ORIGIN_ANSWER_PRICE: must be an amount and a currency, as 0.02 EUR"),
            ("ALERT_MIN_REQUESTS", "0", "ALERT_MIN_REQUESTS: must be from 1 to 1000000000"),
            ("CACHE_TTL_AI_SUMMARY", "1d", "CACHE_TTL_AI_SUMMARY: must be whole seconds from 1 to 31536000"),
        ];
        for (name, value, expected) in cases {
            assert_eq!(config(&[(name, value)]).map(|_| ()), Err(expected.to_owned()));
        }
    }

    #[test]
    fn nothing_opens_the_routes_of_operators_until_it_is_set_and_a_short_token_is_refused() {
        let access = |pairs: &[(&str, &str)]| config(pairs).map(|config| config.access);
        assert!(access(&[]).is_ok_and(|access| !access.is_configured()));
        assert!(access(&[("MEDINSIGHT_ADMIN_SCOPE", "cache:admin")]).is_ok_and(|access| access.is_configured()));
        let token = access(&[("MEDINSIGHT_ADMIN_TOKEN", "an invented token")]).expect("valid");
        assert!(token.is_configured() && !format!("{token:?}").contains("invented"));
        let short = access(&[("MEDINSIGHT_ADMIN_TOKEN", "fifteen bytes!!")]).map(|_| ());
        assert_eq!(short, Err("MEDINSIGHT_ADMIN_TOKEN: must be at least 16 bytes".to_owned()));
    }

    #[test]
    fn encryption_is_turned_off_by_that_name_only() {
        let setting = |pairs: &[(&str, &str)]| config(pairs).map(|config| config.encryption);
        assert!(matches!(setting(&[]), Ok(EncryptionSetting::Unset)));
        assert!(matches!(setting(&[("CACHE_ENCRYPTION", "")]), Ok(EncryptionSetting::Unset)));
        assert!(matches!(setting(&[("CACHE_ENCRYPTION", "on")]), Ok(EncryptionSetting::Unset)));
        assert!(matches!(setting(&[("CACHE_ENCRYPTION", "off")]), Ok(EncryptionSetting::Off)));
        let keys = ("CACHE_ENCRYPTION_KEYS", KEYS);
        assert!(matches!(setting(&[keys]), Ok(EncryptionSetting::Keys(_))));
        assert!(matches!(setting(&[keys, ("CACHE_ENCRYPTION", "on")]), Ok(EncryptionSetting::Keys(_))));
    }

    #[test]
    fn keys_together_with_off_are_an_error_that_names_both() {
        let both = config(&[("CACHE_ENCRYPTION_KEYS", KEYS), ("CACHE_ENCRYPTION", "off")]);
        let expected = "CACHE_ENCRYPTION: must be on or absent when CACHE_ENCRYPTION_KEYS is set";
        assert_eq!(both.map(|_| ()), Err(expected.to_owned()));
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let secrets = [("CACHE_KEY_SECRET", "an invented secret of enough length"), ("CACHE_ENCRYPTION_KEYS", KEYS)];
        let shown = format!("{:?}", config(&secrets).expect("valid"));
        for secret in ["invented", "MDEyMzQ1", "0123456789", "48, 49, 50"] {
            assert!(!shown.contains(secret), "{secret}");
        }
    }
}
