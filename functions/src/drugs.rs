//! Facts about drugs and their analyses, asked through the cache.
//!
//! Answers are kept under the drug's generic name, so that its brand names share one entry with it.

mod analyses;
mod analysis_id;
mod desk;
mod progress;
mod unknown;

pub use analyses::Submitted;
pub use analysis_id::AnalysisId;
pub use desk::NoAnswerNow;
pub use progress::{FailureCause, Phase, Progress};

use crate::budget::{NotAnswered, Payer};
use crate::cache::{Answer, Cache, Computation, Counter, Deadline, Endpoint, Substitute, Usage, Visit};
use crate::origin::{Chain, DrugFacts, Given, OriginError, to_json};
use crate::worker::written;
use bytes::Bytes;
use desk::Desk;
use medinsight_core::{CacheKey, DrugName};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use unknown::UnknownDrugs;

/// Answers questions about drugs. Clones share everything.
#[derive(Clone, Debug)]
pub struct Drugs(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    cache: Cache,
    facts: Chain,
    analyses: Chain,
    origin_timeout: Duration,
    unknown: UnknownDrugs,
    desk: Desk,
}

/// Facts about a drug and when they were looked up, as they are stored.
#[derive(Debug, Serialize)]
struct DrugInfo {
    /// Milliseconds since 1970.
    lookup_timestamp: u64,
    /// Its last members are those of the whole, see [`Source::of_stored`](crate::origin::Source::of_stored) and
    /// [`Revisions`](crate::origin::Revisions).
    #[serde(flatten)]
    facts: DrugFacts,
}

impl Drugs {
    /// Drugs as origins know them: those of `facts` about drugs, and those of `analyses` of them. They have
    /// `origin_timeout` for each answer.
    #[must_use]
    pub fn new(cache: Cache, facts: Chain, analyses: Chain, origin_timeout: Duration) -> Self {
        let (desk, unknown) = (Desk::new(cache.clone()), UnknownDrugs::default());
        Self(Arc::new(Inner { cache, facts, analyses, origin_timeout, unknown, desk }))
    }

    /// What is known of a drug. An old answer is served while it is revalidated, and when the origin fails.
    ///
    /// # Errors
    ///
    /// [`OriginError::UnknownDrug`], or why neither the origin nor the cache has an answer for the client.
    pub async fn info(&self, drug: &DrugName, payer: Payer<'_>, deadline: Deadline) -> Result<Answer, NotAnswered> {
        let cache = &self.0.cache;
        let (drug, key) = self.info_key(drug)?;
        if self.is_known_to_be_unknown(&self.0.facts, &drug) {
            cache.tally(Counter::Usage(Endpoint::DrugInfo, Usage::Requests), 1);
            cache.tally(Counter::Usage(Endpoint::DrugInfo, Usage::Negative), 1);
            return Err(OriginError::UnknownDrug.into());
        }
        let visit = Visit {
            counts: Endpoint::DrugInfo.requests(),
            substitute: self.facts_of_others(&drug, deadline),
            ..self.info_visit(&key, deadline)
        };
        let admission = async { payer.pay().await.map_err(NotAnswered::from) };
        let result = cache.fetch_if(visit, admission, self.looking_up(drug, key, deadline)).await;
        match &result {
            Ok(answer) => cache.count_answer(Endpoint::DrugInfo, answer),
            Err(NotAnswered::Origin(OriginError::UnknownDrug) | NotAnswered::OverBudget(_)) => {}
            Err(NotAnswered::Origin(OriginError::TimedOut | OriginError::Unavailable | OriginError::Failed)) => {
                cache.tally(Counter::Failures(Endpoint::DrugInfo), 1);
            }
        }
        result
    }

    /// For how long facts that were looked up just now are fresh.
    #[must_use]
    pub fn info_fresh_for(&self, drug: &DrugName) -> Duration {
        self.info_key(drug).map(|(_, key)| self.0.cache.fresh_for(&key)).unwrap_or_default()
    }

