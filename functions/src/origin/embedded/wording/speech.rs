//! The small words that decide whether something is said of the person and of now.

use super::phrase::Phrase;
use super::sieve::{Mesh, Sieve};
use super::words::{Word, normal};
use serde::Deserialize;
use std::collections::HashSet;

/// Those words, by what they do.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Speech {
    /// Parts of the words that name lasting circumstances in a medical history.
    lasting: Vec<String>,
    /// They deny what follows.
    pub(super) negators: Words,
    /// A denial passes over them.
    pub(super) carriers: Words,
    /// A denial stops before them.
    pub(super) ends: Words,
    /// The verb of a statement that began at the word before: "no fever my chest is tight".
    pub(super) predicates: Words,
    /// They begin a new thing, unless a word of `leads` stands before them.
    pub(super) determiners: Words,
    /// Prepositions and verbs that ask for a noun.
    pub(super) leads: Words,
    /// They begin a new statement after a comma or "and".
    pub(super) subjects: Words,
    /// They go on speaking of whom the statement before was about.
    pub(super) third_persons: Words,
    /// After "never" they say that this time it is there.
    pub(super) this_time: Words,
    /// They say that what stands before them is in order: "breathing fine".
    pub(super) in_order: Words,
    /// What can be in order: parts of the body and what they do.
    pub(super) functions: Words,
    /// They link the two: "legs are totally fine".
    pub(super) links: Words,
    /// Before them they make it untrue: "usually kicks loads".
    pub(super) undermines: Words,
    /// After them they limit it: "fine until".
    pub(super) limits: Words,
    /// Negations that deny no symptom: "not only".
    pub(super) not_denying: Vec<Phrase>,
    /// Figures of speech that sound like symptoms.
    pub(super) figures_of_speech: Vec<Phrase>,
    /// What makes a statement one about the past.
    pub(super) long_ago: Vec<Phrase>,
    /// What makes it one about now all the same.
    pub(super) at_present: Vec<Phrase>,
    /// What makes a statement one about nobody in particular.
    pub(super) hearsay: Vec<Phrase>,
}

impl Speech {
    /// The words of a medical history that count as said now; a heart attack of ten years ago is no emergency.
    pub(crate) fn lasting<'a>(&self, item: &'a str) -> impl Iterator<Item = &'a str> {
        let words = item.split(|c: char| !c.is_alphanumeric());
        words.filter(|word| self.lasting.iter().any(|part| word.contains(part)))
    }

    /// All words, which must not be taken for misspelled ones.
    pub(super) fn words(&self) -> impl Iterator<Item = String> {
        let small = [&self.negators, &self.carriers, &self.ends, &self.predicates, &self.leads, &self.subjects];
        let in_order = [&self.in_order, &self.functions, &self.links, &self.undermines, &self.limits];
        let phrases = [&self.not_denying, &self.figures_of_speech, &self.long_ago, &self.at_present, &self.hearsay];
        let spelt_out = phrases.into_iter().flatten().flat_map(Phrase::forms).map(|(word, _)| word.to_owned());
        small.into_iter().chain(in_order).flat_map(|words| words.words.iter().cloned()).chain(spelt_out)
    }
}

/// Words as they are written, without apostrophes.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "Vec<String>")]
pub(super) struct Words {
    words: HashSet<String>,
    sieve: Sieve,
}

impl Words {
    pub(super) fn contain(&self, word: &Word) -> bool {
        self.sieve.may_hold(word.mesh) && self.words.contains(&word.text)
    }
}

impl From<Vec<String>> for Words {
    fn from(words: Vec<String>) -> Self {
        let words: HashSet<_> = words.iter().map(|word| normal(word)).collect();
        let mut sieve = Sieve::default();
        words.iter().for_each(|word| sieve.put(Mesh::of(word)));
        Self { words, sieve }
    }
}
