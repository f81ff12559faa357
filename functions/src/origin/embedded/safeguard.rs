//! What our own rules add to an answer that somebody else gave. They make it more urgent where they know better, and
//! never less.

use super::assessment::{Complaint, emergency_of, is_serious, warn_of};
use super::taken_or_mentioned;
use crate::origin::answer::{HealthAnalysis, MedicationInteractions, Severity};
use medinsight_core::HealthAnalysisRequest;

/// Makes an answer critical when the question has a red flag, with our advice first, and names the known interactions
/// that it does not.
pub(in crate::origin) fn safeguard(
    answer: &mut HealthAnalysis,
    question: &HealthAnalysisRequest,
    interactions: &MedicationInteractions,
) {
    if answer.severity < Severity::Critical {
        let emergency = emergency_of(&Complaint::of(question), &taken_or_mentioned(question));
        if let Some(emergency) = emergency {
            put_first(answer, emergency);
        }
    }
    for interaction in &interactions.interactions {
        let mut named = answer.medication_interactions.iter();
        if named.any(|named| named.medications == interaction.medications) {
            continue;
        }
        if is_serious(interaction) {
            warn_of(answer, interaction);
        }
        answer.medication_interactions.push(interaction.clone());
    }
}

fn put_first(answer: &mut HealthAnalysis, emergency: HealthAnalysis) {
    answer.severity = Severity::Critical;
    // What eases a complaint may keep somebody from calling for help.
    answer.natural_remedies.clear();
    answer.explanation = format!("{} {}", emergency.explanation, answer.explanation);
    answer.recommendation = format!("{} {}", emergency.recommendation, answer.recommendation);
    answer.when_to_see_doctor.splice(0..0, emergency.when_to_see_doctor);
}