    /// Sees to it that fresh facts about a drug are in the cache, for nobody in particular.
    ///
    /// # Errors
    ///
    /// [`OriginError::UnknownDrug`], or the origin's error when there are no earlier facts to give instead.
    pub async fn warm_info(&self, drug: &DrugName, deadline: Deadline) -> Result<Answer, OriginError> {
        let (drug, key) = self.info_key(drug)?;
        if self.is_known_to_be_unknown(&self.0.facts, &drug) {
            return Err(OriginError::UnknownDrug);
        }
        let visit = self.info_visit(&key, deadline);
        self.0.cache.renew(visit, self.looking_up(drug, key, deadline)).await
    }

    /// The name that facts about a drug are kept under, and their key. No drug's name makes too long a key.
    fn info_key(&self, drug: &DrugName) -> Result<(DrugName, CacheKey), OriginError> {
        let drug = self.0.facts.generic_name(drug);
        let key = CacheKey::drug_info(&drug).map_err(|_| OriginError::UnknownDrug)?;
        Ok((drug, key))
    }

    fn info_visit(&self, key: &CacheKey, deadline: Deadline) -> Visit {
        Visit { revisions: Some(self.0.facts.revisions().clone()), ..Visit::to(key.clone(), deadline) }
    }

    fn looking_up(&self, drug: DrugName, key: CacheKey, deadline: Deadline) -> impl FnOnce() -> Computation + use<> {
        let drugs = self.clone();
        move || {
            let job = drugs.0.cache.has_successor().then(|| written::drug_info(&drug));
            Computation::new(drugs.look_up(drug, key, deadline), job)
        }
    }

    async fn look_up(self, drug: DrugName, key: CacheKey, deadline: Deadline) -> Result<Bytes, OriginError> {
        let until = self.0.cache.computed_by(deadline);
        let facts = self.0.facts.ask_first(until, |origin, until| origin.drug_facts(&drug, until)).await;
        let facts = self.learn(facts, &drug, &key).await?;
        self.as_stored(facts)
    }

    /// What the other origins know, if there are any.
    fn facts_of_others(&self, drug: &DrugName, deadline: Deadline) -> Option<Substitute> {
        self.0.facts.has_substitutes().then(|| {
            let (drugs, drug) = (self.clone(), drug.clone());
            Substitute::new(move || Box::pin(drugs.look_up_otherwise(drug, deadline)), self.0.facts.substitute_life())
        })
    }

    async fn look_up_otherwise(self, drug: DrugName, deadline: Deadline) -> Result<Bytes, OriginError> {
        let until = self.0.cache.computed_by(deadline);
        let facts = self.0.facts.ask_others(until, |origin, until| origin.drug_facts(&drug, until)).await?;
        self.as_stored(facts)
    }

    fn as_stored(&self, given: Given<DrugFacts>) -> Result<Bytes, OriginError> {
        let facts = DrugFacts { revision: Some(given.revision), ..given.answer };
        let lookup_timestamp = self.0.cache.clock().now().0;
        to_json(&DrugInfo { lookup_timestamp, facts })
    }

    /// Learns from an answer that there is no such drug. What was stored about it is wrong from now on.
    async fn learn<T>(
        &self,
        answer: Result<T, OriginError>,
        drug: &DrugName,
        key: &CacheKey,
    ) -> Result<T, OriginError> {
        if let Err(OriginError::UnknownDrug) = answer {
            self.0.unknown.remember(drug, self.0.cache.clock().now());
            // A store that fails only keeps what the next revalidation will remove.
            let _ = self.0.cache.delete(key).await;
        }
        answer
    }

    fn is_known_to_be_unknown(&self, origins: &Chain, drug: &DrugName) -> bool {
        origins.rules_out(drug) || self.0.unknown.contains(drug, self.0.cache.clock().now())
    }
}
