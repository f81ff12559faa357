//! Words that follow each other, as the data files write them.

use super::sieve::Mesh;
use super::words::{normal, start, stem};
use serde::Deserialize;
use std::ops::Range;

/// Words that follow each other: `short of breath`, with an open ending `breathless*`, or a number `38..42`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(from = "String")]
pub(crate) struct Phrase(pub(super) Vec<Pattern>);

/// What one word may be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Pattern {
    /// Any form of a word.
    Form { word: String, stem: String, mesh: Mesh },
    /// Any word that starts so.
    Prefix { prefix: String, start: Option<Mesh> },
    /// A number that lies between the two; the second is too large.
    Number(Range<f64>),
}

impl Phrase {
    /// Reads a phrase as it stands in the data.
    pub(crate) fn parse(text: &str) -> Self {
        Self(text.split([' ', '-']).filter(|word| !word.is_empty()).map(Pattern::parse).collect())
    }

    /// The words in it that are written out, each with its stem.
    pub(super) fn forms(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|pattern| match pattern {
            Pattern::Form { word, stem, .. } => Some((word.as_str(), stem.as_str())),
            Pattern::Prefix { .. } | Pattern::Number(_) => None,
        })
    }

    /// The beginnings of the words in it that have an open ending.
    pub(super) fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|pattern| match pattern {
            Pattern::Prefix { prefix, .. } => Some(prefix.as_str()),
            Pattern::Form { .. } | Pattern::Number(_) => None,
        })
    }
}

impl From<String> for Phrase {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl Pattern {
    fn parse(word: &str) -> Self {
        if let Some(prefix) = word.strip_suffix('*') {
            let prefix = normal(prefix);
            return Self::Prefix { start: start(&prefix), prefix };
        }
        Self::number(word).unwrap_or_else(|| Self::form(normal(word)))
    }

    fn form(word: String) -> Self {
        let stem = stem(&word);
        Self::Form { mesh: Mesh::of(&stem), stem, word }
    }

    fn number(word: &str) -> Option<Self> {
        let (from, below) = word.split_once("..")?;
        let below = if below.is_empty() { f64::INFINITY } else { below.parse().ok()? };
        Some(Self::Number(from.parse().ok()?..below))
    }
}

#[cfg(test)]
mod tests {
    use super::{Pattern, Phrase};

    #[test]
    fn a_phrase_has_forms_open_endings_and_numbers() {
        let Phrase(patterns) = Phrase::parse("can't breath* 38..42");
        assert!(matches!(&patterns[0], Pattern::Form { word, .. } if word == "cant"));
        assert!(matches!(&patterns[1], Pattern::Prefix { prefix, .. } if prefix == "breath"));
        assert_eq!(patterns[2], Pattern::Number(38.0..42.0));
    }
}
