//! The language of the rules.
//!
//! | written | means |
//! |---|---|
//! | `a \| b` | one of both |
//! | `@name` | what the concept of that name covers |
//! | `a > b` | b at most five words after a |
//! | `a ~ b` | both within seven words, in any order |
//! | `a & b` | both in one sentence |
//! | `a && b` | both anywhere |
//! | `!a` | a is not there; after `&` in the sentence, after `&&` anywhere |
//!
//! What stands further up binds closer.

use super::concepts::{Name, Observations};
use crate::origin::embedded::wording::{Finding, Phrase, Standing};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The furthest that the second of two words in order may be from the first.
const THEN: usize = 5;
/// The same for words in any order.
const NEAR: usize = 7;
/// Longer than what one finding mostly covers.
const LONGEST: usize = 8;

/// What has to be said for a rule to apply.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Sign(Vec<Part>);

/// What one sentence has to say.
#[derive(Debug)]
struct Part {
    required: Vec<Scene>,
    excluded: Vec<Scene>,
}

/// Things that are said close to each other.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Scene {
    first: Term,
    others: Vec<(Joint, Term)>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Joint {
    Then,
    Near,
}

#[derive(Debug)]
struct Term(Vec<Element>);

#[derive(Debug)]
enum Element {
    Phrase(Phrase),
    Concept(Name),
}

impl Sign {
    /// Whether it is there.
    pub(super) fn is_there(&self, seen: &Observations<'_>) -> bool {
        self.0.iter().all(|part| part.is_there(seen))
    }

    /// How much it asks for.
    pub(super) fn weight(&self) -> usize {
        self.0.iter().flat_map(|part| &part.required).map(|scene| 1 + scene.others.len()).sum()
    }

    pub(super) fn scenes(&self) -> impl Iterator<Item = &Scene> {
        self.0.iter().flat_map(|part| part.required.iter().chain(&part.excluded))
    }
}

impl From<String> for Sign {
    fn from(text: String) -> Self {
        Self(text.split("&&").map(Part::parse).collect())
    }
}

impl Part {
    fn parse(text: &str) -> Self {
        let (excluded, required): (Vec<_>, Vec<_>) =
            text.split('&').map(str::trim).partition(|scene| scene.starts_with('!'));
        Self {
            required: required.into_iter().map(Scene::parse).collect(),
            excluded: excluded.into_iter().map(|scene| Scene::parse(scene.trim_start_matches('!'))).collect(),
        }
    }

    fn is_there(&self, seen: &Observations<'_>) -> bool {
        let excluded: BTreeSet<usize> = self.excluded.iter().flat_map(|scene| scene.sentences(seen)).collect();
        match self.required.split_first() {
            None => excluded.is_empty(),
            Some((first, others)) => {
                others
                    .iter()
                    .fold(first.sentences(seen), |common, scene| {
                        if common.is_empty() { common } else { &common & &scene.sentences(seen) }
                    })
                    .iter()
                    .any(|sentence| !excluded.contains(sentence))
            }
        }
    }
}

impl From<String> for Scene {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl Scene {
    fn parse(text: &str) -> Self {
        let joints = text.chars().filter_map(|c| match c {
            '>' => Some(Joint::Then),
            '~' => Some(Joint::Near),
            _ => None,
        });
        let mut terms = text.split(['>', '~']).map(Term::parse);
        let first = terms.next().unwrap_or_else(|| Term(Vec::new()));
        Self { first, others: joints.zip(terms).collect() }
    }

    /// Where it is, in the order of the text.
    pub(super) fn findings(&self, seen: &Observations<'_>) -> Vec<Finding> {
        if !self.may_be_there(seen) {
            return Vec::new();
        }
        let first = self.first.findings(seen);
        self.others.iter().fold(
            first,
            |found, (joint, term)| {
                if found.is_empty() { found } else { joint.join(&found, &term.findings(seen)) }
            },
        )
    }

    /// Nearly all scenes are in no text, so it has to be cheap to say that.
    fn may_be_there(&self, seen: &Observations<'_>) -> bool {
        self.first.may_be_there(seen) && self.others.iter().all(|(_, term)| term.may_be_there(seen))
    }

    pub(super) fn phrases(&self) -> impl Iterator<Item = &Phrase> {
        self.elements().filter_map(|element| match element {
            Element::Phrase(phrase) => Some(phrase),
            Element::Concept(_) => None,
        })
    }

    #[cfg(test)]
    pub(super) fn concepts(&self) -> impl Iterator<Item = &str> {
        self.elements().filter_map(|element| match element {
            Element::Phrase(_) => None,
            Element::Concept(name) => Some(name.text.as_str()),
        })
    }

    fn elements(&self) -> impl Iterator<Item = &Element> {
        std::iter::once(&self.first).chain(self.others.iter().map(|(_, term)| term)).flat_map(|term| &term.0)
    }

