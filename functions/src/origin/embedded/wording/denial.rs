//! How far a denial reaches.
//!
//! It passes over symptoms and small words: "no fever or chest pain" denies both. It ends at "and", at a comma unless an
//! "or" closes the list, and wherever a new statement starts: "no fever and crushing chest pain", "no fever my chest
//! hurts". In doubt nothing is denied, because a missed emergency is worse than a false alarm.

use super::Standing;
use super::speech::Speech;
use super::words::Word;

/// No denial reaches further than this many words.
const REACH: usize = 9;

/// What the words of a sentence need to be judged.
pub(super) struct Denials<'a> {
    pub(super) sentence: &'a [Word],
    pub(super) speech: &'a Speech,
    /// Where a negation denies no symptom.
    pub(super) harmless: &'a [usize],
    /// Whether the rules speak of a word.
    pub(super) is_symptom: &'a dyn Fn(&Word) -> bool,
}

/// What a word does to a denial that has reached it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Effect {
    Denied,
    Passed,
    Ends,
    /// The word before, too, belongs to the new statement.
    EndsBefore,
}

impl Denials<'_> {
    /// Marks what is denied.
    pub(super) fn mark(&self, standings: &mut [Standing]) {
        let never_denies = !self.sentence.iter().any(|word| self.speech.this_time.contain(word));
        let mut by = None;
        for (position, word) in self.sentence.iter().enumerate() {
            if self.denies(position, word) && (never_denies || word.text != "never") {
                by = Some(position);
            } else if let Some(negator) = by {
                by = self.spread(negator, position, word, standings);
            }
        }
    }

    /// Marks one word, and says whether the denial goes on behind it.
    fn spread(&self, negator: usize, position: usize, word: &Word, standings: &mut [Standing]) -> Option<usize> {
        match self.effect(negator, position, word) {
            Effect::Denied => set(standings, position, Standing::Denied { by: negator }),
            Effect::Passed => {}
            Effect::Ends => return None,
            Effect::EndsBefore => {
                set(standings, position.saturating_sub(1), Standing::Said);
                return None;
            }
        }
        Some(negator)
    }

    fn denies(&self, position: usize, word: &Word) -> bool {
        self.speech.negators.contain(word) && !self.harmless.contains(&position)
    }

    fn effect(&self, negator: usize, position: usize, word: &Word) -> Effect {
        if position - negator > REACH || self.speech.ends.contain(word) || self.starts_anew(position, word) {
            Effect::Ends
        } else if self.speech.predicates.contain(word) {
            if position - negator > 2 { Effect::EndsBefore } else { Effect::Ends }
        } else if word.is_comma() {
            if self.is_closed_by_or(position) { Effect::Passed } else { Effect::Ends }
        } else if self.carries(word) {
            Effect::Denied
        } else {
            Effect::Ends
        }
    }

    fn starts_anew(&self, position: usize, word: &Word) -> bool {
        let before = position.checked_sub(1).and_then(|position| self.sentence.get(position));
        let is_led = before.is_some_and(|before| {
            self.speech.leads.contain(before) || (self.speech.negators.contain(before) && !before.is_comma())
        });
        self.speech.determiners.contain(word) && !is_led
    }

    fn carries(&self, word: &Word) -> bool {
        self.speech.carriers.contain(word) || (self.is_symptom)(word)
    }

    /// Whether the comma stands in a list such as "no fever, cough or pain".
    fn is_closed_by_or(&self, comma: usize) -> bool {
        let list = self.sentence.iter().skip(comma + 1).take(REACH);
        let mut rest = list.skip_while(|word| {
            !is_or(word)
                && !self.speech.ends.contain(word)
                && !self.speech.determiners.contain(word)
                && (word.is_comma() || self.carries(word))
        });
        rest.next().is_some_and(is_or)
    }
}

fn is_or(word: &Word) -> bool {
    matches!(word.text.as_str(), "or" | "nor")
}

fn set(standings: &mut [Standing], position: usize, standing: Standing) {
    if let Some(place) = standings.get_mut(position).filter(|place| **place != Standing::Aside) {
        *place = standing;
    }
}
