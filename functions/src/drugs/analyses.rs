//! Analyses: taken in, computed in the background, asked for by their names.

use super::desk::{Taken, Ticket, session_key};
use super::{AnalysisId, Drugs, FailureCause, NoAnswerNow, Progress};
use crate::budget::{NotAnswered, Payer};
use crate::cache::{Answer, CacheStatus, Computation, Counter, Deadline, Endpoint, Substitute, Usage, Visit};
use crate::clock::millis;
use crate::origin::{DrugAnalysis, Given, OriginError, to_json};
use crate::worker::written;
use bytes::Bytes;
use medinsight_core::{AnalysisVariant, CacheKey, DrugAnalysisRequest, DrugName, UnixMillis};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How long an analysis may take longer than its origin, before it is given up: it may have to wait for another process
/// that fails, and is told to the store.
const MARGIN: Duration = Duration::from_secs(2);

/// How often the record of a long computation is renewed, before the store forgets it.
const RENEWED_EVERY: Duration = Duration::from_secs(60);

/// What came of asking for an analysis.
#[derive(Debug)]
pub enum Submitted {
    /// There is a fresh one.
    Answered {
        /// A name for what was asked.
        id: AnalysisId,
        /// The analysis.
        answer: Answer,
    },
    /// It is under way.
    UnderWay {
        /// The name to ask for it by.
        id: AnalysisId,
        /// Whether it was begun for this request, or joined.
        status: CacheStatus,
        /// How long it takes at most.
        expected_in: Duration,
    },
}

/// A question in the form that its answer is kept under.
#[derive(Clone, Debug)]
struct Question {
    drug: DrugName,
    variant: AnalysisVariant,
    key: CacheKey,
}

impl Drugs {
    /// Answers with a fresh analysis, or begins or joins one that is under way.
    ///
    /// # Errors
    ///
    /// [`OriginError::UnknownDrug`] when the origin is certain of that or it was learnt a moment ago,
    /// [`OriginError::Failed`] without randomness, and [`NotAnswered::OverBudget`] when an analysis would have to be begun
    /// for a client that has spent its budget.
    pub async fn submit(
        &self,
        request: &DrugAnalysisRequest,
        payer: Payer<'_>,
        deadline: Deadline,
    ) -> Result<Submitted, NotAnswered> {
        let (cache, desk) = (&self.0.cache, &self.0.desk);
        let question = self.question(request.drug(), *request.variant()).ok_or(OriginError::UnknownDrug)?;
        let count = |usage| cache.tally(Counter::Usage(Endpoint::DrugAnalysis, usage), 1);
        if self.is_known_to_be_unknown(&self.0.analyses, &question.drug) {
            count(Usage::Requests);
            count(Usage::Negative);
            return Err(OriginError::UnknownDrug.into());
        }
        if let Some(id) = desk.find_under_way(&question.key) {
            count(Usage::Requests);
            count(Usage::Coalesced);
            return Ok(self.under_way(id, CacheStatus::Coalesced));
        }
        let id = AnalysisId::random().ok_or(OriginError::Failed)?;
        let asked = session_key(id).ok().filter(|_| !payer.is_broke());
        let asked = asked.map(|key| (key, Bytes::from(request.canonical_json())));
        let visit = Visit {
            counts: Endpoint::DrugAnalysis.requests(),
            inputs: asked.into_iter().collect(),
            ..self.visit(&question, deadline)
        };
        if let Some(answer) = cache.find_fresh(visit, self.computing(question.clone(), deadline)).await {
            cache.count_answer(Endpoint::DrugAnalysis, &answer);
            return Ok(Submitted::Answered { id, answer });
        }
        payer.pay().await?;
        Ok(match desk.take_in(&question.key, id) {
            Taken::Already(id) => {
                count(Usage::Coalesced);
                self.under_way(id, CacheStatus::Coalesced)
            }
            Taken::New(ticket) => {
                desk.record(id, Progress::queued(id, self.expected_at())).await;
                desk.begin(id, self.clone().work(id, question, ticket));
                self.under_way(id, CacheStatus::Miss)
            }
        })
    }

    /// Sees to it that a fresh analysis is in the cache, for nobody in particular, and waits for it.
    ///
    /// # Errors
    ///
    /// [`OriginError::UnknownDrug`], or the origin's error when there is no earlier analysis to give instead.
    pub async fn warm_analysis(
        &self,
        drug: &DrugName,
        variant: AnalysisVariant,
        deadline: Deadline,
    ) -> Result<Answer, OriginError> {
        let question = self.question(drug, variant).ok_or(OriginError::UnknownDrug)?;
        if self.is_known_to_be_unknown(&self.0.analyses, &question.drug) {
            return Err(OriginError::UnknownDrug);
        }
        let visit = self.visit(&question, deadline);
        self.0.cache.renew(visit, self.computing(question, deadline)).await
    }

    /// For how long an analysis that was computed just now is fresh.
    #[must_use]
    pub fn analysis_fresh_for(&self, request: &DrugAnalysisRequest) -> Duration {
        let question = self.question(request.drug(), *request.variant());
        question.map(|question| self.0.cache.fresh_for(&question.key)).unwrap_or_default()
    }

