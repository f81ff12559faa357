//! Answers without network: a rule-based triage and a formulary of common drugs, both over data files.

mod assessment;
mod drug_analysis;
mod drugs;
mod formulary;
mod interactions;
#[cfg(feature = "bedrock")]
pub(super) mod known;
mod registries;
mod rulebook;
mod safeguard;
mod wording;

pub use assessment::DISCLAIMER;
pub(super) use safeguard::safeguard;

pub use drugs::{NotComparable, compare_in_formulary, search_formulary};

use super::answer::{HealthAnalysis, MedicationInteractions};
use super::drug_answer::{DrugAnalysis, DrugFacts};
use super::{Answering, Origin, OriginError};
use crate::cache::Deadline;
use assessment::Complaint;
use formulary::{Formulary, Medicine};
use interactions::Rules;
use medinsight_core::{
    AnalysisVariant, AnalyzerRevision, DrugName, HealthAnalysisRequest, InvalidAnalyzerRevision, MedicationSet,
};
use rulebook::Rulebook;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Raised when the rules in the code change what is answered; the data speak for themselves.
const RULES_REVISION: &str = "4";

const CONCEPTS: &str = include_str!("../../data/triage/concepts.json");
const CONDITIONS: &str = include_str!("../../data/triage/conditions.json");
const RED_FLAGS: &str = include_str!("../../data/triage/red_flags.json");
const REMEDIES: &str = include_str!("../../data/triage/remedies.json");
const SPEECH: &str = include_str!("../../data/triage/speech.json");
const ORDINARY_WORDS: &str = include_str!("../../data/triage/ordinary_words.txt");
const FORMULARY: &str = include_str!("../../data/formulary.json");
const INTERACTIONS: &str = include_str!("../../data/interactions.json");

/// Names the data: the start of their digest. A test computes it; at each start that would take a third of a millisecond, a
/// seventh of a cold start.
const DATA_REVISION: &str = "bde06234aa30";

/// Every file that an answer may come from.
#[cfg(test)]
const DATA: [&str; 8] = [CONCEPTS, CONDITIONS, RED_FLAGS, REMEDIES, SPEECH, ORDINARY_WORDS, FORMULARY, INTERACTIONS];

/// The origin that needs nothing but itself.
#[derive(Clone, Debug)]
pub struct EmbeddedOrigin {
    revision: AnalyzerRevision,
    delay: Duration,
}

impl EmbeddedOrigin {
    /// An origin that pretends to think for `delay` before each answer, to stand for a slow one.
    ///
    /// # Errors
    ///
    /// None that can happen: the revision is valid.
    pub fn new(delay: Duration) -> Result<Self, InvalidAnalyzerRevision> {
        Ok(Self { revision: revision()?, delay })
    }

    async fn think(&self) {
        let reading = read_data();
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        finish(reading).await;
    }
}

impl Origin for EmbeddedOrigin {
    fn revision(&self) -> &AnalyzerRevision {
        &self.revision
    }

    fn analyze<'a>(
        &'a self,
        question: &'a HealthAnalysisRequest,
        interactions: &'a MedicationInteractions,
        _until: Deadline,
    ) -> Answering<'a, HealthAnalysis> {
        Box::pin(async {
            self.think().await;
            let medicines = taken_or_mentioned(question);
            Ok::<_, OriginError>(assessment::analyse(&Complaint::of(question), &medicines, &interactions.interactions))
        })
    }

    fn interactions<'a>(&'a self, medications: &'a MedicationSet) -> Answering<'a, MedicationInteractions> {
        Box::pin(async {
            finish(read_data()).await;
            let medicines = recognise(medications.medications());
            Ok(MedicationInteractions {
                recognised: medicines.iter().map(|medicine| medicine.name().to_owned()).collect(),
                interactions: interactions::between(&medicines),
                disclaimer: DISCLAIMER.to_owned(),
            })
        })
    }

    fn generic_name(&self, drug: &DrugName) -> DrugName {
        let generic = drugs::find(drug).and_then(|medicine| DrugName::new(medicine.name()).ok());
        generic.unwrap_or_else(|| drug.clone())
    }

    fn rules_out(&self, drug: &DrugName) -> bool {
        drugs::find(drug).is_none()
    }

    fn drug_facts<'a>(&'a self, drug: &'a DrugName, _until: Deadline) -> Answering<'a, DrugFacts> {
        Box::pin(async {
            self.think().await;
            drugs::find(drug).map(drugs::facts).ok_or(OriginError::UnknownDrug)
        })
    }

    fn drug_analysis<'a>(
        &'a self,
        drug: &'a DrugName,
        variant: &'a AnalysisVariant,
        _until: Deadline,
    ) -> Answering<'a, DrugAnalysis> {
        Box::pin(async {
            self.think().await;
            let medicine = drugs::find(drug).ok_or(OriginError::UnknownDrug)?;
            Ok(drug_analysis::analyse(medicine, variant))
        })
    }
}

