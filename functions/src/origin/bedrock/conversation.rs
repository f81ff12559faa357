//! What is sent to a model: our prompt as the system's words, and the question as data.

use super::answers::{DRUG_ANALYSIS, HEALTH_ANALYSIS, Tool, UNKNOWN_DRUG};
use super::json::to_document;
use crate::origin::answer::MedicationInteractions;
use crate::origin::failure::CallFailure;
use aws_sdk_bedrockruntime::types::{
    AnyToolChoice, ContentBlock, ConversationRole, InferenceConfiguration, Message, SystemContentBlock,
    Tool as SdkTool, ToolChoice, ToolConfiguration, ToolInputSchema, ToolSpecification,
};
use medinsight_core::{AnalysisVariant, DrugName, HealthAnalysisRequest};
use serde_json::json;

/// What a model is told about health questions.
const HEALTH_PROMPT: &str = include_str!("../../../data/bedrock/health_analysis.txt");

/// What a model is told about analyses of drugs.
const DRUG_PROMPT: &str = include_str!("../../../data/bedrock/drug_analysis.txt");

/// Names the prompts and the tools: the start of their digest, which a test computes.
pub(super) const PROMPT_REVISION: &str = "47b13218f6b7";

/// How long the description of the tools is at most, in bytes.
const TOOLS_BYTES: usize = 3_000;

/// A token is rarely shorter than this, in bytes.
const TOKEN_BYTES: usize = 3;

/// What is sent to a model. Whatever a person typed is in the document, which is the only message: nothing of it gets
/// into the words of the system.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    prompt: &'static str,
    document: String,
    /// The tool that is called with the answer.
    pub(super) answer: Tool,
    /// The tool that says that there is nothing to answer.
    pub(super) denial: Option<Tool>,
}

impl Conversation {
    /// A health question in its normal form, and what our data know of the person's medicines.
    pub(super) fn about_health(question: &HealthAnalysisRequest, interactions: &MedicationInteractions) -> Self {
        let document = json!({
            "concern": question.concern(),
            "symptoms": question.symptoms(),
            "patient_age": question.patient_age(),
            "patient_gender": question.patient_gender(),
            "medical_history": question.medical_history(),
            "current_medications": question.current_medications(),
            "known_interactions": interactions.interactions,
        });
        Self { prompt: HEALTH_PROMPT, document: document.to_string(), answer: HEALTH_ANALYSIS, denial: None }
    }

    /// A question about a drug.
    pub(super) fn about_drug(drug: &DrugName, variant: &AnalysisVariant) -> Self {
        let document = json!({
            "drug_name": drug.as_str().replace('_', " "),
            "analysis_type": variant.analysis_type.as_str(),
            "include_competitors": variant.include_competitors,
            "include_market_data": variant.include_market_data,
            "include_clinical_data": variant.include_clinical_data,
        });
        let (document, denial) = (document.to_string(), Some(UNKNOWN_DRUG));
        Self { prompt: DRUG_PROMPT, document, answer: DRUG_ANALYSIS, denial }
    }

    /// As many tokens as a model may count in it; a guess, because each model counts in its own way.
    pub(super) fn most_tokens(&self) -> u64 {
        let bytes = self.prompt.len() + self.document.len() + TOOLS_BYTES;
        u64::try_from(bytes / TOKEN_BYTES).unwrap_or(u64::MAX)
    }

    pub(super) fn system(&self) -> SystemContentBlock {
        SystemContentBlock::Text(self.prompt.to_owned())
    }

    pub(super) fn message(&self) -> Result<Message, CallFailure> {
        let content = ContentBlock::Text(self.document.clone());
        built(Message::builder().role(ConversationRole::User).content(content).build())
    }

    /// The tools, one of which has to be called.
    pub(super) fn tools(&self) -> Result<ToolConfiguration, CallFailure> {
        let choice = ToolChoice::Any(AnyToolChoice::builder().build());
        let mut tools = ToolConfiguration::builder().tool_choice(choice);
        for tool in [&self.answer].into_iter().chain(&self.denial) {
            tools = tools.tools(to_sdk(tool)?);
        }
        built(tools.build())
    }

    /// The same question is to have the same answer, as far as a model can do that.
    pub(super) fn limits(&self, max_tokens: u16) -> InferenceConfiguration {
        InferenceConfiguration::builder().temperature(0.0).max_tokens(max_tokens.into()).build()
    }
}

fn to_sdk(tool: &Tool) -> Result<SdkTool, CallFailure> {
    let schema = ToolInputSchema::Json(to_document((tool.schema)()));
    let tool = ToolSpecification::builder().name(tool.name).description(tool.description).input_schema(schema);
    built(tool.build()).map(SdkTool::ToolSpec)
}

/// Nothing is missing, so this never fails.
fn built<T, E>(result: Result<T, E>) -> Result<T, CallFailure> {
    result.map_err(|_| CallFailure::Refused)
}

#[cfg(test)]
mod tests {
    use super::{Conversation, DRUG_PROMPT, HEALTH_PROMPT, PROMPT_REVISION};
    use crate::origin::answer::MedicationInteractions;
    use crate::origin::bedrock::answers::{DRUG_ANALYSIS, HEALTH_ANALYSIS, UNKNOWN_DRUG};
    use medinsight_core::HealthAnalysisRequest;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use sha2::{Digest, Sha256};

    #[test]
    fn prompts_and_tools_have_the_revision_that_their_answers_are_kept_under() {
        let mut hasher = Sha256::new();
        let tools = [HEALTH_ANALYSIS, DRUG_ANALYSIS, UNKNOWN_DRUG].map(|tool| (tool.schema)().to_string());
        for text in [HEALTH_PROMPT, DRUG_PROMPT].into_iter().chain(tools.iter().map(String::as_str)) {
            hasher.update(u64::try_from(text.len()).expect("a length").to_be_bytes());
            hasher.update(text);
        }
        let digest = hex::encode(hasher.finalize());
        assert_eq!(PROMPT_REVISION, &digest[..12], "what models are told was changed: this is its new PROMPT_REVISION");
    }

    proptest! {
        #[test]
        fn whatever_a_person_types_stays_inside_one_text_of_the_document(symptoms in "[^\u{0}]{1,80}[a-z]") {
            let question = json!({ "concern": "A question", "symptoms": symptoms }).to_string();
            prop_assume!(HealthAnalysisRequest::from_json(question.as_bytes()).is_ok());
            let question = HealthAnalysisRequest::from_json(question.as_bytes()).expect("a question");
            let conversation = Conversation::about_health(&question, &MedicationInteractions::none());
            prop_assert_eq!(conversation.prompt, HEALTH_PROMPT);
            let document: Value = serde_json::from_str(&conversation.document).expect("one JSON document");
            prop_assert_eq!(&document["symptoms"], question.symptoms());
            prop_assert_eq!(document.as_object().map(|members| members.len()), Some(7));
        }
    }
}
