//! The origins of a configuration, for each kind of question.

#[cfg(feature = "bedrock")]
use super::bedrock::BedrockOrigin;
use super::guard::{Allowance, Guard, Limit, Window};
use super::http::HttpClient;
use super::none::NoOrigin;
use super::openfda::OpenfdaOrigin;
use super::upstream::UpstreamOrigin;
use super::{Chain, EmbeddedOrigin, Origin, Source};
use crate::cache::Cache;
#[cfg(feature = "bedrock")]
use crate::config::{BaseUrl, BedrockConfig};
use crate::config::{Config, OpenfdaConfig, OriginConfig, UpstreamConfig};
use std::error::Error;
use std::sync::Arc;

/// The longest answer of openFDA that is read: the labels of prescription drugs are whole leaflets, with tables.
const MAX_LABEL_BYTES: usize = 4 << 20;

/// Who answers which kind of question, and in which order.
#[derive(Clone, Debug)]
pub struct Origins {
    /// Health questions.
    pub health: Chain,
    /// Facts about drugs.
    pub drug_facts: Chain,
    /// Analyses of drugs.
    pub drug_analyses: Chain,
}

/// How a process comes by its origins. Who asks none does not have the code of them all.
pub type MakeOrigins = fn(&Config, &Cache) -> Result<Origins, Box<dyn Error>>;

/// A kind of question.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Health,
    DrugFacts,
    DrugAnalyses,
}

/// An origin that was put together.
struct Ready {
    source: Source,
    origin: Arc<dyn Origin>,
}

impl Origins {
    /// The origins of a configuration. Nothing is connected to yet. Budgets are kept in the store of `cache`.
    ///
    /// # Errors
    ///
    /// When certificates cannot be read, or names are too long.
    pub fn new(config: &Config, cache: &Cache) -> Result<Self, Box<dyn Error>> {
        let config = &config.origin;
        let embedded = EmbeddedOrigin::new(config.embedded_delay)?;
        let ready = config.order.iter().map(|source| ready(*source, config, cache, &embedded));
        let ready = ready.collect::<Result<Vec<_>, _>>()?;
        let chain = |kind| chain(kind, &ready, &embedded, config);
        Ok(Self {
            health: chain(Kind::Health),
            drug_facts: chain(Kind::DrugFacts),
            drug_analyses: chain(Kind::DrugAnalyses),
        })
    }

    /// Origins without answers, for a process that asks none.
    ///
    /// # Errors
    ///
    /// None that can happen.
    pub fn none(_: &Config, _: &Cache) -> Result<Self, Box<dyn Error>> {
        let none = Chain::from(Arc::new(NoOrigin::new()?) as Arc<dyn Origin>);
        Ok(Self { health: none.clone(), drug_facts: none.clone(), drug_analyses: none })
    }
}

impl Kind {
    const fn is_answered_by(self, source: Source) -> bool {
        match source {
            Source::Embedded | Source::Upstream => true,
            Source::Bedrock => matches!(self, Self::Health | Self::DrugAnalyses),
            Source::Openfda => matches!(self, Self::DrugFacts),
        }
    }
}

/// Those of the order that answer this kind of question. What none of them answers, the embedded origin does.
fn chain(kind: Kind, ready: &[Ready], embedded: &EmbeddedOrigin, config: &OriginConfig) -> Chain {
    let able = ready.iter().filter(|ready| kind.is_answered_by(ready.source));
    let mut able = able.map(|ready| Arc::clone(&ready.origin));
    let first = able.next().unwrap_or_else(|| Arc::new(embedded.clone()));
    Chain::new(first, able.collect(), config.fallback_life)
}