impl<'a> Complaint<'a> {
    fn of(question: &'a HealthAnalysisRequest) -> Self {
        Self {
            concern: question.concern(),
            symptoms: question.symptoms(),
            age: question.patient_age(),
            history: question.medical_history(),
        }
    }
}

/// The medicines of a list that the formulary knows, each once, by name.
fn recognise(medications: &[String]) -> Vec<&'static Medicine> {
    let formulary = Formulary::embedded();
    by_name(medications.iter().filter_map(|text| formulary.resolve(text)))
}

/// The medicines that the person takes, and those that the complaint names.
fn taken_or_mentioned(question: &HealthAnalysisRequest) -> Vec<&'static Medicine> {
    let formulary = Formulary::embedded();
    let taken = recognise(question.current_medications()).into_iter();
    let mentioned = [question.concern(), question.symptoms()].into_iter().flat_map(|text| formulary.detect(text));
    by_name(taken.chain(mentioned))
}

/// Each medicine once, by name.
fn by_name<'a>(medicines: impl Iterator<Item = &'a Medicine>) -> Vec<&'a Medicine> {
    medicines.map(|medicine| (medicine.name(), medicine)).collect::<BTreeMap<_, _>>().into_values().collect()
}

/// What stands in a file of the data.
#[expect(clippy::expect_used, reason = "the files are part of the program, and tests read every one of them")]
fn parse<T: DeserializeOwned>(file: &str) -> T {
    serde_json::from_slice(file.as_bytes()).expect("the embedded data are valid")
}

/// Begins to read the data, once in a process. It takes some ten milliseconds, for which no other request should wait. A
/// Lambda function has one request at a time and does without.
fn read_data() -> Option<JoinHandle<()>> {
    static HAS_BEGUN: AtomicBool = AtomicBool::new(false);
    let is_first = cfg!(feature = "cli") && !HAS_BEGUN.swap(true, Ordering::Relaxed);
    is_first.then(|| {
        tokio::task::spawn_blocking(|| {
            Rulebook::embedded();
            Formulary::embedded();
            Rules::embedded();
        })
    })
}

/// Waits until the data are read. Should that fail, the first use of them says so.
async fn finish(reading: Option<JoinHandle<()>>) {
    if let Some(reading) = reading {
        let _ = reading.await;
    }
}

/// Names the rules and the data, so that a change of either never serves the answers of the earlier ones.
fn revision() -> Result<AnalyzerRevision, InvalidAnalyzerRevision> {
    AnalyzerRevision::new(format!("embedded-{RULES_REVISION}-{DATA_REVISION}"))
}

#[cfg(test)]
mod tests {
    use super::{DATA, DATA_REVISION};
    use sha2::{Digest, Sha256};

    #[test]
    fn the_data_have_the_revision_that_their_answers_are_kept_under() {
        let mut hasher = Sha256::new();
        for file in DATA {
            hasher.update(u64::try_from(file.len()).expect("a length").to_be_bytes());
            hasher.update(file);
        }
        let digest = hex::encode(hasher.finalize());
        assert_eq!(DATA_REVISION, &digest[..12], "the data were changed: this is their new DATA_REVISION");
    }
}
