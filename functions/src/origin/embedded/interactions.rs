//! Known interactions between medicines, as rules about two names, a name and a class, or two classes.

use super::formulary::{Formulary, Medicine, Source};
use super::{INTERACTIONS, by_name, parse};
use crate::origin::answer::{Interaction, InteractionSeverity};
use serde::Deserialize;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The known interactions between the medicines, the most severe first, then by name.
///
/// The order of the medicines does not matter, and naming one of them twice says nothing: the same medicine under
/// two names is one medicine. Each pair is reported once, with the strongest of the rules that apply.
pub(crate) fn between(medicines: &[&Medicine]) -> Vec<Interaction> {
    let sorted = by_name(medicines.iter().copied());
    let pairs =
        sorted.iter().enumerate().flat_map(|(at, first)| sorted.iter().skip(at + 1).map(|second| (*first, *second)));
    let mut interactions: Vec<_> = pairs.filter_map(|(first, second)| Rules::embedded().check(first, second)).collect();
    most_severe_first(&mut interactions);
    interactions
}

/// Sorts interactions: the most severe first, then by the names of the medicines.
pub(crate) fn most_severe_first(interactions: &mut [Interaction]) {
    interactions
        .sort_unstable_by(|a, b| (Reverse(a.severity), &a.medications).cmp(&(Reverse(b.severity), &b.medications)));
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
pub(super) struct Rules {
    sources: HashMap<String, Source>,
    duplicate_ingredient: Finding,
    findings: HashMap<[String; 2], Finding>,
}

impl Rules {
    pub(super) fn embedded() -> &'static Self {
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
        parse(INTERACTIONS)
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
    ends.sort_unstable();
    ends
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[track_caller]
    fn found(names: &[&str]) -> Vec<Interaction> {
        let resolve = |name: &&str| Formulary::embedded().resolve(name).expect("the formulary knows the medicine");
        between(&names.iter().map(resolve).collect::<Vec<_>>())
    }

    #[track_caller]
    fn severity(first: &str, second: &str) -> InteractionSeverity {
        let interactions = found(&[first, second]);
        assert_eq!(interactions.len(), 1, "{first} and {second}");
        interactions.first().map(|interaction| interaction.severity).expect("there is one")
    }

    #[test]
    fn the_rules_are_many_complete_and_unique() {
        let edition = Edition::embedded();
        assert!(edition.interactions.len() >= 100);
        let findings = edition.interactions.iter().map(|rule| &rule.finding).chain([&edition.duplicate_ingredient]);
        for finding in findings {
            assert!(finding.effect.ends_with('.') && finding.advice.ends_with('.'), "{finding:?}");
            assert!(edition.sources.contains_key(&finding.source), "{finding:?}");
        }
        assert_eq!(Rules::embedded().findings.len(), edition.interactions.len());
    }

    #[test]
    fn every_end_of_a_rule_is_a_medicine_or_the_class_of_one() {
        let formulary = Formulary::embedded();
        let tags: HashSet<_> = formulary.iter().flat_map(classes).collect();
        for end in Edition::embedded().interactions.into_iter().flat_map(|rule| rule.between) {
            assert!(tags.contains(&end) || formulary.ingredient(&end).is_some(), "{end}");
        }
    }

    #[test]
    fn warfarin_and_ibuprofen_are_a_major_interaction_in_any_order() {
        let interactions = found(&["ibuprofen", "warfarin"]);
        assert_eq!(interactions, found(&["warfarin", "ibuprofen"]));
        let interaction = interactions.first().expect("they interact");
        assert_eq!(interaction.medications, ["ibuprofen", "warfarin"]);
        assert_eq!(interaction.severity, InteractionSeverity::Major);
        assert_eq!(interaction.source, "Medicines A to Z, National Health Service (England)");
    }

    #[test]
    fn the_classics_are_known() {
        use InteractionSeverity::{Contraindicated, Major, Moderate};
        for (first, second, expected) in [
            ("sertraline", "phenelzine", Contraindicated),
            ("linezolid", "phenelzine", Contraindicated),
            ("linezolid", "selegiline", Contraindicated),
            ("nitroglycerin", "viagra", Contraindicated),
            ("simvastatin", "clarithromycin", Contraindicated),
            ("ciprofloxacin", "tizanidine", Contraindicated),
            ("lisinopril", "spironolactone", Major),
            ("lithium", "naproxen", Major),
            ("methotrexate", "bactrim", Major),
            ("digoxin", "amiodarone", Major),
            ("oxycodone", "diazepam", Major),
            ("clopidogrel", "omeprazole", Major),
            ("allopurinol", "azathioprine", Major),
            ("atenolol", "verapamil", Major),
            ("birth control", "carbamazepine", Major),
            ("levothyroxine", "iron", Moderate),
        ] {
            assert_eq!(severity(first, second), expected, "{first} and {second}");
        }
    }

    #[test]
    fn a_rule_that_names_a_medicine_beats_a_rule_for_its_class() {
        assert_eq!(severity("simvastatin", "itraconazole"), InteractionSeverity::Contraindicated);
        assert_eq!(severity("atorvastatin", "itraconazole"), InteractionSeverity::Major);
        assert_eq!(severity("digoxin", "diltiazem"), InteractionSeverity::Moderate);
    }

    #[test]
    fn a_combination_interacts_through_its_ingredients_under_its_own_name() {
        let interactions = found(&["warfarin", "excedrin"]);
        let interaction = interactions.first().expect("they interact");
        assert_eq!(interaction.medications, ["acetaminophen / aspirin / caffeine", "warfarin"]);
        assert_eq!(interaction.severity, InteractionSeverity::Major);
    }

    #[test]
    fn the_same_ingredient_in_two_products_is_a_double_dose() {
        let interactions = found(&["tylenol", "vicodin"]);
        let interaction = interactions.first().expect("they share an ingredient");
        assert_eq!(interaction.severity, InteractionSeverity::Major);
        assert!(interaction.effect.starts_with("Both contain acetaminophen."), "{}", interaction.effect);
    }

    #[test]
    fn a_medicine_under_two_names_is_no_pair() {
        assert_eq!(found(&["tylenol", "paracetamol"]), []);
        assert_eq!(found(&["amoxicillin", "cetirizine"]), []);
    }

    #[test]
    fn the_most_severe_interaction_comes_first() {
        let names =
            ["lisinopril", "warfarin", "ibuprofen", "sildenafil", "nitroglycerin", "vicodin", "aspirin", "tylenol"];
        let interactions = found(&names);
        let order = |interaction: &Interaction| (Reverse(interaction.severity), interaction.medications.clone());
        assert!(interactions.iter().map(order).is_sorted());
        let mut reversed = names;
        reversed.reverse();
        assert_eq!(found(&reversed), interactions);
    }
}
