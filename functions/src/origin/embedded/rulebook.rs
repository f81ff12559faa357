//! The rules of the triage as they stand in the data files.

use super::wording::{Denial, Phrase, Vocabulary, Wording};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

static RULEBOOK: LazyLock<Rulebook> = LazyLock::new(Rulebook::read);

/// All rules.
#[derive(Debug)]
pub(super) struct Rulebook {
    pub(super) red_flags: Vec<RedFlag>,
    pub(super) conditions: Vec<Condition>,
    pub(super) remedies: BTreeMap<String, Remedy>,
    /// The words of all signs, over which a negation carries on.
    pub(super) symptom_words: Vocabulary,
}

/// Signs of a possible emergency.
#[derive(Debug, Deserialize)]
pub(super) struct RedFlag {
    pub(super) condition: String,
    pub(super) explanation: String,
    pub(super) help: Help,
    pub(super) signs: Vec<Sign>,
    /// Only for people who take a medicine with this tag.
    #[serde(default)]
    pub(super) medicine_tag: Option<String>,
    /// Only for people known to be this old at most, in years.
    #[serde(default)]
    pub(super) max_age: Option<u8>,
    /// False for what must never be missed: then a denial counts for nothing.
    #[serde(default = "yes")]
    respects_denial: bool,
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
    pub(super) signs: Vec<Sign>,
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

/// What has to be said for a rule to apply: `a|b & c && d` means a or b in one clause with c, and d anywhere.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub(super) struct Sign(Vec<Vec<Vec<Phrase>>>);

impl Rulebook {
    /// The rules of the embedded data.
    pub(super) fn embedded() -> &'static Self {
        &RULEBOOK
    }

    #[expect(clippy::expect_used, reason = "the files are part of the program, and a test reads them")]
    fn read() -> Self {
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
        let red_flags: RedFlags = serde_json::from_str(super::RED_FLAGS).expect("red_flags.json is valid");
        let conditions: Conditions = serde_json::from_str(super::CONDITIONS).expect("conditions.json is valid");
        let remedies: Remedies = serde_json::from_str(super::REMEDIES).expect("remedies.json is valid");
        let (red_flags, conditions) = (red_flags.red_flags, conditions.conditions);
        let signs = red_flags.iter().flat_map(|flag| &flag.signs);
        let signs = signs.chain(conditions.iter().flat_map(|condition| &condition.signs));
        let symptom_words = signs.flat_map(|sign| sign.0.iter().flatten().flatten()).collect();
        Self { red_flags, conditions, remedies: remedies.remedies, symptom_words }
    }
}

impl RedFlag {
    /// Whether one of the flag's signs is there.
    pub(super) fn is_raised(&self, wording: &Wording) -> bool {
        let denial = if self.respects_denial { Denial::Respected } else { Denial::Ignored };
        self.signs.iter().any(|sign| sign.is_there(wording, denial))
    }
}

impl Condition {
    /// How much of what is said speaks for the condition: the signs that are there, specific ones more.
    pub(super) fn score(&self, wording: &Wording) -> usize {
        let there = self.signs.iter().filter(|sign| sign.is_there(wording, Denial::Respected));
        there.map(|sign| sign.0.iter().map(Vec::len).sum::<usize>()).sum()
    }
}

impl Sign {
    fn is_there(&self, wording: &Wording, denial: Denial) -> bool {
        self.0.iter().all(|terms| share_a_clause(terms, wording, denial))
    }
}

impl From<String> for Sign {
    fn from(text: String) -> Self {
        let phrases = |term: &str| term.split('|').map(Phrase::parse).collect();
        Self(text.split("&&").map(|part| part.split('&').map(phrases).collect()).collect())
    }
}

/// Whether there is a clause in which every term has one of its phrases.
fn share_a_clause(terms: &[Vec<Phrase>], wording: &Wording, denial: Denial) -> bool {
    let clauses = |term: &Vec<Phrase>| -> BTreeSet<usize> {
        term.iter().flat_map(|phrase| wording.clauses_with(phrase, denial)).collect()
    };
    let common = terms.iter().map(clauses).reduce(|one, other| one.intersection(&other).copied().collect());
    common.is_some_and(|clauses| !clauses.is_empty())
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::Rulebook;

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
}
