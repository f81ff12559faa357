//! What our own data know of a question, for answers of models: they are asked for text, and not for facts that we have.

use super::assessment::{Complaint, detected_of};
use super::{drug_analysis, drugs, registries, taken_or_mentioned};
use crate::origin::answer::{DetectedMedication, Interaction, MedicationInteractions};
use crate::origin::drug_answer::Registry;
use medinsight_core::{AnalysisVariant, DrugName, HealthAnalysisRequest};

/// The medicines that the person takes or names.
pub(in crate::origin) fn medicines(
    question: &HealthAnalysisRequest,
    interactions: &MedicationInteractions,
) -> Vec<DetectedMedication> {
    detected_of(&Complaint::of(question), &taken_or_mentioned(question), &interactions.interactions)
}

/// The interactions that an analysis of a drug lists.
pub(in crate::origin) fn interactions(drug: &DrugName, variant: &AnalysisVariant) -> Vec<Interaction> {
    let medicine = drugs::find(drug);
    medicine.map(|medicine| drug_analysis::listed_interactions(medicine, variant.analysis_type)).unwrap_or_default()
}

/// Where to look for what an analysis of a drug is about.
pub(in crate::origin) fn registries(variant: &AnalysisVariant) -> Vec<Registry> {
    registries::for_analysis(variant)
}
