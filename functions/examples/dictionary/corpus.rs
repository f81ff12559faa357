//! What the cache would store: the embedded origin's answers, and the small entries of the sessions that asked.

use medinsight_core::{Category, HealthAnalysisRequest, MedicationSet, RequestDigest};
use medinsight_functions::analysis::Summary;
use medinsight_functions::cache::Deadline;
use medinsight_functions::origin::{EmbeddedOrigin, HealthAnalysis, MedicationInteractions, Origin};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::error::Error;
use std::time::Duration;

const CASES: &str = include_str!("../../../tests/cases/health_questions.json");
const FORMULARY: &str = include_str!("../../data/formulary.json");

/// How many medicines the askers of one question take.
const MEDICINE_COUNTS: [usize; 5] = [0, 1, 2, 4, 7];

/// How many medicines the sets have whose interactions are asked for.
const SET_SIZES: [usize; 2] = [3, 6];

/// Something that the cache would store.
pub(crate) struct Document {
    pub(crate) kind: Kind,
    pub(crate) group: Group,
    pub(crate) bytes: Vec<u8>,
}

/// What a document is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Analysis,
    Interactions,
    Summary,
    Input,
}

/// What a document is for. No topic and no medicine is in both groups.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Group {
    Training,
    HeldOut,
}

impl Group {
    /// A third is held out, always the same.
    fn of(topic: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(topic).into();
        if digest[0].is_multiple_of(3) { Self::HeldOut } else { Self::Training }
    }
}

#[derive(Deserialize)]
struct Case {
    concern: String,
    symptoms: String,
    age: Option<u8>,
    gender: Option<String>,
    #[serde(default)]
    history: Vec<String>,
}

#[derive(Deserialize)]
struct Formulary {
    drugs: Vec<Drug>,
}

#[derive(Deserialize)]
struct Drug {
    name: String,
}

/// Every document, in the same order each time.
pub(crate) fn documents() -> Result<Vec<Document>, Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let origin = EmbeddedOrigin::new(Duration::ZERO)?;
        let mut documents = Vec::new();
        let (training, held_out) = medicines()?;
        for (index, case) in serde_json::from_str::<Vec<Case>>(CASES)?.iter().enumerate() {
            let group = Group::of(&ask(&origin, case, &[]).await?.1.condition);
            let medicines = match group {
                Group::Training => &training,
                Group::HeldOut => &held_out,
            };
            for count in MEDICINE_COUNTS {
                documents.extend(session(&origin, case, &pick(medicines, index, count), group).await?);
            }
        }
        for (medicines, group) in [(&training, Group::Training), (&held_out, Group::HeldOut)] {
            documents.extend(sets(&origin, medicines, group).await?);
        }
        Ok(documents)
    })
}

/// What one question leaves in the store, apart from the interactions.
async fn session(
    origin: &EmbeddedOrigin,
    case: &Case,
    medicines: &[&str],
    group: Group,
) -> Result<[Document; 3], Box<dyn Error>> {
    let (question, analysis) = ask(origin, case, medicines).await?;
    let input = question.canonical_json(origin.revision());
    let analysis = document(Kind::Analysis, group, &analysis)?;
    let digest = RequestDigest::of(Category::HealthAnalysis, &input).to_hex();
    let summary = Summary::of_answer(&analysis.bytes, &digest).ok_or("an answer without a summary")?.to_json()?;
    Ok([
        Document { kind: Kind::Summary, group, bytes: summary },
        analysis,
        Document { kind: Kind::Input, group, bytes: input.into_bytes() },
    ])
}

async fn ask(
    origin: &EmbeddedOrigin,
    case: &Case,
    medicines: &[&str],
) -> Result<(HealthAnalysisRequest, HealthAnalysis), Box<dyn Error>> {
    let body = json!({
        "concern": case.concern,
        "symptoms": case.symptoms,
        "patient_age": case.age,
        "patient_gender": case.gender,
        "medical_history": case.history,
        "current_medications": medicines,
    });
    let question = HealthAnalysisRequest::from_json(body.to_string().as_bytes())?;
    let interactions = match MedicationSet::of_request(&question) {
        Some(set) => origin.interactions(&set).await?,
        None => MedicationInteractions::none(),
    };
    let until = Deadline::after(Duration::from_secs(60));
    let analysis = origin.analyze(&question, &interactions, until).await?;
    Ok((question, analysis))
}

/// The interactions of sets of medicines.
async fn sets(origin: &EmbeddedOrigin, medicines: &[String], group: Group) -> Result<Vec<Document>, Box<dyn Error>> {
    let mut documents = Vec::new();
    for start in 0..medicines.len() {
        let size = SET_SIZES[start % SET_SIZES.len()];
        let body = json!({ "medications": pick(medicines, start, size) });
        let set = MedicationSet::from_json(body.to_string().as_bytes())?;
        documents.push(document(Kind::Interactions, group, &origin.interactions(&set).await?)?);
    }
    Ok(documents)
}

fn document(kind: Kind, group: Group, answer: &impl Serialize) -> Result<Document, serde_json::Error> {
    Ok(Document { kind, group, bytes: serde_json::to_vec(answer)? })
}

/// The medicines to train on, and those that are held out.
fn medicines() -> Result<(Vec<String>, Vec<String>), serde_json::Error> {
    let formulary: Formulary = serde_json::from_str(FORMULARY)?;
    Ok(formulary.drugs.into_iter().map(|drug| drug.name).partition(|name| Group::of(name) == Group::Training))
}

/// Some medicines, others for each start; the stride shares no factor with the number of medicines.
fn pick(medicines: &[String], start: usize, count: usize) -> Vec<&str> {
    (0..count).filter_map(|step| medicines.get((start * 5 + step * 37) % medicines.len())).map(String::as_str).collect()
}
