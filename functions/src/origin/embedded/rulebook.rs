//! The rules of the triage as they stand in the data files.

mod concepts;
mod sign;

use super::parse;
use super::wording::{Language, Phrase, Speech, Vocabulary, Wording};
use concepts::Concept;
pub(super) use concepts::Observations;
use serde::Deserialize;
use sign::Sign;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static RULEBOOK: LazyLock<Rulebook> = LazyLock::new(Rulebook::read);

/// All rules.
#[derive(Debug)]
pub(super) struct Rulebook {
    pub(super) red_flags: Vec<RedFlag>,
    pub(super) conditions: Vec<Condition>,
    pub(super) remedies: BTreeMap<String, Remedy>,
    pub(super) language: Language,
    concepts: Vec<Concept>,
}

/// Signs of a possible emergency.
#[derive(Debug, Deserialize)]
pub(super) struct RedFlag {
    pub(super) condition: String,
    pub(super) explanation: String,
    pub(super) help: Help,
    signs: Vec<Sign>,
}

/// Where help in an emergency comes from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Help {
    /// The emergency number.
    Emergency,
    /// A crisis line, or the emergency number.
    Crisis,
    /// A poison centre, or the emergency number.
    Poison,
}

/// A condition that is no emergency.
#[derive(Debug, Deserialize)]
pub(super) struct Condition {
    pub(super) condition: String,
    pub(super) explanation: String,
    pub(super) severity: crate::origin::answer::Severity,
    signs: Vec<Sign>,
    pub(super) remedies: Vec<String>,
    pub(super) recommendation: String,
    pub(super) when_to_see_doctor: Vec<String>,
}

/// Something that may help at home.
#[derive(Debug, Deserialize)]
pub(super) struct Remedy {
    pub(super) text: String,
    /// Not for people known to be younger, in years.
    #[serde(default)]
    pub(super) min_age: u8,
    /// Not in a pregnancy.
    #[serde(default)]
    pub(super) not_pregnant: bool,
}

#[derive(Deserialize)]
struct RedFlags {
    red_flags: Vec<RedFlag>,
}

#[derive(Deserialize)]
struct Conditions {
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
struct Remedies {
    remedies: BTreeMap<String, Remedy>,
}

#[derive(Deserialize)]
struct Concepts {
    concepts: Vec<Concept>,
}

impl Rulebook {
    /// The rules of the embedded data.
    pub(super) fn embedded() -> &'static Self {
        &RULEBOOK
    }

    /// What the rules see in a text.
    pub(super) fn observe<'a>(&'a self, wording: &'a Wording) -> Observations<'a> {
        Observations::of(wording, &self.concepts)
    }

    fn read() -> Self {
        let RedFlags { red_flags } = parse(super::RED_FLAGS);
        let Conditions { conditions } = parse(super::CONDITIONS);
        let Remedies { remedies } = parse(super::REMEDIES);
        let Concepts { concepts } = parse(super::CONCEPTS);
        let speech: Speech = parse(super::SPEECH);
        let vocabulary = vocabulary(&red_flags, &conditions, &concepts, &speech);
        Self { red_flags, conditions, remedies, language: Language { speech, vocabulary }, concepts }
    }
}

fn vocabulary(red_flags: &[RedFlag], conditions: &[Condition], concepts: &[Concept], speech: &Speech) -> Vocabulary {
    let signs = red_flags.iter().map(|flag| &flag.signs).chain(conditions.iter().map(|condition| &condition.signs));
    let scenes = signs.flatten().flat_map(Sign::scenes).chain(concepts.iter().flat_map(|concept| &concept.said_as));
    let phrases: Vec<&Phrase> = scenes.flat_map(sign::Scene::phrases).collect();
    Vocabulary::new(phrases, super::ORDINARY_WORDS, speech)
}

impl RedFlag {
    /// Whether one of the flag's signs is there.
    pub(super) fn is_raised(&self, seen: &Observations<'_>) -> bool {
        self.signs.iter().any(|sign| sign.is_there(seen))
    }
}

impl Condition {
    /// How much of what is said speaks for the condition: the signs that are there, specific ones more.
    pub(super) fn score(&self, seen: &Observations<'_>) -> usize {
        self.signs.iter().filter(|sign| sign.is_there(seen)).map(Sign::weight).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::Rulebook;
    use std::collections::BTreeSet;

    #[test]
    fn the_rules_are_complete_and_refer_to_remedies_that_exist() {
        let rules = Rulebook::embedded();
        assert!(rules.conditions.len() >= 40 && rules.red_flags.len() >= 20);
        for condition in &rules.conditions {
            assert!(!condition.signs.is_empty() && !condition.when_to_see_doctor.is_empty(), "{}", condition.condition);
            for remedy in &condition.remedies {
                assert!(rules.remedies.contains_key(remedy), "{remedy}");
            }
        }
    }

    #[test]
    fn each_concept_is_defined_once_before_it_is_used() {
        let rules = Rulebook::embedded();
        let mut defined = BTreeSet::new();
        for concept in &rules.concepts {
            for name in concept.said_as.iter().flat_map(|scene| scene.concepts()) {
                assert!(defined.contains(name), "{} uses {name}", concept.concept);
            }
            assert!(defined.insert(concept.concept.as_str()), "{} twice", concept.concept);
        }
        let conditions = rules.conditions.iter().flat_map(|condition| &condition.signs);
        for sign in rules.red_flags.iter().flat_map(|flag| &flag.signs).chain(conditions) {
            for name in sign.scenes().flat_map(|scene| scene.concepts()) {
                assert!(defined.contains(name), "no concept {name}");
            }
        }
    }
}
