//! Concepts: the many ways to say one thing, under a name that the rules use.

use super::sign::{Scene, in_order};
use crate::origin::embedded::wording::{Finding, Mesh, Phrase, Sieve, Wording};
use serde::Deserialize;
use std::collections::HashMap;

/// One of them. It may be made of those before it in the file.
#[derive(Debug, Deserialize)]
pub(crate) struct Concept {
    pub(super) concept: String,
    pub(super) said_as: Vec<Scene>,
}

/// The name of one, as rules refer to it.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) text: String,
    mesh: Mesh,
}

impl Name {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), mesh: Mesh::of(text) }
    }
}

/// Where in a text each concept is.
#[derive(Debug)]
pub(crate) struct Observations<'a> {
    wording: &'a Wording,
    concepts: HashMap<&'a str, Vec<Finding>>,
    /// The names of those that are anywhere.
    said: Sieve,
}

impl<'a> Observations<'a> {
    /// Looks for all concepts in a text.
    pub(crate) fn of(wording: &'a Wording, concepts: &'a [Concept]) -> Self {
        let mut seen = Self { wording, concepts: HashMap::new(), said: Sieve::default() };
        for concept in concepts {
            let found = seen.look_for(&concept.said_as);
            if !found.is_empty() {
                seen.said.put(Mesh::of(&concept.concept));
                seen.concepts.insert(&concept.concept, found);
            }
        }
        seen
    }

    pub(super) fn of_concept(&self, name: &Name) -> &[Finding] {
        let found = if self.may_hold_concept(name) { self.concepts.get(name.text.as_str()) } else { None };
        found.map_or(&[], Vec::as_slice)
    }

    pub(super) fn may_hold_concept(&self, name: &Name) -> bool {
        self.said.may_hold(name.mesh)
    }

    pub(super) fn may_hold_phrase(&self, phrase: &Phrase) -> bool {
        self.wording.may_hold(phrase)
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
