//! Where answers come from.

use super::InvalidSetting;
use super::bedrock::BedrockConfig;
use super::settings::Settings;
use crate::budget::Rate;
use crate::origin::Source;
use http::{HeaderValue, Uri};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

const ORDER_RULE: &str = "a list of upstream, bedrock, openfda and embedded, separated by commas, each once";

/// The SDK of AWS is not in every program.
const NO_BEDROCK_RULE: &str =
    "without bedrock: this program was built without the feature `bedrock` of medinsight-functions";

const URL_RULE: &str = "an address such as https://hub.example, without a query";

/// A day of openFDA's.
const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

/// Where answers come from.
#[derive(Clone, Debug)]
pub struct OriginConfig {
    /// `MEDINSIGHT_ORIGIN`: the origins in the order in which they are asked, separated by commas; `embedded`.
    pub order: Vec<Source>,
    /// `ORIGIN_FALLBACK_SECS`: for how long an answer of another origin than the first is fresh, 1 to 86,400; 60.
    pub fallback_life: Duration,
    /// `ORIGIN_QUEUE_MS`: how long a question may wait until the origin's budget allows it; 2,000.
    pub queue: Duration,
    /// `ORIGIN_MAX_ANSWER_BYTES`: the longest answer that is read, 1 KiB to 1 MiB; 256 KiB.
    pub max_answer_bytes: usize,
    /// `ORIGIN_CONNECT_TIMEOUT_MS`: how long a connection may take to make, 10 to 60,000; 1,000.
    pub connect_timeout: Duration,
    /// `ORIGIN_CA_FILE`: certificates to trust instead of the public ones, in PEM.
    pub ca_file: Option<PathBuf>,
    /// `ORIGIN_URL` and what belongs to it: the Hub's backend, when it is one of the origins.
    pub upstream: Option<UpstreamConfig>,
    /// `OPENFDA_*`: openFDA, when it is one of the origins.
    pub openfda: Option<OpenfdaConfig>,
    /// `BEDROCK_MODEL_ID` and what belongs to it: a model of Amazon Bedrock, likewise.
    pub bedrock: Option<BedrockConfig>,
    /// `EMBEDDED_ORIGIN_DELAY_MS`: how long the embedded origin pretends to think, to stand for a slow AI; 0.
    pub embedded_delay: Duration,
}

/// The Hub's backend.
#[derive(Clone, Debug)]
pub struct UpstreamConfig {
    /// `ORIGIN_URL`: where it is.
    pub url: BaseUrl,
    /// `ORIGIN_API_KEY`: what is sent as a bearer token; nothing.
    pub api_key: Option<ApiKey>,
    /// `ORIGIN_REVISION`: names its model and data, 1 to 32 letters, digits and `-._`; `1`. A new one makes every answer
    /// be computed anew.
    pub revision: String,
    /// `ORIGIN_REQUESTS_PER_SECOND`: how many requests all processes together may send it; 10. 0 for no limit.
    pub rate: Option<Rate>,
}

/// openFDA.
#[derive(Clone, Debug)]
pub struct OpenfdaConfig {
    /// `OPENFDA_URL`: where it is; `https://api.fda.gov`.
    pub url: BaseUrl,
    /// `OPENFDA_API_KEY`: the key that raises the limit of a day; none.
    pub api_key: Option<ApiKey>,
    /// `OPENFDA_REQUESTS_PER_MINUTE`: how many requests all processes together may send; 240.
    pub per_minute: Rate,
    /// `OPENFDA_REQUESTS_PER_DAY`: likewise; 1,000 without a key and 120,000 with one.
    pub per_day: Rate,
}

/// The address that the paths of an origin come behind.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BaseUrl(String);

/// A secret that an origin is shown. Its debug output does not show it.
#[derive(Clone, Eq, PartialEq)]
pub struct ApiKey(String);

impl OriginConfig {
    pub(super) fn of(settings: &Settings<'_>) -> Result<Self, InvalidSetting> {
        let order = order(settings)?;
        Ok(Self {
            fallback_life: Duration::from_secs(settings.number("ORIGIN_FALLBACK_SECS", 1, 86_400, 60)?),
            queue: settings.millis("ORIGIN_QUEUE_MS", 2_000)?,
            max_answer_bytes: settings.size("ORIGIN_MAX_ANSWER_BYTES", 1 << 10, 1 << 20, 256 << 10)?,
            connect_timeout: Duration::from_millis(settings.number("ORIGIN_CONNECT_TIMEOUT_MS", 10, 60_000, 1_000)?),
            ca_file: settings.text("ORIGIN_CA_FILE").map(PathBuf::from),
            upstream: UpstreamConfig::of(settings, &order)?,
            openfda: OpenfdaConfig::of(settings, &order)?,
            bedrock: BedrockConfig::of(settings, &order)?,
            embedded_delay: settings.millis("EMBEDDED_ORIGIN_DELAY_MS", 0)?,
            order,
        })
    }

