//! What a person's text says: which phrases stand in it, and whether they are denied.
//!
//! The text comes in its normal form. It is cut into clauses at full stops and "but", since words belong together only
//! within a clause. A phrase is denied when a word such as "no" stands before it with nothing in between but other
//! symptoms and small words: "no fever or chest pain" denies both, "no relief from chest pain" denies nothing. In
//! doubt nothing is denied, because a missed emergency is worse than a false alarm.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Bound;

const CLAUSE_ENDS: [&str; 3] = ["but", "however", "although"];
const NEGATORS: [&str; 16] = [
    "no", "not", "without", "denies", "denied", "deny", "never", "nor", "neither", "isn't", "wasn't", "don't",
    "doesn't", "didn't", "haven't", "hasn't",
];
/// Words over which a negation carries on, besides the names of symptoms.
const CARRIERS: [&str; 26] = [
    "any",
    "a",
    "an",
    "the",
    "or",
    "nor",
    "of",
    "sign",
    "signs",
    "symptom",
    "symptoms",
    "have",
    "had",
    "has",
    "having",
    "feel",
    "feeling",
    "been",
    "in",
    "my",
    "is",
    "was",
    "other",
    "history",
    "experienced",
    "really",
];
/// Words that end a negation although phrases of the rules contain them.
const DENIAL_ENDS: [&str; 16] = [
    "and", "i", "me", "he", "she", "it", "when", "after", "from", "like", "still", "up", "help", "better", "for", "now",
];
/// After "never", these say that this time it is there: "never had chest pain like this".
const THIS_TIME: [&str; 4] = ["like", "such", "before", "until"];
const OTHER_PEOPLE: [&str; 12] = [
    "grandmother",
    "grandfather",
    "grandma",
    "grandpa",
    "mother",
    "father",
    "mom",
    "mum",
    "dad",
    "uncle",
    "aunt",
    "neighbour",
];
const LONG_AGO: [&str; 5] = ["died", "ago", "late", "1990s", "passed"];
const NOW: [&str; 6] = ["now", "today", "currently", "just", "suddenly", "is"];
/// Figures of speech that sound like symptoms.
const IDIOMS: [&str; 17] = [
    "suicide squad",
    "stroke of luck",
    "stroke of genius",
    "strokes of luck",
    "broke my heart",
    "nearly had a heart attack when",
    "almost had a heart attack when",
    "gave me a heart attack",
    "died laughing",
    "dying of laughter",
    "dying to know",
    "dying to see",
    "to die for",
    "killing me",
    "breast stroke",
    "shot in the arm",
    "heart to heart",
];

/// A text, ready to be asked for phrases.
#[derive(Debug)]
pub(super) struct Wording {
    clauses: Vec<Vec<Word>>,
    places: BTreeMap<String, Vec<(usize, usize)>>,
}

#[derive(Debug)]
struct Word {
    text: String,
    is_denied: bool,
}

/// Whether a denied phrase counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Denial {
    /// It does not.
    Respected,
    /// It does: for what must never be missed.
    Ignored,
}

impl Wording {
    /// Reads texts; `is_symptom` knows the words that a negation carries over.
    pub(super) fn read(texts: &[&str], is_symptom: impl Fn(&str) -> bool) -> Self {
        let clauses: Vec<Vec<Word>> = texts
            .iter()
            .flat_map(|text| split_clauses(&without_idioms(text)))
            .filter(|clause| !is_about_somebody_long_ago(clause))
            .map(|clause| mark_denied(clause, &is_symptom))
            .collect();
        let mut places: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
        for (number, clause) in clauses.iter().enumerate() {
            for (position, word) in clause.iter().enumerate() {
                places.entry(word.text.clone()).or_default().push((number, position));
            }
        }
        Self { clauses, places }
    }

    /// The clauses in which a phrase stands.
    pub(super) fn clauses_with(&self, phrase: &Phrase, denial: Denial) -> Vec<usize> {
        let Some((first, others)) = phrase.0.split_first() else { return Vec::new() };
        let fits = |(clause, position): &&(usize, usize)| self.fits(*clause, *position, others, denial);
        self.starts(first).filter(fits).map(|(clause, _)| *clause).collect()
    }

    /// Whether a word stands anywhere, denied or not.
    pub(super) fn has_word(&self, word: &str) -> bool {
        self.places.contains_key(word)
    }

    fn starts(&self, first: &WordPattern) -> impl Iterator<Item = &(usize, usize)> {
        let (WordPattern::Exact(text) | WordPattern::Prefix(text)) = first;
        let from = (Bound::Included(text.as_str()), Bound::Unbounded);
        self.places.range::<str, _>(from).take_while(|(word, _)| first.matches(word)).flat_map(|(_, places)| places)
    }

    fn fits(&self, clause: usize, position: usize, others: &[WordPattern], denial: Denial) -> bool {
        let mut words = self.clauses.get(clause).into_iter().flatten().skip(position);
        let is_said = words.next().is_some_and(|word| denial == Denial::Ignored || !word.is_denied);
        is_said && others.iter().all(|pattern| words.next().is_some_and(|word| pattern.matches(&word.text)))
    }
}

/// Words that follow each other; the last letters of one may be open, as in `breath*`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Phrase(Vec<WordPattern>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum WordPattern {
    Exact(String),
    Prefix(String),
}