    fn sentences(&self, seen: &Observations<'_>) -> BTreeSet<usize> {
        let said = self.findings(seen).into_iter().filter(|finding| finding.standing == Standing::Said);
        said.map(|finding| finding.sentence).collect()
    }
}

impl Term {
    fn parse(text: &str) -> Self {
        let element = |text: &str| match text.trim().strip_prefix('@') {
            Some(name) => Element::Concept(Name::new(name)),
            None => Element::Phrase(Phrase::parse(text)),
        };
        Self(text.split('|').map(element).collect())
    }

    fn may_be_there(&self, seen: &Observations<'_>) -> bool {
        self.0.iter().any(|element| match element {
            Element::Phrase(phrase) => seen.may_hold_phrase(phrase),
            Element::Concept(name) => seen.may_hold_concept(name),
        })
    }

    fn findings(&self, seen: &Observations<'_>) -> Vec<Finding> {
        let mut found = Vec::new();
        for element in &self.0 {
            match element {
                Element::Phrase(phrase) => found.extend(seen.of_phrase(phrase)),
                Element::Concept(name) => found.extend_from_slice(seen.of_concept(name)),
            }
        }
        if self.0.len() > 1 {
            in_order(&mut found);
        }
        found
    }
}

impl Joint {
    fn join(self, left: &[Finding], right: &[Finding]) -> Vec<Finding> {
        let mut joined: Vec<_> = left.iter().filter_map(|one| self.partner(one, right)).collect();
        in_order(&mut joined);
        joined
    }

    /// The two as one, with the nearest partner that is said, or with the nearest one.
    fn partner(self, one: &Finding, others: &[Finding]) -> Option<Finding> {
        let reach = match self {
            Self::Then => 0,
            Self::Near => NEAR + LONGEST,
        };
        let from = (one.sentence, one.start.saturating_sub(reach));
        let first = others.partition_point(|other| (other.sentence, other.start) < from);
        let to = (one.sentence, one.end + NEAR);
        let candidates =
            others.iter().skip(first).take_while(|other| (other.sentence, other.start) <= to).filter_map(|other| {
                let distance = self.distance(one, other)?;
                Some((one.joined(other), distance))
            });
        candidates.min_by_key(|(both, distance)| (both.standing != Standing::Said, *distance)).map(|(both, _)| both)
    }

    fn distance(self, one: &Finding, other: &Finding) -> Option<usize> {
        let (distance, most) = match self {
            Self::Then => (other.start.checked_sub(one.end)?, THEN),
            Self::Near => (other.start.saturating_sub(one.end).max(one.start.saturating_sub(other.end)), NEAR),
        };
        (distance < most).then_some(distance)
    }
}

impl Finding {
    fn joined(&self, other: &Self) -> Self {
        let standing = self.standing.and(other.standing, self.start..self.end);
        let standing = standing.and(Standing::Said, other.start..other.end);
        let (start, end) = (self.start.min(other.start), self.end.max(other.end));
        Self { sentence: self.sentence, start, end, standing }
    }
}

/// Puts findings into the order of the text, each once.
pub(super) fn in_order(findings: &mut Vec<Finding>) {
    findings.sort_unstable_by_key(|finding| (finding.sentence, finding.start, finding.end));
    findings.dedup();
}

#[cfg(test)]
mod tests {
    use super::Sign;
    use crate::origin::embedded::rulebook::{Observations, Rulebook};
    use crate::origin::embedded::wording::Wording;

    fn is_there(sign: &str, text: &str) -> bool {
        let rules = Rulebook::embedded();
        let wording = Wording::read(["", text], &[], &rules.language);
        Sign::from(sign.to_owned()).is_there(&Observations::of(&wording, &rules.concepts))
    }

    #[test]
    fn words_in_order_stand_close_to_each_other() {
        assert!(is_there("lift > arm", "i lift my left arm"));
        assert!(!is_there("lift > arm", "my arm, the lift"));
        assert!(!is_there("lift > arm", "i took the lift to the fifth floor and hit an arm"));
    }

    #[test]
    fn near_words_stand_in_any_order() {
        assert!(is_there("chest ~ pain", "pain that sits in my chest") && is_there("chest ~ pain", "chest, a pain"));
        assert!(!is_there("chest ~ pain", "a pain. my chest"));
    }

    #[test]
    fn what_is_excluded_must_not_be_said() {
        assert!(is_there("chest & !muscle", "my chest. a muscle") && !is_there("chest & !muscle", "a chest muscle"));
        assert!(
            is_there("chest && !muscle", "my chest, no muscle") && !is_there("chest && !muscle", "my chest. a muscle")
        );
    }

    #[test]
    fn a_negation_that_is_part_of_a_sign_denies_nothing() {
        assert!(is_there("@not > fade", "the spots do not fade"));
        assert!(!is_there("chest ~ pain", "in the chest no pain"));
    }

    #[test]
    fn a_concept_stands_for_all_that_it_covers() {
        assert!(is_there("@chest ~ @pressure", "an elephant sits on my breastbone"));
    }
}