fn ready(
    source: Source,
    config: &OriginConfig,
    cache: &Cache,
    embedded: &EmbeddedOrigin,
) -> Result<Ready, Box<dyn Error>> {
    let origin: Arc<dyn Origin> = match source {
        Source::Embedded => Arc::new(embedded.clone()),
        Source::Upstream => {
            let upstream = config.upstream.as_ref().ok_or("ORIGIN_URL: must be given")?;
            Arc::new(upstream_origin(upstream, config, cache, embedded)?)
        }
        Source::Openfda => {
            let openfda = config.openfda.as_ref().ok_or("MEDINSIGHT_ORIGIN: does not name openfda")?;
            Arc::new(openfda_origin(openfda, config, cache, embedded)?)
        }
        #[cfg(feature = "bedrock")]
        Source::Bedrock => {
            let bedrock = config.bedrock.as_ref().ok_or("BEDROCK_MODEL_ID: must be given")?;
            Arc::new(bedrock_origin(bedrock, config, cache, embedded)?)
        }
        #[cfg(not(feature = "bedrock"))]
        Source::Bedrock => return Err("MEDINSIGHT_ORIGIN: names bedrock, which is not built in".into()),
    };
    Ok(Ready { source, origin })
}

fn upstream_origin(
    upstream: &UpstreamConfig,
    config: &OriginConfig,
    cache: &Cache,
    embedded: &EmbeddedOrigin,
) -> Result<UpstreamOrigin, Box<dyn Error>> {
    if upstream.url.is_open_to_others() {
        tracing::warn!("questions go to the address in ORIGIN_URL without encryption");
    }
    let windows = upstream.rate.map(Limit::Calls).map(|limit| Window { name: "medinsight:budget:{upstream}", limit });
    let allowance = Allowance::new(cache.clone(), windows.into_iter().collect(), config.queue);
    let guard = Guard::new(Source::Upstream, allowance, cache.clock());
    let http = HttpClient::new(config, config.max_answer_bytes, cache.clock())?;
    Ok(UpstreamOrigin::new(upstream, http, guard, embedded.clone())?)
}

fn openfda_origin(
    openfda: &OpenfdaConfig,
    config: &OriginConfig,
    cache: &Cache,
    embedded: &EmbeddedOrigin,
) -> Result<OpenfdaOrigin, Box<dyn Error>> {
    let windows = vec![
        Window { name: "medinsight:budget:{openfda}:minute", limit: Limit::Calls(openfda.per_minute) },
        Window { name: "medinsight:budget:{openfda}:day", limit: Limit::Calls(openfda.per_day) },
    ];
    let guard = Guard::new(Source::Openfda, Allowance::new(cache.clone(), windows, config.queue), cache.clock());
    let http = HttpClient::new(config, MAX_LABEL_BYTES, cache.clock())?;
    Ok(OpenfdaOrigin::new(openfda, http, guard, embedded.clone())?)
}

#[cfg(feature = "bedrock")]
fn bedrock_origin(
    bedrock: &BedrockConfig,
    config: &OriginConfig,
    cache: &Cache,
    embedded: &EmbeddedOrigin,
) -> Result<BedrockOrigin, Box<dyn Error>> {
    if bedrock.endpoint.as_ref().is_some_and(BaseUrl::is_open_to_others) {
        tracing::warn!("questions go to the address in BEDROCK_ENDPOINT_URL without encryption");
    }
    // Tokens first: a call is made soon after the other one allows it.
    let tokens = bedrock.tokens.map(|volume| ("medinsight:budget:{bedrock}:tokens", Limit::Tokens(volume)));
    let requests = bedrock.requests.map(|rate| ("medinsight:budget:{bedrock}:requests", Limit::Calls(rate)));
    let windows = tokens.into_iter().chain(requests).map(|(name, limit)| Window { name, limit });
    let allowance = Allowance::new(cache.clone(), windows.collect(), config.queue);
    let guard = Guard::new(Source::Bedrock, allowance, cache.clock());
    let http = HttpClient::new(config, config.max_answer_bytes, cache.clock())?;
    Ok(BedrockOrigin::new(bedrock, http, guard, cache.clone(), embedded.clone())?)
}
