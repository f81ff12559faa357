//! The health question, asked through the cache.

mod summary;

pub use summary::Summary;

use crate::budget::{NotAnswered, Payer};
use crate::cache::{Answer, Cache, Computation, Computing, Counter, Deadline, Endpoint, Substitute, Visit};
use crate::origin::answer::MedicationInteractions;
use crate::origin::{Chain, Origin, OriginError, to_json};
use crate::worker::written;
use bytes::Bytes;
use medinsight_core::{
    AnalyzerRevision, CacheKey, EntryKind, HealthAnalysisRequest, KeySecret, MedicationSet, RequestDigest,
};
use std::sync::Arc;

/// Answers health questions from the cache or else from an origin. Clones share everything.
#[derive(Clone, Debug)]
pub struct HealthAnalyses {
    cache: Cache,
    origins: Chain,
    key_secret: Option<KeySecret>,
}

/// A health question with its canonical text and its digest, under which a client can ask for the answer again.
#[derive(Debug)]
pub struct Question {
    request: Arc<HealthAnalysisRequest>,
    canonical: String,
    digest: RequestDigest,
}

impl Question {
    /// The canonical text.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The digest.
    #[must_use]
    pub const fn digest(&self) -> &RequestDigest {
        &self.digest
    }
}

/// Who asks a question.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The session that what was asked and answered is stored for.
    pub session: &'a str,
    /// Who pays when an answer has to be computed.
    pub payer: Payer<'a>,
}

impl HealthAnalyses {
    /// Analyses by `origins`.
    #[must_use]
    pub fn new(cache: Cache, origins: Chain, key_secret: Option<KeySecret>) -> Self {
        Self { cache, origins, key_secret }
    }

    /// A question with what its key is made from.
    #[must_use]
    pub fn question(&self, request: HealthAnalysisRequest) -> Question {
        let canonical = request.canonical_json(self.origins.revision());
        let digest = RequestDigest::of(EntryKind::HealthAnalysis.category(), &canonical);
        Question { request: Arc::new(request), canonical, digest }
    }

    /// The revision of what computes the answers; it is part of every digest.
    #[must_use]
    pub fn analyzer(&self) -> &AnalyzerRevision {
        self.origins.revision()
    }

    /// Whether the keys of entries are made private with a secret.
    #[must_use]
    pub const fn has_private_keys(&self) -> bool {
        self.key_secret.is_some()
    }

    /// Counts a client that claimed another digest than its question has.
    pub fn count_digest_mismatch(&self) {
        self.cache.tally(Counter::DigestMismatches, 1);
    }

    /// Answers a question for a session.
    ///
    /// # Errors
    ///
    /// [`NotAnswered`] when the cache has no answer, and the origin has none or the client has spent its budget.
    pub async fn analyze(
        &self,
        question: Question,
        asker: Asker<'_>,
        deadline: Deadline,
    ) -> Result<Answer, NotAnswered> {
        let Question { request, canonical, digest } = question;
        let is_worth_storing = !asker.payer.is_broke();
        let inputs = CacheKey::build("symptom", asker.session, Some("inputs"));
        let inputs = inputs.ok().filter(|_| is_worth_storing).map(|key| (key, Bytes::from(canonical)));
        let substitute = self.substitute(&request, deadline);
        let inputs = inputs.into_iter().collect();
        let visit = Visit { inputs, substitute, ..self.visit(&digest, deadline) };
        let admission = async { asker.payer.pay().await.map_err(NotAnswered::from) };
        let result = self.cache.fetch_if(visit, admission, self.computing(request, deadline)).await;
        match &result {
            Ok(answer) => {
                self.cache.count_answer(Endpoint::HealthAnalysis, answer);
                self.keep_summary(asker.session, answer, &digest);
            }
            Err(NotAnswered::Origin(_)) => self.cache.tally(Counter::Failures(Endpoint::HealthAnalysis), 1),
            Err(NotAnswered::OverBudget(_)) => {}
        }
        result
    }

    /// Sees to it that a fresh answer to a question is in the cache, for nobody in particular: no session has it, no
    /// client pays for it, and it is no request in the statistics.
    ///
    /// # Errors
    ///
    /// The origin's error. An earlier answer is given instead if there is one, as [`CacheStatus::Stale`].
    ///
    /// [`CacheStatus::Stale`]: crate::cache::CacheStatus::Stale
    pub async fn warm(&self, question: HealthAnalysisRequest, deadline: Deadline) -> Result<Answer, OriginError> {
        let digest = question.digest(self.origins.revision());
        let visit = Visit::to(self.key_of(&digest), deadline);
        self.cache.renew(visit, self.computing(Arc::new(question), deadline)).await
    }

    /// The key under which the answer to the question with this digest lies.
    #[must_use]
    pub fn key_of(&self, digest: &RequestDigest) -> CacheKey {
        CacheKey::health_analysis(digest, self.key_secret.as_ref())
    }

