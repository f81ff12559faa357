//! A text that finds phrases in itself: each word is looked up, so that the cost depends on what is said and not on
//! how many rules there are.

use super::phrase::{Pattern, Phrase};
use super::sieve::{Mesh, Sieve};
use super::words::{Word, start};
use std::collections::{BTreeMap, HashMap};
use std::ops::{Bound, Range};

/// Sentences with an index of their words.
#[derive(Debug, Default)]
pub(super) struct Text {
    sentences: Vec<Vec<Word>>,
    by_stem: HashMap<String, Vec<Place>>,
    by_text: BTreeMap<String, Vec<Place>>,
    numbers: Vec<(f64, Place)>,
    stems: Sieve,
    starts: Sieve,
}

/// Where a word stands.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Place {
    pub(super) sentence: usize,
    pub(super) word: usize,
}

impl Text {
    pub(super) fn new(sentences: Vec<Vec<Word>>) -> Self {
        let mut text = Self::default();
        for (number, sentence) in sentences.iter().enumerate() {
            for (position, word) in sentence.iter().enumerate() {
                text.index(word, Place { sentence: number, word: position });
            }
        }
        text.sentences = sentences;
        text
    }

    fn index(&mut self, word: &Word, place: Place) {
        self.stems.put(Mesh::of(&word.stem));
        start(&word.text).into_iter().for_each(|start| self.starts.put(start));
        self.by_stem.entry(word.stem.clone()).or_default().push(place);
        self.by_text.entry(word.text.clone()).or_default().push(place);
        if word.text.starts_with(|c: char| c.is_ascii_digit())
            && let Ok(number) = word.text.parse()
        {
            self.numbers.push((number, place));
        }
    }

    pub(super) fn sentences(&self) -> &[Vec<Word>] {
        &self.sentences
    }

    /// Whether a word stands anywhere in any of its forms.
    pub(super) fn has_form(&self, stem: &str) -> bool {
        self.by_stem.contains_key(stem)
    }

    /// Where a phrase begins, in the order of the text.
    pub(super) fn find(&self, phrase: &Phrase) -> Vec<Place> {
        let Some((first, others)) = phrase.0.split_first().filter(|_| self.may_hold(phrase)) else {
            return Vec::new();
        };
        self.beginnings(first).into_iter().filter(|place| self.goes_on(*place, others)).collect()
    }

    /// Whether a phrase may stand in it; where this says no, it does not.
    pub(super) fn may_hold(&self, phrase: &Phrase) -> bool {
        phrase.0.iter().all(|pattern| match pattern {
            Pattern::Form { mesh, .. } => self.stems.may_hold(*mesh),
            Pattern::Prefix { start, .. } => start.is_none_or(|start| self.starts.may_hold(start)),
            Pattern::Number(_) => !self.numbers.is_empty(),
        })
    }

    fn beginnings(&self, first: &Pattern) -> Vec<Place> {
        match first {
            Pattern::Form { stem, .. } => self.by_stem.get(stem).cloned().unwrap_or_default(),
            Pattern::Prefix { prefix, .. } => self.with_prefix(prefix),
            Pattern::Number(range) => self.numbers_in(range),
        }
    }

    fn with_prefix(&self, prefix: &str) -> Vec<Place> {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let words = self.by_text.range::<str, _>(from).take_while(|(word, _)| word.starts_with(prefix));
        let mut places: Vec<_> = words.flat_map(|(_, places)| places).copied().collect();
        // The words come in alphabetical order.
        places.sort_unstable();
        places
    }

    fn numbers_in(&self, range: &Range<f64>) -> Vec<Place> {
        self.numbers.iter().filter(|(number, _)| range.contains(number)).map(|(_, place)| *place).collect()
    }

    fn goes_on(&self, start: Place, patterns: &[Pattern]) -> bool {
        let mut words = self.sentences.get(start.sentence).into_iter().flatten().skip(start.word + 1);
        patterns.iter().all(|pattern| words.next().is_some_and(|word| matches(pattern, word)))
    }
}

fn matches(pattern: &Pattern, word: &Word) -> bool {
    match pattern {
        Pattern::Form { stem, .. } => word.stem == *stem,
        Pattern::Prefix { prefix, .. } => word.text.starts_with(prefix),
        Pattern::Number(range) => word.text.parse().is_ok_and(|number| range.contains(&number)),
    }
}