    /// The order as it is written in the setting.
    #[must_use]
    pub fn names(&self) -> String {
        self.order.iter().map(|source| source.as_str()).collect::<Vec<_>>().join(",")
    }
}

fn order(settings: &Settings<'_>) -> Result<Vec<Source>, InvalidSetting> {
    let name = "MEDINSIGHT_ORIGIN";
    let mut order = Vec::new();
    for text in settings.text(name).unwrap_or("embedded").split(',').map(str::trim) {
        let source = Source::ALL.into_iter().find(|source| source.as_str() == text && !order.contains(source));
        order.push(source.ok_or_else(|| InvalidSetting::rule(name, ORDER_RULE))?);
    }
    if order.contains(&Source::Bedrock) && !cfg!(feature = "bedrock") {
        return Err(InvalidSetting::rule(name, NO_BEDROCK_RULE));
    }
    Ok(order)
}

/// A setting that has no effect is a mistake: the embedded origin would answer, and nobody would know why.
pub(super) fn absent(
    settings: &Settings<'_>,
    names: &[&'static str],
    rule: &'static str,
) -> Result<(), InvalidSetting> {
    match names.iter().find(|name| settings.text(name).is_some()) {
        Some(name) => Err(InvalidSetting::rule(name, rule)),
        None => Ok(()),
    }
}

impl UpstreamConfig {
    fn of(settings: &Settings<'_>, order: &[Source]) -> Result<Option<Self>, InvalidSetting> {
        if !order.contains(&Source::Upstream) {
            let names = ["ORIGIN_URL", "ORIGIN_API_KEY", "ORIGIN_REVISION"];
            return absent(settings, &names, "absent unless MEDINSIGHT_ORIGIN names upstream").map(|()| None);
        }
        let per_second = settings.number("ORIGIN_REQUESTS_PER_SECOND", 0, 100_000, 10)?;
        let url = settings.text("ORIGIN_URL");
        let url =
            url.ok_or_else(|| InvalidSetting::rule("ORIGIN_URL", "given when MEDINSIGHT_ORIGIN names upstream"))?;
        Ok(Some(Self {
            url: BaseUrl::of("ORIGIN_URL", url)?,
            api_key: ApiKey::of(settings, "ORIGIN_API_KEY")?,
            revision: revision(settings)?,
            rate: rate(per_second, SECOND),
        }))
    }
}

impl OpenfdaConfig {
    fn of(settings: &Settings<'_>, order: &[Source]) -> Result<Option<Self>, InvalidSetting> {
        if !order.contains(&Source::Openfda) {
            let names = ["OPENFDA_URL", "OPENFDA_API_KEY"];
            return absent(settings, &names, "absent unless MEDINSIGHT_ORIGIN names openfda").map(|()| None);
        }
        let api_key = ApiKey::of(settings, "OPENFDA_API_KEY")?;
        let daily = if api_key.is_some() { 120_000 } else { 1_000 };
        let per_minute = settings.number("OPENFDA_REQUESTS_PER_MINUTE", 1, 1_000_000, 240)?;
        let per_day = settings.number("OPENFDA_REQUESTS_PER_DAY", 1, 1_000_000_000, daily)?;
        Ok(Some(Self {
            url: BaseUrl::of("OPENFDA_URL", settings.text("OPENFDA_URL").unwrap_or("https://api.fda.gov"))?,
            api_key,
            per_minute: within(per_minute, MINUTE),
            per_day: within(per_day, DAY),
        }))
    }
}

/// 0 is no limit.
pub(super) fn rate(count: u64, window: Duration) -> Option<Rate> {
    (count > 0).then(|| within(count, window))
}

fn within(count: u64, window: Duration) -> Rate {
    Rate::within(u32::try_from(count).unwrap_or(u32::MAX), window)
}

fn revision(settings: &Settings<'_>) -> Result<String, InvalidSetting> {
    let name = "ORIGIN_REVISION";
    let revision = settings.text(name).unwrap_or("1");
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if revision.len() <= 32 && revision.bytes().all(is_allowed) {
        Ok(revision.to_owned())
    } else {
        Err(InvalidSetting::rule(name, "at most 32 letters, digits and -._"))
    }
}

impl BaseUrl {
    pub(super) fn of(name: &'static str, text: &str) -> Result<Self, InvalidSetting> {
        let uri: Option<Uri> = text.parse().ok();
        let is_usable = |uri: &Uri| {
            let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
            // User and password in an address would end up in logs of whoever is on the way.
            let authority = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
            is_http && authority && uri.query().is_none()
        };
        match uri.filter(is_usable) {
            Some(_) => Ok(Self(text.trim_end_matches('/').to_owned())),
            None => Err(InvalidSetting::rule(name, URL_RULE)),
        }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of a path, which begins with a slash.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        [&self.0, path].concat()
    }

    /// Whether what is sent there can be read on the way.
    #[must_use]
    pub fn is_open_to_others(&self) -> bool {
        let host = self.0.strip_prefix("http://").map(|rest| rest.split([':', '/']).next().unwrap_or_default());
        host.is_some_and(|host| !matches!(host, "localhost" | "127.0.0.1" | "[")) && !self.0.starts_with("http://[::1]")
    }
}

impl ApiKey {
    pub(super) fn of(settings: &Settings<'_>, name: &'static str) -> Result<Option<Self>, InvalidSetting> {
        let Some(text) = settings.text(name) else { return Ok(None) };
        let is_usable = text.len() <= 4_096 && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_usable { Ok(Some(Self(text.to_owned()))) } else { Err(InvalidSetting::rule(name, "visible ASCII")) }
    }

    /// The value of `Authorization`. Traces and logs of the HTTP client do not show it.
    #[must_use]
    pub fn as_bearer(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.0)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The key, for services that take it elsewhere.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::BaseUrl;
    use crate::config::{Config, OriginConfig};
    use crate::origin::Source;

    fn origin(pairs: &[(&str, &str)]) -> Result<OriginConfig, String> {
        let variables: Vec<_> = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Config::from_variables(&variables).map(|config| config.origin).map_err(|error| error.to_string())
    }

    #[test]
    fn without_settings_the_embedded_origin_answers() {
        let config = origin(&[]).expect("valid");
        assert_eq!(config.order, [Source::Embedded]);
        assert!(config.upstream.is_none() && config.openfda.is_none());
    }

    #[test]
    fn the_order_is_that_of_the_list() {
        let config =
            origin(&[("MEDINSIGHT_ORIGIN", "upstream, openfda,embedded"), ("ORIGIN_URL", "https://hub.example")]);
        let config = config.expect("valid");
        assert_eq!(config.order, [Source::Upstream, Source::Openfda, Source::Embedded]);
        assert!(config.upstream.is_some() && config.openfda.is_some());
    }

    #[test]
    fn a_key_of_openfda_raises_the_limit_of_a_day_and_is_never_shown() {
        let day = |pairs: &[(&str, &str)]| {
            let pairs = [&[("MEDINSIGHT_ORIGIN", "openfda,embedded")], pairs].concat();
            origin(&pairs).expect("valid").openfda.expect("openFDA")
        };
        assert!(day(&[]).per_day.interval_ms() > day(&[("OPENFDA_API_KEY", "invented-key")]).per_day.interval_ms());
        assert!(!format!("{:?}", day(&[("OPENFDA_API_KEY", "invented-key")])).contains("invented"));
    }

    #[test]
    fn a_bad_setting_is_refused_by_name_and_never_repeated() {
        let upstream = ("MEDINSIGHT_ORIGIN", "upstream");
        let url = ("ORIGIN_URL", "https://hub.example");
        let cases: [(&[(&str, &str)], &str); 9] = [
            (&[("MEDINSIGHT_ORIGIN", "hunter2")], "MEDINSIGHT_ORIGIN: must be a list of"),
            (&[("MEDINSIGHT_ORIGIN", "embedded,embedded")], "MEDINSIGHT_ORIGIN: must be a list of"),
            (&[("MEDINSIGHT_ORIGIN", "embedded,")], "MEDINSIGHT_ORIGIN: must be a list of"),
            (&[upstream], "ORIGIN_URL: must be given when MEDINSIGHT_ORIGIN names upstream"),
            (&[url], "ORIGIN_URL: must be absent unless MEDINSIGHT_ORIGIN names upstream"),
            (&[upstream, ("ORIGIN_URL", "https://me:hunter2@hub.example")], "ORIGIN_URL: must be an address"),
            (&[upstream, url, ("ORIGIN_REVISION", "hunter 2")], "ORIGIN_REVISION: must be at most 32 letters"),
            (&[upstream, url, ("ORIGIN_API_KEY", "hunter 2")], "ORIGIN_API_KEY: must be visible ASCII"),
            (
                &[("OPENFDA_API_KEY", "hunter2")],
                "OPENFDA_API_KEY: must be absent unless MEDINSIGHT_ORIGIN names openfda",
            ),
        ];
        for (pairs, expected) in cases {
            let error = origin(pairs).map(|_| ()).expect_err("refused");
            assert!(error.starts_with(expected) && !error.contains("hunter"), "{error}");
        }
    }

    #[test]
    fn an_address_is_open_to_others_when_it_has_no_tls_and_is_not_of_this_machine() {
        for (url, expected) in [
            ("http://hub.example/base/", true),
            ("http://10.0.0.7:8000", true),
            ("https://hub.example", false),
            ("http://127.0.0.1:8000", false),
            ("http://localhost", false),
            ("http://[::1]:80", false),
        ] {
            assert_eq!(BaseUrl::of("ORIGIN_URL", url).expect("valid").is_open_to_others(), expected, "{url}");
        }
        assert_eq!(BaseUrl::of("ORIGIN_URL", "http://a/b/").expect("valid").at("/c"), "http://a/b/c");
    }
}
