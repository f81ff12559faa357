//! What a model is asked for, and how it becomes an answer: text is the model's, facts that we have are ours.

use crate::origin::answer::{HealthAnalysis, MedicationInteractions, Severity};
use crate::origin::drug_answer::{Alternative, Clinical, DrugAnalysis, Market};
use crate::origin::embedded::{DISCLAIMER, known};
use medinsight_core::{AnalysisVariant, DrugName, HealthAnalysisRequest};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Deserialize;
use serde_json::{Value, json};

/// What an analysis of a drug says of its sources.
const UNCHECKED: &str = "A language model of Amazon Bedrock; its statements were not checked against their sources";

/// Something that a model may call, and nothing else: calling it is its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tool {
    /// Its name.
    pub(super) name: &'static str,
    /// What it is for.
    pub(super) description: &'static str,
    /// The JSON schema of what it is called with.
    pub(super) schema: fn() -> Value,
}

/// The answer to a health question.
pub(super) const HEALTH_ANALYSIS: Tool =
    Tool { name: "health_analysis", description: "Gives the answer.", schema: schema_of::<HealthText> };

/// The analysis of a drug.
pub(super) const DRUG_ANALYSIS: Tool =
    Tool { name: "drug_analysis", description: "Gives the analysis.", schema: schema_of::<DrugText> };

/// That there is no such drug.
pub(super) const UNKNOWN_DRUG: Tool = Tool {
    name: "unknown_drug",
    description: "Says that drug_name is not the name of a medicine that you know of.",
    schema: || json!({ "type": "object", "properties": {} }),
};

/// What a model says about a complaint.
#[derive(Deserialize, JsonSchema)]
pub(super) struct HealthText {
    /// What the complaint most likely is, in plain words.
    #[schemars(length(min = 1, max = 200))]
    condition: String,
    /// Why, and what that means.
    #[schemars(length(min = 1, max = 2_000))]
    explanation: String,
    /// What may help at home; empty when severity is critical.
    #[schemars(length(max = 10))]
    natural_remedies: Vec<String>,
    /// How urgent it is.
    severity: Severity,
    /// What to do.
    #[schemars(length(min = 1, max = 2_000))]
    recommendation: String,
    /// When to see a doctor; the most urgent case first.
    #[schemars(length(max = 10))]
    when_to_see_doctor: Vec<String>,
}

/// What a model says about a drug.
#[derive(Deserialize, JsonSchema)]
pub(super) struct DrugText {
    /// The class of the drug.
    #[schemars(length(max = 200))]
    drug_class: String,
    /// The analysis in a few sentences.
    #[schemars(length(min = 1, max = 2_000))]
    summary: String,
    /// Other drugs of the same class or use; empty unless competitors are included.
    #[schemars(length(max = 20))]
    therapeutic_alternatives: Vec<Alternative>,
    /// The names under which the drug is sold; empty unless market data are included.
    #[schemars(length(max = 20))]
    brand_names: Vec<String>,
    /// What the drug is used for; empty unless clinical data are included.
    #[schemars(length(max = 20))]
    uses: Vec<String>,
    /// Side effects that are common; empty unless clinical data are included.
    #[schemars(length(max = 20))]
    common_side_effects: Vec<String>,
    /// What such an analysis should say, and is not known.
    #[schemars(length(max = 20))]
    not_known: Vec<String>,
}

impl HealthText {
    /// The answer, with the medicines that the formulary knows. Their interactions are added when it is checked.
    pub(super) fn into_answer(
        self,
        question: &HealthAnalysisRequest,
        interactions: &MedicationInteractions,
    ) -> HealthAnalysis {
        HealthAnalysis {
            condition: self.condition,
            explanation: self.explanation,
            natural_remedies: self.natural_remedies,
            severity: self.severity,
            recommendation: self.recommendation,
            when_to_see_doctor: self.when_to_see_doctor,
            detected_medications: known::medicines(question, interactions),
            medication_interactions: Vec::new(),
            disclaimer: DISCLAIMER.to_owned(),
            source: None,
        }
    }
}

impl DrugText {
    /// The answer, with the interactions and the registries that we know, and without what was not asked for.
    pub(super) fn into_answer(self, drug: &DrugName, variant: &AnalysisVariant) -> DrugAnalysis {
        let (brand_names, uses, common_side_effects) = (self.brand_names, self.uses, self.common_side_effects);
        let clinical =
            || Clinical { uses, common_side_effects, major_interactions: known::interactions(drug, variant) };
        DrugAnalysis {
            generic_name: drug.as_str().replace('_', " "),
            analysis_type: variant.analysis_type.as_str().to_owned(),
            drug_class: self.drug_class,
            summary: self.summary,
            therapeutic_alternatives: variant.include_competitors.then_some(self.therapeutic_alternatives),
            market: variant.include_market_data.then_some(Market { brand_names }),
            clinical: variant.include_clinical_data.then(clinical),
            not_known: self.not_known,
            registries: known::registries(variant),
            data_sources: vec![UNCHECKED.to_owned()],
            disclaimer: DISCLAIMER.to_owned(),
            revision: None,
            source: None,
        }
    }
}

/// The schema of a type in one piece: not every model follows references.
fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

#[cfg(test)]
mod tests {
    use super::{DRUG_ANALYSIS, HEALTH_ANALYSIS};

    #[test]
    fn schemas_are_objects_in_one_piece_that_name_every_member() {
        for tool in [HEALTH_ANALYSIS, DRUG_ANALYSIS] {
            let schema = (tool.schema)();
            assert_eq!(schema["type"], "object", "{schema}");
            assert!(!schema.to_string().contains("$ref"), "{schema}");
            let members = schema["properties"].as_object().expect("members");
            assert_eq!(schema["required"].as_array().map(Vec::len), Some(members.len()), "{schema}");
        }
        let severity = (HEALTH_ANALYSIS.schema)()["properties"]["severity"].to_string();
        assert!(["mild", "moderate", "critical"].iter().all(|name| severity.contains(name)), "{severity}");
    }
}
