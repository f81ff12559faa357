//! What an origin answers: the bodies that the Hub's front end knows, field by field.
//!
//! Members may be added to these types, never removed or renamed: clients of the earlier service read them.

use super::Source;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How urgent a complaint is. The order is the order of urgency.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Usually passes with care at home.
    Mild,
    /// Should be seen by a professional, not as an emergency.
    Moderate,
    /// May be an emergency: help is needed now.
    Critical,
}

/// The answer to a health question.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct HealthAnalysis {
    /// What the complaint most likely is, in plain words.
    pub condition: String,
    /// Why, and what that means.
    pub explanation: String,
    /// What may help at home; empty when the complaint is critical.
    pub natural_remedies: Vec<String>,
    /// How urgent it is.
    pub severity: Severity,
    /// What to do. Emergency advice comes first, the note that this is general information last.
    pub recommendation: String,
    /// When to see a doctor; the most urgent case first.
    pub when_to_see_doctor: Vec<String>,
    /// Medicines that the person takes or names, as far as the formulary knows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub detected_medications: Vec<DetectedMedication>,
    /// Known interactions between those medicines, the most severe first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub medication_interactions: Vec<Interaction>,
    /// States that the answer is general information and not medical advice.
    pub disclaimer: String,
    /// Which origin gave the answer.
    // It has to stay the last member, see `Source::of_stored`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// A medicine that the person takes or names and the formulary knows.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct DetectedMedication {
    /// Its generic name; the ingredients of a combination are joined with ` / `.
    pub name: String,
    /// Its drug class.
    pub class: String,
    /// What it is used for.
    pub uses: Vec<String>,
    /// Side effects that are common.
    pub common_side_effects: Vec<String>,
    /// Whether one of its uses or side effects, or an interaction, has to do with the complaint.
    pub relevant_to_condition: bool,
}

/// How much an interaction between two medicines matters.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InteractionSeverity {
    /// Watch for it.
    Minor,
    /// A professional should know of it.
    Moderate,
    /// The combination can do serious harm and needs a professional's decision.
    Major,
    /// The combination must not be taken.
    Contraindicated,
}

/// A known interaction between two medicines.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Interaction {
    /// The two medicines by generic name, in alphabetical order.
    pub medications: [String; 2],
    /// How much it matters.
    pub severity: InteractionSeverity,
    /// What can happen, and why.
    pub effect: String,
    /// What to do about it.
    pub advice: String,
    /// The public source of the fact.
    pub source: String,
}

/// The answer to "which of these medicines interact?". It depends on the set of medicines and on nothing else.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct MedicationInteractions {
    /// Generic names of the medicines that were recognised, sorted.
    pub recognised: Vec<String>,
    /// Interactions between them, the most severe first.
    pub interactions: Vec<Interaction>,
    /// States that the answer is general information and not medical advice.
    pub disclaimer: String,
}

impl MedicationInteractions {
    /// The answer for somebody who takes nothing.
    #[must_use]
    pub fn none() -> Self {
        Self { recognised: Vec::new(), interactions: Vec::new(), disclaimer: String::new() }
    }
}
