//! Concepts: the many ways to say one thing, under a name that the rules use.

use super::sign::{Scene, in_order};
use crate::origin::embedded::wording::{Finding, Phrase, Wording};
use serde::Deserialize;
use std::collections::HashMap;

/// One of them. It may be made of those before it in the file.
#[derive(Debug, Deserialize)]
pub(crate) struct Concept {
    pub(super) concept: String,
    pub(super) said_as: Vec<Scene>,
}

/// Where in a text each concept is.
#[derive(Debug)]
pub(crate) struct Observations<'a> {
    wording: &'a Wording,
    concepts: HashMap<&'a str, Vec<Finding>>,
}

impl<'a> Observations<'a> {
    /// Looks for all concepts in a text.
    pub(crate) fn of(wording: &'a Wording, concepts: &'a [Concept]) -> Self {
        let mut seen = Self { wording, concepts: HashMap::with_capacity(concepts.len()) };
        for concept in concepts {
            let found = seen.look_for(&concept.said_as);
            seen.concepts.insert(&concept.concept, found);
        }
        seen
    }

    pub(super) fn of_concept(&self, name: &str) -> &[Finding] {
        self.concepts.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn of_phrase(&self, phrase: &Phrase) -> Vec<Finding> {
        self.wording.find(phrase)
    }

    fn look_for(&self, scenes: &[Scene]) -> Vec<Finding> {
        let mut found: Vec<_> = scenes.iter().flat_map(|scene| scene.findings(self)).collect();
        in_order(&mut found);
        found
    }
}
