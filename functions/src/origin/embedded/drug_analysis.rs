//! Analyses of drugs as far as the formulary supports them. It has no figures on sales, prices and trials, so an
//! analysis says so, and where to look; nothing is made up.

use super::assessment::DISCLAIMER;
use super::drugs::describe;
use super::formulary::{Formulary, Medicine};
use super::{interactions, registries};
use crate::origin::Source;
use crate::origin::answer::{Interaction, InteractionSeverity};
use crate::origin::drug_answer::{Alternative, Clinical, DrugAnalysis, Market};
use medinsight_core::{AnalysisType, AnalysisVariant};

/// The most interactions that a safety profile lists.
const MOST_INTERACTIONS: usize = 20;

pub(super) fn analyse(medicine: &Medicine, variant: &AnalysisVariant) -> DrugAnalysis {
    let alternatives = variant.include_competitors.then(|| alternatives(medicine));
    DrugAnalysis {
        generic_name: medicine.name().to_owned(),
        analysis_type: variant.analysis_type.as_str().to_owned(),
        drug_class: medicine.class().to_owned(),
        summary: summary(medicine, variant, alternatives.as_deref()),
        therapeutic_alternatives: alternatives,
        market: variant.include_market_data.then(|| Market { brand_names: medicine.brands().to_vec() }),
        clinical: variant.include_clinical_data.then(|| clinical(medicine, variant.analysis_type)),
        not_known: not_known(variant),
        registries: registries::for_analysis(variant),
        data_sources: Formulary::embedded().citations(medicine),
        disclaimer: DISCLAIMER.to_owned(),
        revision: None,
        source: Some(Source::Embedded),
    }
}

fn alternatives(medicine: &Medicine) -> Vec<Alternative> {
    let others = Formulary::embedded().alternatives(medicine);
    let alternative =
        |other: &Medicine| Alternative { generic_name: other.name().to_owned(), brand_names: other.brands().to_vec() };
    others.into_iter().map(alternative).collect()
}

fn clinical(medicine: &Medicine, analysis_type: AnalysisType) -> Clinical {
    Clinical {
        uses: medicine.uses().to_vec(),
        common_side_effects: medicine.common_side_effects().to_vec(),
        major_interactions: listed_interactions(medicine, analysis_type),
    }
}

/// The interactions that an analysis lists.
pub(super) fn listed_interactions(medicine: &Medicine, analysis_type: AnalysisType) -> Vec<Interaction> {
    match analysis_type {
        AnalysisType::SafetyProfile => major_interactions(medicine),
        AnalysisType::Overview
        | AnalysisType::MarketResearch
        | AnalysisType::ClinicalTrials
        | AnalysisType::CompetitiveAnalysis
        | AnalysisType::PricingAnalysis => Vec::new(),
    }
}

fn major_interactions(medicine: &Medicine) -> Vec<Interaction> {
    let others = Formulary::embedded().iter().filter(|other| other.ingredients().len() == 1);
    let pairs = others.flat_map(|other| interactions::between(&[medicine, other]));
    let mut major: Vec<_> = pairs.filter(|interaction| interaction.severity >= InteractionSeverity::Major).collect();
    interactions::most_severe_first(&mut major);
    major.truncate(MOST_INTERACTIONS);
    major
}

fn summary(medicine: &Medicine, variant: &AnalysisVariant, alternatives: Option<&[Alternative]>) -> String {
    let focus = match variant.analysis_type {
        AnalysisType::Overview => None,
        AnalysisType::MarketResearch => {
            Some(format!("The formulary lists {} brand names and no market figures.", medicine.brands().len()))
        }
        AnalysisType::ClinicalTrials => Some("The formulary has no trials; the registries below do.".to_owned()),
        AnalysisType::CompetitiveAnalysis => alternatives.map(peers),
        AnalysisType::SafetyProfile => {
            Some(format!("Common side effects are: {}.", medicine.common_side_effects().join("; ")))
        }
        AnalysisType::PricingAnalysis => Some("The formulary has no prices; the registries below do.".to_owned()),
    };
    let description = describe(medicine);
    match focus {
        None => description,
        Some(focus) => format!("{description} {focus}"),
    }
}

