//! Where answers come from when the cache has none.

pub mod answer;
#[cfg(feature = "bedrock")]
mod bedrock;
mod chain;
mod checks;
pub mod drug_answer;
mod embedded;
mod failure;
mod guard;
mod http;
mod none;
mod openfda;
mod origins;
mod revisions;
mod source;
mod upstream;

pub use answer::{HealthAnalysis, MedicationInteractions};
pub use chain::Chain;
pub(crate) use chain::Given;
pub use drug_answer::{DrugAnalysis, DrugFacts, DrugMatch};
pub use embedded::{DISCLAIMER, EmbeddedOrigin, NotComparable, compare_in_formulary, search_formulary};
pub use origins::{MakeOrigins, Origins};
pub use revisions::Revisions;
pub use source::Source;

pub(crate) use failure::CallFailure;
pub(crate) use http::HttpClient;

use crate::cache::Deadline;
use bytes::Bytes;
use medinsight_core::{AnalysisVariant, AnalyzerRevision, DrugName, HealthAnalysisRequest, MedicationSet};
use serde::Serialize;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// The future of an origin's answer.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = Result<T, OriginError>> + Send + 'a>>;

/// Something that answers questions, slowly and at a cost.
///
/// It is given the questions in their normal form: what cannot change the key cannot change the answer. `until` is when
/// nobody waits for the answer any more.
pub trait Origin: fmt::Debug + Send + Sync {
    /// The revision of what computes the answers; part of every digest.
    fn revision(&self) -> &AnalyzerRevision;

    /// Answers a health question, given the known interactions of the person's medicines. By default there is no answer.
    fn analyze<'a>(
        &'a self,
        question: &'a HealthAnalysisRequest,
        interactions: &'a MedicationInteractions,
        until: Deadline,
    ) -> Answering<'a, HealthAnalysis> {
        let _ = (question, interactions, until);
        no_answer()
    }

    /// Answers which of some medicines interact. The answer may depend on nothing but the set.
    fn interactions<'a>(&'a self, medications: &'a MedicationSet) -> Answering<'a, MedicationInteractions>;

    /// The name under which the answers about a drug are kept: its generic name where `drug` is another name of it,
    /// else `drug` itself. Every request asks for it, so it must not wait for anything.
    fn generic_name(&self, drug: &DrugName) -> DrugName;

    /// Whether this origin is certain, without asking anybody, that there is no such drug. Then nothing else gets to see
    /// the name: the names of drugs are public and stand in keys, but what is none of them may be anything that a person
    /// typed. By default it is certain of nothing.
    fn rules_out(&self, drug: &DrugName) -> bool {
        let _ = drug;
        false
    }

    /// Answers what is known of a drug, or [`OriginError::UnknownDrug`]. By default there is no answer.
    fn drug_facts<'a>(&'a self, drug: &'a DrugName, until: Deadline) -> Answering<'a, DrugFacts> {
        let _ = (drug, until);
        no_answer()
    }

    /// Analyses a drug, or answers [`OriginError::UnknownDrug`]. The answer may depend on nothing but the drug and the
    /// variant. By default there is none.
    fn drug_analysis<'a>(
        &'a self,
        drug: &'a DrugName,
        variant: &'a AnalysisVariant,
        until: Deadline,
    ) -> Answering<'a, DrugAnalysis> {
        let _ = (drug, variant, until);
        no_answer()
    }
}

/// What an origin says to a kind of question that it has no answers to; it is never asked those.
fn no_answer<'a, T: Send + 'a>() -> Answering<'a, T> {
    Box::pin(std::future::ready(Err(OriginError::Unavailable)))
}

/// An answer as it is stored.
pub(crate) fn to_json(answer: &impl Serialize) -> Result<Bytes, OriginError> {
    serde_json::to_vec(answer).map(Bytes::from).map_err(|_| OriginError::Failed)
}

/// Why an origin gave no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// It took too long.
    #[error("the origin took too long")]
    TimedOut,
    /// It cannot answer now, and may later.
    #[error("the origin is unavailable")]
    Unavailable,
    /// It broke down.
    #[error("the origin failed")]
    Failed,
    /// It knows that there is no such drug. That is an answer and no failure.
    #[error("the drug is not known")]
    UnknownDrug,
}
