//! The embedded origin with a switch, a gate and a counter.

use crate::waiting::until;
use medinsight_core::{AnalysisVariant, AnalyzerRevision, DrugName, HealthAnalysisRequest, MedicationSet};
use medinsight_functions::cache::Deadline;
use medinsight_functions::clock::ManualClock;
use medinsight_functions::origin::{
    Answering, DrugAnalysis, DrugFacts, EmbeddedOrigin, HealthAnalysis, MedicationInteractions, Origin, OriginError,
};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// What an analysis costs on the manual clock.
const COST: Duration = Duration::from_millis(3_000);

/// How long it may take on a busy machine until a question reaches the origin.
const LIMIT: Duration = Duration::from_secs(20);

/// What the origin does when it is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mood {
    /// It answers.
    Answers,
    /// It fails.
    Fails(OriginError),
    /// It panics.
    Panics,
    /// It never comes back.
    Hangs,
}

/// The embedded origin with a switch, a gate and a counter.
#[derive(Debug)]
pub struct ControlledOrigin {
    embedded: EmbeddedOrigin,
    clock: ManualClock,
    mood: Mutex<Mood>,
    gate: Semaphore,
    is_certain_of_names: AtomicBool,
    analyses: AtomicUsize,
    interactions: AtomicUsize,
    drug_facts: AtomicUsize,
    drug_analyses: AtomicUsize,
}

impl ControlledOrigin {
    /// An origin that answers at once; every answer moves the clock on by three seconds.
    #[must_use]
    pub fn new(clock: ManualClock) -> Self {
        Self {
            embedded: EmbeddedOrigin::new(Duration::ZERO).expect("a valid revision"),
            clock,
            mood: Mutex::new(Mood::Answers),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
            is_certain_of_names: AtomicBool::default(),
            analyses: AtomicUsize::default(),
            interactions: AtomicUsize::default(),
            drug_facts: AtomicUsize::default(),
            drug_analyses: AtomicUsize::default(),
        }
    }

    /// Changes what the origin does.
    pub fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// Lets nobody through until [`ControlledOrigin::open_gate`].
    pub fn close_gate(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// Lets everybody through.
    pub fn open_gate(&self) {
        self.gate.add_permits(1_000);
    }

    /// Is certain of which drugs there are, as the embedded origin is. Before, it has to be asked, as one that is far away.
    pub fn be_certain_of_names(&self) {
        self.is_certain_of_names.store(true, Ordering::SeqCst);
    }

    /// How many analyses were asked for.
    pub fn analyses(&self) -> usize {
        self.analyses.load(Ordering::SeqCst)
    }

    /// Waits until so many analyses were asked for.
    ///
    /// # Panics
    ///
    /// When they are not within some time.
    pub async fn has_begun(&self, analyses: usize) {
        until("the analyses are asked for", LIMIT, || async { self.analyses() >= analyses }).await;
    }

    /// How many times interactions were asked for.
    pub fn interactions(&self) -> usize {
        self.interactions.load(Ordering::SeqCst)
    }

    /// How many times facts about a drug were asked for.
    pub fn drug_facts(&self) -> usize {
        self.drug_facts.load(Ordering::SeqCst)
    }

    /// How many times a drug's analysis was asked for.
    pub fn drug_analyses(&self) -> usize {
        self.drug_analyses.load(Ordering::SeqCst)
    }

    async fn pass_the_gate(&self) -> Result<(), OriginError> {
        let _permit = self.gate.acquire().await.map_err(|_| OriginError::Failed)?;
        let mood = *self.mood.lock().unwrap_or_else(PoisonError::into_inner);
        match mood {
            Mood::Answers => Ok(()),
            Mood::Fails(error) => Err(error),
            Mood::Panics => panic!("an invented panic of the origin"),
            Mood::Hangs => std::future::pending().await,
        }
    }
}

impl Origin for ControlledOrigin {
    fn revision(&self) -> &AnalyzerRevision {
        self.embedded.revision()
    }

    fn analyze<'a>(
        &'a self,
        question: &'a HealthAnalysisRequest,
        interactions: &'a MedicationInteractions,
        until: Deadline,
    ) -> Answering<'a, HealthAnalysis> {
        self.analyses.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            self.pass_the_gate().await?;
            self.clock.advance(COST);
            self.embedded.analyze(question, interactions, until).await
        })
    }

    fn interactions<'a>(&'a self, medications: &'a MedicationSet) -> Answering<'a, MedicationInteractions> {
        self.interactions.fetch_add(1, Ordering::SeqCst);
        self.embedded.interactions(medications)
    }

    fn generic_name(&self, drug: &DrugName) -> DrugName {
        self.embedded.generic_name(drug)
    }

    fn rules_out(&self, drug: &DrugName) -> bool {
        self.is_certain_of_names.load(Ordering::SeqCst) && self.embedded.rules_out(drug)
    }

    fn drug_facts<'a>(&'a self, drug: &'a DrugName, until: Deadline) -> Answering<'a, DrugFacts> {
        self.drug_facts.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            self.pass_the_gate().await?;
            self.clock.advance(COST);
            self.embedded.drug_facts(drug, until).await
        })
    }

    fn drug_analysis<'a>(
        &'a self,
        drug: &'a DrugName,
        variant: &'a AnalysisVariant,
        until: Deadline,
    ) -> Answering<'a, DrugAnalysis> {
        self.drug_analyses.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            self.pass_the_gate().await?;
            self.clock.advance(COST);
            self.embedded.drug_analysis(drug, variant, until).await
        })
    }
}