fn peers(alternatives: &[Alternative]) -> String {
    match alternatives.len() {
        0 => "The formulary has no other drug of its class.".to_owned(),
        1 => "The formulary has one other drug of its class.".to_owned(),
        count => format!("The formulary has {count} other drugs of its class."),
    }
}

/// What somebody who asks for such an analysis would expect and does not get.
fn not_known(variant: &AnalysisVariant) -> Vec<String> {
    let market = "Market size, sales, market shares and forecasts.";
    let trials = "Clinical trials, their status and their results.";
    let prices = "Prices, reimbursement, and whether generic versions are on sale.";
    let gaps: &[&str] = match variant.analysis_type {
        AnalysisType::Overview => &[market, trials, prices],
        AnalysisType::MarketResearch => &[market, prices],
        AnalysisType::ClinicalTrials => &[trials],
        AnalysisType::CompetitiveAnalysis => &["How the alternatives compare in efficacy and in cost.", market],
        AnalysisType::SafetyProfile => &["How often side effects occur, and rare ones."],
        AnalysisType::PricingAnalysis => &[prices],
    };
    let is_asked = |gap: &&&str| match **gap {
        gap if gap == market => variant.include_market_data,
        gap if gap == trials => variant.include_clinical_data,
        _ => true,
    };
    gaps.iter().filter(is_asked).map(|gap| (*gap).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn analysis(name: &str, variant: &AnalysisVariant) -> DrugAnalysis {
        analyse(Formulary::embedded().resolve(name).expect("a known medicine"), variant)
    }

    #[test]
    fn what_is_not_asked_for_is_left_out() {
        let variant = AnalysisVariant {
            include_competitors: false,
            include_market_data: false,
            include_clinical_data: false,
            ..AnalysisVariant::default()
        };
        let bare = analysis("sertraline", &variant);
        assert!(bare.therapeutic_alternatives.is_none() && bare.market.is_none() && bare.clinical.is_none());
        let whole = analysis("sertraline", &AnalysisVariant::default());
        assert!(whole.therapeutic_alternatives.is_some() && whole.market.is_some() && whole.clinical.is_some());
    }

    #[test]
    fn alternatives_are_of_the_same_class_and_never_contain_the_drug_itself() {
        let analysis = analysis("sertraline", &AnalysisVariant::default());
        let others = analysis.therapeutic_alternatives.expect("competitors are included");
        assert!(others.iter().any(|other| other.generic_name == "fluoxetine"), "{others:?}");
        assert!(others.iter().all(|other| !other.generic_name.contains("sertraline")), "{others:?}");
    }

    #[test]
    fn every_type_says_what_it_does_not_know_where_to_look_and_that_it_is_no_advice() {
        for analysis_type in AnalysisType::ALL {
            let analysis = analysis("warfarin", &AnalysisVariant { analysis_type, ..AnalysisVariant::default() });
            assert!(!analysis.not_known.is_empty() && !analysis.registries.is_empty(), "{analysis_type:?}");
            assert!(!analysis.data_sources.is_empty() && !analysis.disclaimer.is_empty(), "{analysis_type:?}");
            assert!(analysis.summary.starts_with("warfarin: "), "{analysis_type:?}");
        }
    }

    #[test]
    fn a_safety_profile_has_the_major_interactions_the_most_severe_first() {
        let safety = AnalysisVariant { analysis_type: AnalysisType::SafetyProfile, ..AnalysisVariant::default() };
        let found = analysis("sertraline", &safety).clinical.expect("clinical data are included").major_interactions;
        assert_eq!(found.first().map(|interaction| interaction.severity), Some(InteractionSeverity::Contraindicated));
        assert!((1..=MOST_INTERACTIONS).contains(&found.len()));
    }
}
