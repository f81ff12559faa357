//! A model of Amazon Bedrock, asked by the Converse API.
//!
//! It is asked for the text of answers to health questions and of analyses of drugs. It is never asked for facts about drugs:
//! a model makes them up when it knows none.

mod answers;
mod conversation;
mod json;
mod model;
mod reply;
mod transport;

use super::answer::{HealthAnalysis, MedicationInteractions};
use super::drug_answer::DrugAnalysis;
use super::failure::{CallFailure, Repeatable};
use super::guard::{Attempt, Guard, Metered};
use super::http::HttpClient;
use super::openfda::could_be_a_drug;
use super::{Answering, EmbeddedOrigin, Origin, OriginError, Source, checks};
use crate::cache::{Cache, Deadline, Tokens};
use crate::config::BedrockConfig;
use answers::{DrugText, HealthText};
use aws_sdk_bedrockruntime::types::TokenUsage;
use conversation::{Conversation, PROMPT_REVISION};
use medinsight_core::{
    AnalysisVariant, AnalyzerRevision, Category, DrugName, HealthAnalysisRequest, InvalidAnalyzerRevision,
    MedicationSet,
};
use model::Model;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tokio::time::timeout_at;

/// A model of Amazon Bedrock.
#[derive(Debug)]
pub(super) struct BedrockOrigin {
    revision: AnalyzerRevision,
    model: Model,
    guard: Guard,
    cache: Cache,
    embedded: EmbeddedOrigin,
}

impl BedrockOrigin {
    /// A model behind its guard, whose tokens `cache` counts. What our own rules add to its answers is part of the revision.
    pub(super) fn new(
        config: &BedrockConfig,
        http: HttpClient,
        guard: Guard,
        cache: Cache,
        embedded: EmbeddedOrigin,
    ) -> Result<Self, InvalidAnalyzerRevision> {
        let revision = format!("bedrock-{}-{PROMPT_REVISION}+{}", name_of(config), embedded.revision());
        let (revision, model) = (AnalyzerRevision::new(revision)?, Model::new(config, http));
        Ok(Self { revision, model, guard, cache, embedded })
    }

    async fn answer(
        &self,
        question: &HealthAnalysisRequest,
        interactions: &MedicationInteractions,
        until: Deadline,
    ) -> Result<HealthAnalysis, CallFailure> {
        let conversation = Conversation::about_health(question, interactions);
        let check = |text: HealthText| {
            checks::analysis(text.into_answer(question, interactions), question, interactions, Source::Bedrock)
        };
        self.ask(Category::HealthAnalysis, &conversation, check, until).await
    }

    async fn analyse(
        &self,
        drug: &DrugName,
        variant: &AnalysisVariant,
        until: Deadline,
    ) -> Result<DrugAnalysis, CallFailure> {
        if !could_be_a_drug(drug) {
            return Err(CallFailure::UnknownDrug);
        }
        let conversation = Conversation::about_drug(drug, variant);
        let check = |text: DrugText| checks::drug_analysis(text.into_answer(drug, variant), Source::Bedrock);
        self.ask(Category::DrugAnalysis, &conversation, check, until).await
    }

    /// A model's answer costs money whether anybody reads it or not, so it is not asked again once it has begun.
    async fn ask<T: DeserializeOwned, A: Send>(
        &self,
        category: Category,
        conversation: &Conversation,
        check: impl Fn(T) -> Result<A, CallFailure> + Send + Sync,
        until: Deadline,
    ) -> Result<A, CallFailure> {
        let check = &check;
        let call = |until: Deadline| -> Attempt<'_, Metered<A>> {
            Box::pin(async move {
                let output = timeout_at(until.0, self.model.converse(conversation)).await;
                let output = output.unwrap_or(Err(CallFailure::TimedOut))?;
                let tokens = output.usage().map(tokens_of).unwrap_or_default();
                self.cache.count_tokens(category, tokens);
                let answer = reply::called(&output, conversation).and_then(check);
                Ok(Metered { answer, tokens: tokens.input + tokens.output })
            })
        };
        let most = self.model.most_tokens(conversation);
        self.guard.call_metered(until, Repeatable::Unbegun, most, call).await
    }
}

fn tokens_of(usage: &TokenUsage) -> Tokens {
    let count = |tokens: i32| u64::try_from(tokens).unwrap_or_default();
    Tokens { input: count(usage.input_tokens()), output: count(usage.output_tokens()) }
}

/// Names a model without showing its ARN, which has the number of an account: the revision is public.
fn name_of(config: &BedrockConfig) -> String {
    let mut hasher = Sha256::new();
    hasher.update(config.model_id.as_bytes());
    hasher.update(config.max_tokens.to_be_bytes());
    let mut name = hex::encode(hasher.finalize());
    name.truncate(12);
    name
}

impl Origin for BedrockOrigin {
    fn revision(&self) -> &AnalyzerRevision {
        &self.revision
    }

    fn analyze<'a>(
        &'a self,
        question: &'a HealthAnalysisRequest,
        interactions: &'a MedicationInteractions,
        until: Deadline,
    ) -> Answering<'a, HealthAnalysis> {
        Box::pin(async move { self.answer(question, interactions, until).await.map_err(OriginError::from) })
    }

    fn interactions<'a>(&'a self, medications: &'a MedicationSet) -> Answering<'a, MedicationInteractions> {
        self.embedded.interactions(medications)
    }

    fn generic_name(&self, drug: &DrugName) -> DrugName {
        self.embedded.generic_name(drug)
    }

    /// What cannot be the name of a drug stays here: it may be anything that a person typed.
    fn rules_out(&self, drug: &DrugName) -> bool {
        !could_be_a_drug(drug)
    }

    fn drug_analysis<'a>(
        &'a self,
        drug: &'a DrugName,
        variant: &'a AnalysisVariant,
        until: Deadline,
    ) -> Answering<'a, DrugAnalysis> {
        Box::pin(async move { self.analyse(drug, variant, until).await.map_err(OriginError::from) })
    }
}
