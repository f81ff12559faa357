//! Sentences and words. An inflected word is kept next to its stem, which its other forms share.

use super::sieve::Mesh;
use frostem::{Algorithm, Stemmer};
use std::sync::LazyLock;

static STEMMER: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::English));

/// These start a sentence of their own: what comes after them is neither denied nor told by what stands before.
const TURNS: [&str; 4] = ["but", "however", "although", "though"];

/// One word, or a comma.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) stem: String,
    pub(super) mesh: Mesh,
}

impl Word {
    /// A word in its normal form.
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), stem: stem(text), mesh: Mesh::of(text) }
    }

    pub(super) fn is_comma(&self) -> bool {
        self.text == ","
    }
}

/// What the forms of a word have in common.
pub(super) fn stem(word: &str) -> String {
    if word.bytes().all(|byte| byte.is_ascii_lowercase()) { STEMMER.stem(word).into_owned() } else { word.to_owned() }
}

/// How a word starts: its first bytes, if it has so many.
pub(super) fn start(word: &str) -> Option<Mesh> {
    word.get(..3).map(Mesh::of)
}

/// A word without its apostrophes, which many people leave out: `can't` is `cant`, and `mother's` is `mother`.
pub(super) fn normal(word: &str) -> String {
    let word = word.trim_matches('\'');
    word.strip_suffix("'s").unwrap_or(word).replace('\'', "")
}

/// The words of each sentence, with `,` as a word of its own.
pub(super) fn sentences(text: &str) -> Vec<Vec<String>> {
    let mut reader = Reader::default();
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        reader.read(before, c, after);
        before = c;
    }
    reader.end_word();
    reader.sentences.retain(|sentence| !sentence.is_empty());
    reader.sentences
}

#[derive(Debug, Default)]
struct Reader {
    sentences: Vec<Vec<String>>,
    word: String,
}

impl Reader {
    fn read(&mut self, before: char, c: char, after: char) {
        let is_decimal = matches!(c, '.' | ',') && before.is_ascii_digit() && after.is_ascii_digit();
        match c {
            _ if is_decimal => self.word.push('.'),
            '\'' | '\u{2019}' => self.word.push('\''),
            _ if c.is_alphanumeric() => self.push_letter(before, c),
            '.' | ';' | '!' | '?' | ':' | '\n' => self.end_sentence(),
            ',' | '(' | ')' | '\u{2013}' | '\u{2014}' => self.push_comma(),
            '-' if before == ' ' && after == ' ' => self.push_comma(),
            _ => self.end_word(),
        }
    }

    /// `38.5c` and `20mg` are a number and its unit.
    fn push_letter(&mut self, before: char, c: char) {
        if before.is_ascii_digit() && c.is_alphabetic() {
            self.end_word();
        }
        self.word.push(c);
    }

    fn push_comma(&mut self) {
        self.end_word();
        self.sentence().push(",".to_owned());
    }

    fn end_word(&mut self) {
        let word = normal(&std::mem::take(&mut self.word));
        if TURNS.contains(&word.as_str()) {
            self.end_sentence();
        } else if !word.is_empty() {
            self.sentence().push(word);
        }
    }

    fn end_sentence(&mut self) {
        if !self.word.is_empty() {
            self.end_word();
        }
        self.sentences.push(Vec::new());
    }

    fn sentence(&mut self) -> &mut Vec<String> {
        if self.sentences.is_empty() {
            self.sentences.push(Vec::new());
        }
        let last = self.sentences.len() - 1;
        &mut self.sentences[last]
    }
}

#[cfg(test)]
mod tests {
    use super::{Word, sentences};

    #[test]
    fn apostrophes_hyphens_and_units_make_no_difference() {
        assert_eq!(sentences("can't"), sentences("cant"));
        assert_eq!(sentences("light-headed"), sentences("light headed"));
        assert_eq!(sentences("38,5c"), sentences("38.5 c"));
        assert_eq!(sentences("mum's arm"), sentences("mum arm"));
    }

    #[test]
    fn full_stops_and_turns_end_a_sentence() {
        assert_eq!(sentences("no fever, but it hurts. badly").len(), 3);
        assert_eq!(sentences("a fever of 39.5, shivering").len(), 1);
    }

    #[test]
    fn inflections_share_a_stem() {
        for (one, other) in [("numbness", "numb"), ("bleeding", "bleeds"), ("breathing", "breathe"), ("dying", "died")]
        {
            assert_eq!(Word::new(one).stem, Word::new(other).stem, "{one} {other}");
        }
    }
}