impl Phrase {
    /// Reads a phrase as it stands in the data.
    pub(super) fn parse(text: &str) -> Self {
        let pattern = |word: &str| match word.strip_suffix('*') {
            Some(prefix) => WordPattern::Prefix(prefix.to_owned()),
            None => WordPattern::Exact(word.to_owned()),
        };
        Self(text.split_whitespace().map(pattern).collect())
    }
}

/// The words that phrases are made of.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    exact: HashSet<String>,
    prefixes: BTreeSet<String>,
}

impl Vocabulary {
    /// Whether a word can stand in one of the phrases.
    pub(super) fn contains(&self, word: &str) -> bool {
        self.exact.contains(word) || self.prefixes.iter().any(|prefix| word.starts_with(prefix))
    }
}

impl<'a> FromIterator<&'a Phrase> for Vocabulary {
    fn from_iter<I: IntoIterator<Item = &'a Phrase>>(phrases: I) -> Self {
        let mut vocabulary = Self::default();
        for pattern in phrases.into_iter().flat_map(|phrase| &phrase.0) {
            match pattern {
                WordPattern::Exact(text) => vocabulary.exact.insert(text.clone()),
                WordPattern::Prefix(prefix) => vocabulary.prefixes.insert(prefix.clone()),
            };
        }
        vocabulary
    }
}

impl WordPattern {
    fn matches(&self, word: &str) -> bool {
        match self {
            Self::Exact(text) => word == text,
            Self::Prefix(prefix) => word.starts_with(prefix),
        }
    }
}

fn without_idioms(text: &str) -> String {
    let straight = text.replace('\u{2019}', "'");
    IDIOMS.iter().fold(straight, |text, idiom| text.replace(idiom, " "))
}

/// Clauses as words, with `,` kept as a word of its own because it ends a negation.
fn split_clauses(text: &str) -> Vec<Vec<String>> {
    let mut clauses = vec![Vec::new()];
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_decimal = c == '.' && chars.peek().is_some_and(char::is_ascii_digit) && !word.is_empty();
        if c.is_alphanumeric() || matches!(c, '\'' | '-') || is_decimal {
            word.push(c);
            continue;
        }
        end_word(&mut clauses, &mut word);
        match c {
            '.' | ';' | '!' | '?' | ':' => clauses.push(Vec::new()),
            ',' => clauses.last_mut().into_iter().for_each(|clause| clause.push(",".to_owned())),
            _ => {}
        }
    }
    end_word(&mut clauses, &mut word);
    clauses
}

fn end_word(clauses: &mut Vec<Vec<String>>, word: &mut String) {
    let ended = std::mem::take(word);
    if CLAUSE_ENDS.contains(&ended.as_str()) {
        clauses.push(Vec::new());
    } else if !ended.is_empty() {
        clauses.last_mut().into_iter().for_each(|clause| clause.push(ended.clone()));
    }
}

fn is_about_somebody_long_ago(clause: &[String]) -> bool {
    let has = |words: &[&str]| clause.iter().any(|word| words.contains(&word.as_str()));
    has(&OTHER_PEOPLE) && has(&LONG_AGO) && !has(&NOW)
}

fn mark_denied(clause: Vec<String>, is_symptom: impl Fn(&str) -> bool) -> Vec<Word> {
    let never_counts = !clause.iter().any(|word| THIS_TIME.contains(&word.as_str()));
    let mut is_denying = false;
    clause
        .into_iter()
        .map(|text| {
            let ends_denial = DENIAL_ENDS.contains(&text.as_str());
            let is_denied = is_denying && text != ",";
            let is_negator = NEGATORS.contains(&text.as_str()) && (text != "never" || never_counts);
            is_denying =
                is_negator || (is_denying && !ends_denial && (CARRIERS.contains(&text.as_str()) || is_symptom(&text)));
            Word { text, is_denied }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Denial, Phrase, Wording};
    use proptest::prelude::*;

    fn says(text: &str, phrase: &str) -> bool {
        let is_symptom = |word: &str| ["fever", "chest", "pain", "cough"].contains(&word);
        let wording = Wording::read(&[text], is_symptom);
        !wording.clauses_with(&Phrase::parse(phrase), Denial::Respected).is_empty()
    }

    #[test]
    fn a_negation_reaches_over_symptoms_and_small_words_and_no_further() {
        assert!(!says("no chest pain", "chest pain"));
        assert!(!says("no fever or chest pain", "chest pain"));
        assert!(says("no fever, chest pain", "chest pain"));
        assert!(says("no fever but chest pain", "chest pain"));
        assert!(says("no relief from chest pain", "chest pain"));
        assert!(says("no fever and chest pain", "chest pain"));
        assert!(says("never had chest pain like this", "chest pain"));
    }

    #[test]
    fn phrases_match_whole_words_or_open_endings() {
        assert!(says("short of breath", "short of breath"));
        assert!(says("breathlessness", "breath*"));
        assert!(!says("chestnut pain", "chest"));
        assert!(says("a fever of 39.5, shivering", "39.5"));
    }

    #[test]
    fn other_people_long_ago_and_figures_of_speech_say_nothing() {
        assert!(!says("my grandmother died of chest pain", "chest pain"));
        assert!(says("my father has chest pain now", "chest pain"));
        assert!(!says("it was a stroke of luck", "stroke"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,200}", phrase in "\\PC{0,20}") {
            says(&text, &phrase);
        }
    }
}
