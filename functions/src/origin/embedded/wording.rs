//! What a person's text says: where phrases stand in it, and whether they are said of the person and of now.
//!
//! The text comes in its normal form. It is cut into sentences, words get their stems, and misspelled words of the rules
//! are corrected. Each word then has a standing: it is said, denied, or set aside as not being about now.

mod background;
mod denial;
mod phrase;
mod reassurance;
mod sieve;
mod speech;
mod spelling;
#[cfg(test)]
mod tests;
mod text;
mod words;

use background::Cues;
use denial::Denials;
pub(super) use phrase::Phrase;
pub(super) use sieve::{Mesh, Sieve};
pub(super) use speech::Speech;
pub(super) use spelling::Vocabulary;
use std::collections::HashMap;
use text::{Place, Text};
use words::{Word, sentences, stem};

/// Stands between a headline and its text; the speech file lists it as what ends a denial and begins a statement.
const NEXT: &str = "#then";

/// What is needed to understand a text.
#[derive(Debug)]
pub(super) struct Language {
    pub(super) speech: Speech,
    pub(super) vocabulary: Vocabulary,
}

/// A text, ready to be asked for phrases.
#[derive(Debug)]
pub(super) struct Wording {
    text: Text,
    standings: Vec<Vec<Standing>>,
}

/// Whether a word counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Standing {
    /// It does.
    Said,
    /// The word at this place of the sentence denies it.
    Denied {
        /// That place.
        by: usize,
    },
    /// It is not about now, or not meant literally.
    Aside,
}

/// Where something is said: the words `start..end` of a sentence.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Finding {
    pub(super) sentence: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) standing: Standing,
}

impl Wording {
    /// Reads a headline with its text. The marks are words that count as said on their own, such as `#infant`.
    pub(super) fn read(texts: [&str; 2], marks: &[String], language: &Language) -> Self {
        let mut speller = Speller { vocabulary: &language.vocabulary, seen: HashMap::new(), looked_up: 0 };
        let said = in_one_breath(texts).into_iter();
        let said = said.map(|sentence| sentence.iter().map(|word| speller.word(word)).collect());
        let marks = marks.iter().map(|mark| vec![Word::new(mark)]);
        let text = Text::new(said.chain(marks).collect());
        let standings = standings(&text, language);
        Self { text, standings }
    }

    /// Where a phrase stands, in the order of the text.
    pub(super) fn find(&self, phrase: &Phrase) -> Vec<Finding> {
        self.text.find(phrase).into_iter().map(|place| self.finding(place, phrase.0.len())).collect()
    }

    /// Whether a phrase may stand in it; where this says no, it does not.
    pub(super) fn may_hold(&self, phrase: &Phrase) -> bool {
        self.text.may_hold(phrase)
    }

    /// Whether a word stands anywhere in any form, denied or not.
    pub(super) fn has_word(&self, word: &str) -> bool {
        self.text.has_form(&stem(word))
    }

    fn finding(&self, place: Place, length: usize) -> Finding {
        let (start, end) = (place.word, place.word + length);
        let standings = self.standings.get(place.sentence).and_then(|sentence| sentence.get(start..end));
        let standing = standings.into_iter().flatten().fold(Standing::Said, |one, other| one.and(*other, start..end));
        Finding { sentence: place.sentence, start, end, standing }
    }
}

impl Standing {
    /// The standing of two things together. A denial by one of their own words is part of what they say.
    pub(super) fn and(self, other: Self, own: std::ops::Range<usize>) -> Self {
        let outer = |standing: Self| !matches!(standing, Self::Denied { by } if own.contains(&by));
        match (self, other) {
            (Self::Aside, _) | (_, Self::Aside) => Self::Aside,
            (denied @ Self::Denied { .. }, _) if outer(denied) => denied,
            (_, denied @ Self::Denied { .. }) if outer(denied) => denied,
            _ => Self::Said,
        }
    }
}

/// The headline is often but the place that hurts, so it is read in one sentence with what is felt there; what it denies
/// or tells of the past ends with it.
fn in_one_breath(texts: [&str; 2]) -> Vec<Vec<String>> {
    let [mut said, text] = texts.map(sentences);
    let mut others = text.into_iter();
    if let Some(headline) = said.last_mut() {
        headline.extend([",", NEXT].map(str::to_owned));
        headline.extend(others.next().unwrap_or_default());
    }
    said.extend(others);
    said
}

struct Speller<'a> {
    vocabulary: &'a Vocabulary,
    seen: HashMap<String, Word>,
    /// How many words were compared with those of the rules, which is what costs time.
    looked_up: usize,
}

impl<'a> Speller<'a> {
    fn word(&mut self, text: &str) -> Word {
        if let Some(known) = self.seen.get(text) {
            return known.clone();
        }
        let word = Word::new(self.meant(text).unwrap_or(text));
        self.seen.insert(text.to_owned(), word.clone());
        word
    }

    /// The word of the rules that a misspelled one stands for.
    fn meant(&mut self, text: &str) -> Option<&'a str> {
        if self.looked_up == spelling::MOST_CORRECTIONS || !self.vocabulary.may_be_misspelled(text) {
            return None;
        }
        self.looked_up += 1;
        self.vocabulary.nearest(text)
    }
}

fn standings(text: &Text, language: &Language) -> Vec<Vec<Standing>> {
    let speech = &language.speech;
    let mut standings: Vec<Vec<Standing>> =
        text.sentences().iter().map(|sentence| vec![Standing::Said; sentence.len()]).collect();
    for phrase in &speech.figures_of_speech {
        for place in text.find(phrase) {
            let words = standings.get_mut(place.sentence).into_iter().flatten().skip(place.word).take(phrase.0.len());
            words.for_each(|standing| *standing = Standing::Aside);
        }
    }
    let lists = [&speech.not_denying, &speech.long_ago, &speech.at_present, &speech.hearsay];
    let [harmless, long_ago, at_present, hearsay] = lists.map(|phrases| by_sentence(text, phrases));
    let is_symptom = |word: &Word| language.vocabulary.contains(&word.text, &word.stem);
    for (number, (sentence, standings)) in text.sentences().iter().zip(&mut standings).enumerate() {
        let harmless = in_sentence(&harmless, number);
        let cues = Cues {
            long_ago: in_sentence(&long_ago, number),
            at_present: in_sentence(&at_present, number),
            hearsay: in_sentence(&hearsay, number),
        };
        Denials { sentence, speech, harmless, is_symptom: &is_symptom }.mark(standings);
        reassurance::mark(sentence, speech, standings);
        background::mark(sentence, speech, &cues, standings);
    }
    standings
}

/// Where in each sentence one of the phrases begins.
fn by_sentence(text: &Text, phrases: &[Phrase]) -> HashMap<usize, Vec<usize>> {
    let mut places: HashMap<usize, Vec<usize>> = HashMap::new();
    for place in phrases.iter().flat_map(|phrase| text.find(phrase)) {
        places.entry(place.sentence).or_default().push(place.word);
    }
    places
}

fn in_sentence(places: &HashMap<usize, Vec<usize>>, number: usize) -> &[usize] {
    places.get(&number).map_or(&[], Vec::as_slice)
}
