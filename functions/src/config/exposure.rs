//! What stands between the service and whoever can reach it.

use super::InvalidSetting;
use super::settings::Settings;
use crate::budget::Rate;
use http::{HeaderValue, Uri};
use std::str::FromStr;

/// What stands between the service and whoever can reach it.
#[derive(Clone, Debug)]
pub struct ExposureConfig {
    /// `CORS_ALLOWED_ORIGINS`: exact origins, separated by commas, whose pages may use the service; none.
    pub cors_origins: Vec<HeaderValue>,
    /// `CLIENT_BUDGET_PER_MINUTE` and `CLIENT_BUDGET_BURST`: how many answers a client may have computed; 60, and 60 at
    /// once. 0 a minute means that nobody is limited.
    pub client_budget: Option<Rate>,
    /// `CLIENT_WRITES_PER_MINUTE` and `CLIENT_WRITES_BURST`: how often a client may have something kept; 240, and 240 at
    /// once. 0 a minute means that nobody is limited.
    pub client_writes: Option<Rate>,
    /// `TRUSTED_PROXY_HOPS`: how many proxies of our own append to `X-Forwarded-For`, 0 to 10; 0, the header is ignored.
    pub trusted_proxy_hops: usize,
    /// `CACHE_SESSION_IDS`: `strict` or `legacy`; strict, and legacy for the local server.
    pub session_ids: Option<SessionIds>,
}

/// Which session ids may be written to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SessionIds {
    /// Those that look random ([`looks_random`](medinsight_core::looks_random)).
    Strict,
    /// All, as in the earlier service.
    Legacy,
}

impl ExposureConfig {
    pub(super) fn of(settings: &Settings<'_>) -> Result<Self, InvalidSetting> {
        let session_ids = settings.text("CACHE_SESSION_IDS").map(str::parse).transpose();
        let trusted_proxy_hops = settings.size("TRUSTED_PROXY_HOPS", 0, 10, 0)?;
        Ok(Self {
            cors_origins: origins(settings)?,
            client_budget: rate(settings, ("CLIENT_BUDGET_PER_MINUTE", "CLIENT_BUDGET_BURST"), 60)?,
            client_writes: rate(settings, ("CLIENT_WRITES_PER_MINUTE", "CLIENT_WRITES_BURST"), 240)?,
            trusted_proxy_hops,
            session_ids: session_ids.map_err(|()| InvalidSetting::rule("CACHE_SESSION_IDS", "strict or legacy"))?,
        })
    }
}

impl FromStr for SessionIds {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "strict" => Ok(Self::Strict),
            "legacy" => Ok(Self::Legacy),
            _ => Err(()),
        }
    }
}

/// A rate from two settings: so many a minute, and so many at once.
fn rate(
    settings: &Settings<'_>,
    (per_minute, burst): (&'static str, &'static str),
    default: u64,
) -> Result<Option<Rate>, InvalidSetting> {
    let per_minute = settings.number(per_minute, 0, 6_000, default)?;
    let burst = settings.number(burst, 1, 10_000, default)?;
    let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
    Ok((per_minute > 0).then(|| Rate::new(number(per_minute), number(burst))))
}

fn origins(settings: &Settings<'_>) -> Result<Vec<HeaderValue>, InvalidSetting> {
    let name = "CORS_ALLOWED_ORIGINS";
    let rule = || InvalidSetting::rule(name, "exact origins such as https://hub.example, separated by commas");
    let listed = settings.text(name).unwrap_or_default().split(',').map(str::trim).filter(|origin| !origin.is_empty());
    listed
        .map(|origin| is_origin(origin).then(|| HeaderValue::from_str(origin).ok()).flatten().ok_or_else(rule))
        .collect()
}

/// Whether a text is an origin as browsers send it: scheme, host and perhaps a port, in lower case, and nothing else.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
    let has_user = authority.as_str().contains('@');
    matches!(scheme, "http" | "https")
        && !has_user
        && !authority.as_str().contains('*')
        && format!("{scheme}://{}", authority.as_str().to_ascii_lowercase()) == text
}

#[cfg(test)]
mod tests {
    use super::SessionIds;
    use crate::budget::Rate;
    use crate::config::Config;

    fn config(pairs: &[(&str, &str)]) -> Result<Config, String> {
        let variables: Vec<_> = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Config::from_variables(&variables).map_err(|error| error.to_string())
    }

    #[test]
    fn by_default_no_page_is_allowed_clients_are_limited_and_forwarded_addresses_are_ignored() {
        let exposure = config(&[]).expect("the defaults are valid").exposure;
        assert!(exposure.cors_origins.is_empty());
        assert_eq!(exposure.client_budget, Some(Rate::new(60, 60)));
        assert_eq!(exposure.client_writes, Some(Rate::new(240, 240)));
        assert_eq!((exposure.trusted_proxy_hops, exposure.session_ids), (0, None));
    }

    #[test]
    fn origins_are_exact() {
        let origins = |text: &str| config(&[("CORS_ALLOWED_ORIGINS", text)]).map(|config| config.exposure.cors_origins);
        assert_eq!(origins("https://hub.example, http://localhost:3000").map(|origins| origins.len()), Ok(2));
        for wrong in [
            "*",
            "null",
            "hub.example",
            "https://*.hub.example",
            "https://hub.example/",
            "https://Hub.example",
            "https://a@hub.example",
            "ftp://hub.example",
            "https://hub.example https://b.example",
        ] {
            let error = origins(wrong).map(|_| ()).expect_err(wrong);
            assert!(error.starts_with("CORS_ALLOWED_ORIGINS: must be exact origins"), "{error}");
        }
    }

    #[test]
    fn a_budget_of_zero_limits_nobody() {
        let none = config(&[("CLIENT_BUDGET_PER_MINUTE", "0")]).map(|config| config.exposure.client_budget);
        assert_eq!(none, Ok(None));
        let error = config(&[("CLIENT_BUDGET_BURST", "0")]).map(|_| ());
        assert_eq!(error, Err("CLIENT_BUDGET_BURST: must be from 1 to 10000".to_owned()));
    }

    #[test]
    fn session_ids_are_strict_or_legacy() {
        let ids = |text: &str| config(&[("CACHE_SESSION_IDS", text)]).map(|config| config.exposure.session_ids);
        assert_eq!(ids("legacy"), Ok(Some(SessionIds::Legacy)));
        assert_eq!(ids("strict"), Ok(Some(SessionIds::Strict)));
        assert_eq!(ids("lax"), Err("CACHE_SESSION_IDS: must be strict or legacy".to_owned()));
    }
}
