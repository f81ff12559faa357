//! Public registries that know what the formulary does not.

use crate::origin::drug_answer::Registry;
use medinsight_core::{AnalysisType, AnalysisVariant};

/// A registry and the subject that it is about.
struct Known {
    subject: Subject,
    name: &'static str,
    url: &'static str,
    knows: &'static str,
}

/// What a registry is about.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Subject {
    Approval,
    Trials,
    Labels,
    Prices,
}

const REGISTRIES: [Known; 8] = [
    Known {
        subject: Subject::Approval,
        name: "Orange Book, US Food and Drug Administration",
        url: "https://www.accessdata.fda.gov/scripts/cder/ob/",
        knows: "approved drugs, their generic equivalents and patents",
    },
    Known {
        subject: Subject::Approval,
        name: "Medicines, European Medicines Agency",
        url: "https://www.ema.europa.eu/en/medicines",
        knows: "medicines authorised in the European Union",
    },
    Known {
        subject: Subject::Trials,
        name: "ClinicalTrials.gov, US National Library of Medicine",
        url: "https://clinicaltrials.gov/",
        knows: "clinical trials, their status and results",
    },
    Known {
        subject: Subject::Trials,
        name: "International Clinical Trials Registry Platform, World Health Organization",
        url: "https://trialsearch.who.int/",
        knows: "clinical trials registered worldwide",
    },
    Known {
        subject: Subject::Labels,
        name: "DailyMed, US National Library of Medicine",
        url: "https://dailymed.nlm.nih.gov/",
        knows: "drug labels with warnings, adverse reactions and interactions",
    },
    Known {
        subject: Subject::Labels,
        name: "MedlinePlus, US National Library of Medicine",
        url: "https://medlineplus.gov/druginformation.html",
        knows: "drug information for patients",
    },
    Known {
        subject: Subject::Prices,
        name: "National Average Drug Acquisition Cost, US Centers for Medicare & Medicaid Services",
        url: "https://data.medicaid.gov/",
        knows: "what pharmacies in the United States pay",
    },
    Known {
        subject: Subject::Prices,
        name: "NHS Drug Tariff, NHS Business Services Authority",
        url: "https://www.nhsbsa.nhs.uk/pharmacies-gp-practices-and-appliance-contractors/drug-tariff",
        knows: "what pharmacies in England are paid",
    },
];

/// The registries for what an analysis looks at.
pub(super) fn for_analysis(variant: &AnalysisVariant) -> Vec<Registry> {
    let subjects: &[Subject] = match variant.analysis_type {
        AnalysisType::Overview => &[Subject::Labels, Subject::Approval, Subject::Trials, Subject::Prices],
        AnalysisType::MarketResearch => &[Subject::Approval, Subject::Prices],
        AnalysisType::ClinicalTrials => &[Subject::Trials],
        AnalysisType::CompetitiveAnalysis => &[Subject::Approval],
        AnalysisType::SafetyProfile => &[Subject::Labels],
        AnalysisType::PricingAnalysis => &[Subject::Prices, Subject::Approval],
    };
    let known = subjects.iter().flat_map(|subject| REGISTRIES.iter().filter(move |known| known.subject == *subject));
    known.map(Known::to_answer).collect()
}

impl Known {
    fn to_answer(&self) -> Registry {
        Registry { name: self.name.to_owned(), url: self.url.to_owned(), knows: self.knows.to_owned() }
    }
}
