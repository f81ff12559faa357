//! Misspelled words of the rules. Only an unknown word is ever taken for another one.

use super::phrase::Phrase;
use super::speech::Speech;
use super::words::stem;
use std::collections::{BTreeMap, HashSet};
use strsim::osa_distance;

/// Shorter words of the rules have too many neighbours.
const SHORTEST: usize = 5;
/// Shorter words than this are taken as they are.
const SHORTEST_WRITTEN: usize = 4;
/// From this length on, two letters may be wrong.
const LONG: usize = 8;
/// How many unknown words of a text are looked at, so that a text of nonsense costs no more than a real one.
pub(super) const MOST_CORRECTIONS: usize = 60;

/// The words that the rules know.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    stems: HashSet<String>,
    prefixes: HashSet<String>,
    ordinary: HashSet<String>,
    by_initial: BTreeMap<char, Vec<String>>,
}

impl Vocabulary {
    /// The words of the rules, which are corrected to, and those that only must not be corrected.
    pub(crate) fn new<'a>(
        phrases: impl IntoIterator<Item = &'a Phrase>,
        ordinary: &'static str,
        speech: &Speech,
    ) -> Self {
        let mut vocabulary = Self::default();
        phrases.into_iter().for_each(|phrase| vocabulary.add(phrase));
        for words in vocabulary.by_initial.values_mut() {
            words.sort_unstable();
            words.dedup();
        }
        let ordinary = ordinary.lines().filter(|line| !line.starts_with('#')).map(str::to_owned);
        vocabulary.ordinary = ordinary.chain(speech.words()).collect();
        vocabulary
    }

    /// Whether the rules speak of a word in some form.
    pub(super) fn contains(&self, word: &str, stem: &str) -> bool {
        self.stems.contains(stem) || self.has_prefix_of(word)
    }

    /// Whether a word is unknown, and not too short to be taken for a misspelled one.
    pub(super) fn may_be_misspelled(&self, word: &str) -> bool {
        word.len() >= SHORTEST_WRITTEN
            && word.is_ascii()
            && !self.contains(word, &stem(word))
            && !self.ordinary.contains(word)
    }

    #[cfg(test)]
    fn correct(&self, word: &str) -> Option<&str> {
        if self.may_be_misspelled(word) { self.nearest(word) } else { None }
    }

    /// The word of the rules that is closest to another one, if it is close enough to be what somebody meant.
    pub(super) fn nearest(&self, word: &str) -> Option<&str> {
        let most = if word.len() < LONG { 1 } else { 2 };
        let candidates = self.by_initial.get(&word.chars().next()?)?;
        let near = candidates.iter().filter(|candidate| candidate.len().abs_diff(word.len()) <= most);
        let rated = near.map(|candidate| (osa_distance(word, candidate), candidate));
        rated.filter(|(distance, _)| *distance <= most).min().map(|(_, candidate)| candidate.as_str())
    }

    fn has_prefix_of(&self, word: &str) -> bool {
        word.char_indices().skip(1).any(|(end, _)| self.prefixes.contains(&word[..end])) || self.prefixes.contains(word)
    }

    fn add(&mut self, phrase: &Phrase) {
        for (word, stem) in phrase.forms() {
            self.stems.insert(stem.to_owned());
            self.add_candidate(word);
        }
        for prefix in phrase.prefixes() {
            self.prefixes.insert(prefix.to_owned());
            self.add_candidate(prefix);
        }
    }

    fn add_candidate(&mut self, word: &str) {
        if let Some(initial) = word.chars().next().filter(|_| word.len() >= SHORTEST && word.is_ascii()) {
            self.by_initial.entry(initial).or_default().push(word.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Phrase, SHORTEST_WRITTEN, Speech, Vocabulary, stem};
    use crate::origin::embedded::rulebook::Rulebook;
    use sha2::{Digest, Sha256};
    use std::collections::BTreeSet;

    fn vocabulary() -> Vocabulary {
        let phrases = ["chest", "pressure", "breathless*", "unconscious"].map(Phrase::parse);
        Vocabulary::new(&phrases, "# ordinary\nchess", &Speech::default())
    }

    #[test]
    fn a_misspelled_word_of_the_rules_is_understood() {
        for (written, meant) in [("preasure", "pressure"), ("cehst", "chest"), ("unconcious", "unconscious")] {
            assert_eq!(vocabulary().correct(written), Some(meant));
        }
    }

    #[test]
    fn a_known_word_and_a_short_word_stay_what_they_are() {
        for word in ["chests", "chess", "conscious", "breathlessness", "ch", "prescribed"] {
            assert_eq!(vocabulary().correct(word), None, "{word}");
        }
    }

    /// Where a word list lies, one word a line, from which the list of ordinary words is made anew.
    const WORD_LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/words.txt");
    const ORDINARY_WORDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/triage/ordinary_words.txt");

    fn rules() -> &'static Vocabulary {
        &Rulebook::embedded().language.vocabulary
    }

    /// Names the words of the rules, which decide what lies close to them.
    fn digest() -> String {
        let words: BTreeSet<&String> =
            rules().by_initial.values().flatten().chain(&rules().stems).chain(&rules().prefixes).collect();
        let mut hasher = Sha256::new();
        words.into_iter().for_each(|word| hasher.update(format!("{word}\n")));
        hex::encode(hasher.finalize()).chars().take(12).collect()
    }

    fn must_be_listed(word: &str) -> bool {
        word.len() >= SHORTEST_WRITTEN
            && word.bytes().all(|byte| byte.is_ascii_lowercase())
            && !rules().contains(word, &stem(word))
            && rules().nearest(word).is_some()
    }

    #[test]
    fn the_ordinary_words_were_listed_for_the_words_of_the_rules() {
        let line = crate::origin::embedded::ORDINARY_WORDS.lines().next();
        let hint = "the words of the rules have changed: make the list anew, see functions/data/triage/README.md";
        assert_eq!(
            line,
            Some(format!("# For the words of the rules with the digest {}.", digest()).as_str()),
            "{hint}"
        );
    }

    #[test]
    #[ignore = "writes the list of ordinary words anew, see functions/data/triage/README.md"]
    fn list_the_ordinary_words() {
        let words = std::fs::read_to_string(WORD_LIST).expect("a word list");
        let (notes, listed): (Vec<_>, Vec<_>) =
            crate::origin::embedded::ORDINARY_WORDS.lines().skip(1).partition(|line| line.starts_with('#'));
        let words: BTreeSet<&str> = words.lines().chain(listed).filter(|word| must_be_listed(word)).collect();
        let first = format!("# For the words of the rules with the digest {}.", digest());
        let lines: Vec<&str> = std::iter::once(first.as_str()).chain(notes).chain(words).collect();
        std::fs::write(ORDINARY_WORDS, lines.join("\n") + "\n").expect("written");
    }
}