    /// Every key under which the answer may lie: as it is now, and as it was without a secret.
    #[must_use]
    pub fn keys_of(&self, digest: &RequestDigest) -> Vec<CacheKey> {
        let mut keys = vec![self.key_of(digest), CacheKey::health_analysis(digest, None)];
        keys.dedup();
        keys
    }

    /// Every key under which what somebody calls `key` may lie: that key, and for an answer also the one that its digest
    /// has with a secret, because the digest is what clients see.
    #[must_use]
    pub fn keys_called(&self, key: CacheKey) -> Vec<CacheKey> {
        let digest = key.identifier().parse::<RequestDigest>().ok();
        let private = digest.filter(|_| key.kind() == EntryKind::HealthAnalysis).map(|digest| self.key_of(&digest));
        let private = private.filter(|private| *private != key);
        std::iter::once(key).chain(private).collect()
    }

    /// The cached answer to the question with this digest, if there is one. Never computes.
    pub async fn find(&self, digest: &RequestDigest, deadline: Deadline) -> Option<Answer> {
        let answer = self.cache.peek(self.visit(digest, deadline)).await?;
        self.cache.count_answer(Endpoint::HealthAnalysis, &answer);
        Some(answer)
    }

    fn visit(&self, digest: &RequestDigest, deadline: Deadline) -> Visit {
        Visit { counts: Endpoint::HealthAnalysis.requests(), ..Visit::to(self.key_of(digest), deadline) }
    }

    /// Keeps the summary with the next trip: also on a hit, where the session may be another person's.
    fn keep_summary(&self, session: &str, answer: &Answer, digest: &RequestDigest) {
        let Ok(key) = CacheKey::build("ai_summary", session, None) else { return };
        let digest = digest.to_hex();
        let summary = Summary::of_answer(&answer.body, &digest).and_then(|summary| summary.to_json().ok());
        if let Some(payload) = summary {
            self.cache.store_later(key, payload.into());
        }
    }

    fn computing(&self, question: Arc<HealthAnalysisRequest>, deadline: Deadline) -> impl FnOnce() -> Computation {
        move || {
            let analyses = self.clone();
            let job = || written::health_analysis(&question.canonical_json(analyses.analyzer()));
            let job = analyses.cache.has_successor().then(job);
            Computation::new(analyses.compute(question, deadline), job)
        }
    }

    async fn compute(self, question: Arc<HealthAnalysisRequest>, deadline: Deadline) -> Result<Bytes, OriginError> {
        let until = self.cache.computed_by(deadline);
        let given = self.origins.ask_first(until, |origin, until| Box::pin(self.ask(origin, &question, until)));
        given.await.map(|given| given.answer)
    }

    /// What the other origins would say to the question, if there are any.
    fn substitute(&self, question: &Arc<HealthAnalysisRequest>, deadline: Deadline) -> Option<Substitute> {
        if !self.origins.has_substitutes() {
            return None;
        }
        let (analyses, question) = (self.clone(), Arc::clone(question));
        let compute = move || -> Computing { Box::pin(analyses.compute_otherwise(question, deadline)) };
        Some(Substitute::new(compute, self.origins.substitute_life()))
    }

    async fn compute_otherwise(
        self,
        question: Arc<HealthAnalysisRequest>,
        deadline: Deadline,
    ) -> Result<Bytes, OriginError> {
        let until = self.cache.computed_by(deadline);
        let given = self.origins.ask_others(until, |origin, until| Box::pin(self.ask(origin, &question, until)));
        given.await.map(|given| given.answer)
    }

    async fn ask(
        &self,
        origin: &Arc<dyn Origin>,
        question: &HealthAnalysisRequest,
        until: Deadline,
    ) -> Result<Bytes, OriginError> {
        let interactions = match MedicationSet::of_request(question) {
            Some(medications) => self.interactions(origin, medications, until).await?,
            None => MedicationInteractions::none(),
        };
        to_json(&origin.analyze(question, &interactions, until).await?)
    }

    /// The interactions have an entry of their own, which every question with the same medicines shares.
    async fn interactions(
        &self,
        origin: &Arc<dyn Origin>,
        medications: MedicationSet,
        deadline: Deadline,
    ) -> Result<MedicationInteractions, OriginError> {
        let digest = medications.digest(origin.revision());
        let key = CacheKey::medication_interactions(&digest, self.key_secret.as_ref());
        let origin = Arc::clone(origin);
        let compute = async move { to_json(&origin.interactions(&medications).await?) };
        let visit = Visit { counts: Endpoint::MedicationInteractions.requests(), ..Visit::to(key, deadline) };
        let result = self.cache.fetch(visit, || Computation::new(compute, None)).await;
        match &result {
            Ok(answer) => self.cache.count_answer(Endpoint::MedicationInteractions, answer),
            Err(_) => self.cache.tally(Counter::Failures(Endpoint::MedicationInteractions), 1),
        }
        let answer = result?;
        serde_json::from_slice(&answer.body).map_err(|_| OriginError::Failed)
    }
}