    /// How far an analysis has got; none when there is no such one.
    ///
    /// # Errors
    ///
    /// [`NoAnswerNow`] when the store, which knows that, did not answer.
    pub async fn progress(&self, id: AnalysisId) -> Result<Option<Progress>, NoAnswerNow> {
        match self.0.desk.progress(id).await? {
            Some(progress) if self.is_abandoned(&progress) => self.outcome(id).await,
            Some(progress) => Ok(Some(progress)),
            None => self.outcome(id).await,
        }
    }

    /// What became of an analysis whose progress is no longer recorded, or no longer true.
    async fn outcome(&self, id: AnalysisId) -> Result<Option<Progress>, NoAnswerNow> {
        let Some(session) = self.0.desk.session(id).await? else { return Ok(None) };
        let request = DrugAnalysisRequest::from_json(&session).ok();
        let question = request.and_then(|request| self.question(request.drug(), *request.variant()));
        let answer = match question {
            // It is what came of this analysis, whatever is wanted now.
            Some(Question { key, .. }) => self.0.cache.peek(Visit::to(key, Deadline::after(self.time_limit()))).await,
            None => None,
        };
        Ok(Some(match answer {
            Some(answer) => Progress::completed(id, &answer),
            None => Progress::failed(id, FailureCause::Interrupted),
        }))
    }

    /// Computes an analysis and records how far it has got.
    async fn work(self, id: AnalysisId, question: Question, ticket: Ticket) {
        let (cache, desk) = (&self.0.cache, &self.0.desk);
        let deadline = Deadline::after(self.time_limit());
        let visit =
            Visit { substitute: self.analysis_of_others(&question, deadline), ..self.visit(&question, deadline) };
        let computing = cache.renew(visit, self.computing(question, deadline));
        tokio::pin!(computing);
        let expected_at = self.expected_at();
        let mut renewals = interval(RENEWED_EVERY);
        renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let result = loop {
            tokio::select! {
                result = &mut computing => break result,
                _ = renewals.tick() => desk.record(id, Progress::in_progress(id, expected_at)).await,
            }
        };
        if matches!(&result, Err(error) if *error != OriginError::UnknownDrug) {
            cache.tally(Counter::Failures(Endpoint::DrugAnalysis), 1);
        }
        // Whoever sees a failure may ask again at once, and must not join the analysis that has failed.
        drop(ticket);
        desk.record(id, Progress::ended(id, &result)).await;
    }

    fn computing(&self, question: Question, deadline: Deadline) -> impl FnOnce() -> Computation + use<> {
        let drugs = self.clone();
        move || {
            let job = || written::drug_analysis(&question.drug, question.variant);
            let job = drugs.0.cache.has_successor().then(job);
            Computation::new(drugs.compute(question, deadline), job)
        }
    }

    async fn compute(self, question: Question, deadline: Deadline) -> Result<Bytes, OriginError> {
        let Question { drug, variant, key } = &question;
        let until = self.0.cache.computed_by(deadline);
        let origins = &self.0.analyses;
        let analysis = origins.ask_first(until, |origin, until| origin.drug_analysis(drug, variant, until)).await;
        as_stored(self.learn(analysis, drug, key).await?)
    }

    /// What the other origins would say, if there are any.
    fn analysis_of_others(&self, question: &Question, deadline: Deadline) -> Option<Substitute> {
        self.0.analyses.has_substitutes().then(|| {
            let (drugs, question) = (self.clone(), question.clone());
            Substitute::new(
                move || Box::pin(drugs.compute_otherwise(question, deadline)),
                self.0.analyses.substitute_life(),
            )
        })
    }

    async fn compute_otherwise(self, question: Question, deadline: Deadline) -> Result<Bytes, OriginError> {
        let Question { drug, variant, .. } = &question;
        let until = self.0.cache.computed_by(deadline);
        let origins = &self.0.analyses;
        as_stored(origins.ask_others(until, |origin, until| origin.drug_analysis(drug, variant, until)).await?)
    }

    /// None when the generic name makes too long a key, which no drug's name does.
    fn question(&self, drug: &DrugName, variant: AnalysisVariant) -> Option<Question> {
        let drug = self.0.analyses.generic_name(drug);
        let key = CacheKey::drug_analysis(&drug, &variant).ok()?;
        Some(Question { drug, variant, key })
    }

    fn visit(&self, question: &Question, deadline: Deadline) -> Visit {
        Visit { revisions: Some(self.0.analyses.revisions().clone()), ..Visit::to(question.key.clone(), deadline) }
    }

    fn under_way(&self, id: AnalysisId, status: CacheStatus) -> Submitted {
        Submitted::UnderWay { id, status, expected_in: self.0.origin_timeout }
    }

    fn expected_at(&self) -> UnixMillis {
        UnixMillis(self.0.cache.clock().now().0.saturating_add(millis(self.0.origin_timeout)))
    }

    /// How long an analysis may take: as long as another process's computation, and then as long as its own.
    fn time_limit(&self) -> Duration {
        self.0.origin_timeout * 2 + MARGIN
    }

    /// Whether nobody is at it any more: its time is over and its end is not recorded.
    fn is_abandoned(&self, progress: &Progress) -> bool {
        let over_at = |expected_at: u64| expected_at.saturating_add(millis(self.0.origin_timeout + MARGIN * 2));
        !progress.status.is_final()
            && progress.estimated_completion.is_none_or(|expected| self.0.cache.clock().now().0 > over_at(expected))
    }
}

fn as_stored(given: Given<DrugAnalysis>) -> Result<Bytes, OriginError> {
    to_json(&DrugAnalysis { revision: Some(given.revision), ..given.answer })
}
