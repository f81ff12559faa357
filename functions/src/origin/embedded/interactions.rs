//! Known interactions between medicines, as rules about two names, a name and a class, or two classes.

use super::formulary::{Formulary, Medicine, Source};
use crate::origin::answer::{Interaction, InteractionSeverity};
use serde::Deserialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// The known interactions between the medicines, the most severe first, then by name.
///
/// The order of the medicines does not matter, and naming one of them twice says nothing: the same medicine under
/// two names is one medicine. Each pair is reported once, with the strongest of the rules that apply.
pub(crate) fn between(medicines: &[&Medicine]) -> Vec<Interaction> {
    let sorted: Vec<_> = medicines
        .iter()
        .map(|medicine| (medicine.name(), *medicine))
        .collect::<BTreeMap<_, _>>()
        .into_values()
        .collect();
    let pairs =
        sorted.iter().enumerate().flat_map(|(at, first)| sorted.iter().skip(at + 1).map(|second| (*first, *second)));
    let mut interactions: Vec<_> = pairs.filter_map(|(first, second)| Rules::embedded().check(first, second)).collect();
    interactions.sort_by(|a, b| (Reverse(a.severity), &a.medications).cmp(&(Reverse(b.severity), &b.medications)));
    interactions
}

/// What a rule says when it applies.
#[derive(Debug, Deserialize)]
struct Finding {
    severity: InteractionSeverity,
    effect: String,
    advice: String,
    source: String,
}

/// A finding about two medicines, each given by its generic name or by `tag:` and a class.
#[derive(Debug, Deserialize)]
struct Rule {
    between: [String; 2],
    #[serde(flatten)]
    finding: Finding,
}

/// The interactions as they lie in their file.
#[derive(Debug, Deserialize)]
struct Edition {
    sources: HashMap<String, Source>,
    duplicate_ingredient: Finding,
    interactions: Vec<Rule>,
}

/// The rules, ready to be looked up by their two ends in alphabetical order.
#[derive(Debug)]
struct Rules {
    sources: HashMap<String, Source>,
    duplicate_ingredient: Finding,
    findings: HashMap<[String; 2], Finding>,
}

impl Rules {
    fn embedded() -> &'static Self {
        static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::from(Edition::embedded()));
        &RULES
    }

    fn check(&self, first: &Medicine, second: &Medicine) -> Option<Interaction> {
        let rule = self.strongest(first, second).map(|finding| (finding, finding.effect.clone()));
        let twice = shared_ingredient(first, second).map(|name| self.double_dose(name));
        let candidates = twice.into_iter().chain(rule);
        let (finding, effect) = candidates.min_by_key(|(finding, _)| Reverse(finding.severity))?;
        Some(Interaction {
            medications: [first.name().to_owned(), second.name().to_owned()],
            severity: finding.severity,
            effect,
            advice: finding.advice.clone(),
            source: self.sources.get(&finding.source).map(Source::citation).unwrap_or_default(),
        })
    }

    fn double_dose(&self, ingredient: &str) -> (&Finding, String) {
        let finding = &self.duplicate_ingredient;
        (finding, format!("Both contain {ingredient}. {}", finding.effect))
    }

    fn strongest(&self, first: &Medicine, second: &Medicine) -> Option<&Finding> {
        let seconds = components(second);
        let pairs = components(first).into_iter().flat_map(|a| seconds.iter().map(move |b| (a, *b)));
        let applying = pairs.filter(|(a, b)| a.name() != b.name()).filter_map(|(a, b)| self.most_specific(a, b));
        most_severe(applying)
    }

    /// A rule that names both medicines knows more than one about a class, even if it is milder.
    fn most_specific(&self, first: &Medicine, second: &Medicine) -> Option<&Finding> {
        let (a, b) = (vec![first.name().to_owned()], vec![second.name().to_owned()]);
        let (a_classes, b_classes) = (classes(first), classes(second));
        let named = || self.worst(&a, &b);
        let half_named = || most_severe(self.worst(&a, &b_classes).into_iter().chain(self.worst(&a_classes, &b)));
        named().or_else(half_named).or_else(|| self.worst(&a_classes, &b_classes))
    }

    fn worst(&self, first: &[String], second: &[String]) -> Option<&Finding> {
        let ends = first.iter().flat_map(|a| second.iter().map(move |b| in_order([a.clone(), b.clone()])));
        most_severe(ends.filter_map(|ends| self.findings.get(&ends)))
    }
}

impl From<Edition> for Rules {
    fn from(edition: Edition) -> Self {
        let findings = edition.interactions.into_iter().map(|rule| (in_order(rule.between), rule.finding)).collect();
        Self { sources: edition.sources, duplicate_ingredient: edition.duplicate_ingredient, findings }
    }
}

impl Edition {
    fn embedded() -> Self {
        let text = include_str!("../../../data/interactions.json");
        serde_json::from_str(text).expect("the embedded interactions are valid, which a test makes sure of")
    }
}

/// The records that speak for a medicine: those of its ingredients, and its own where an ingredient has none.
fn components(medicine: &Medicine) -> Vec<&Medicine> {
    let formulary = Formulary::embedded();
    medicine.ingredients().iter().map(|name| formulary.ingredient(name).unwrap_or(medicine)).collect()
}

fn shared_ingredient<'a>(first: &'a Medicine, second: &Medicine) -> Option<&'a str> {
    first.ingredients().iter().find(|name| second.ingredients().contains(name)).map(String::as_str)
}

/// The first of the most severe findings: the classes of a medicine are listed with the most telling first.
fn most_severe<'a>(findings: impl Iterator<Item = &'a Finding>) -> Option<&'a Finding> {
    findings.min_by_key(|finding| Reverse(finding.severity))
}

fn classes(medicine: &Medicine) -> Vec<String> {
    medicine.tags().iter().map(|tag| format!("tag:{tag}")).collect()
}

fn in_order(mut ends: [String; 2]) -> [String; 2] {
    ends.sort();
    ends
}
