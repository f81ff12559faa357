//! Medicines that free text names.

use super::{Formulary, MOST_WORDS, Medicine, words};
use std::collections::BTreeMap;

impl Formulary {
    /// The medicines that free normalised text names, by name and each once.
    pub(crate) fn detect(&self, text: &str) -> Vec<&Medicine> {
        let words = words(text);
        let mut rest = words.as_slice();
        let mut found = BTreeMap::new();
        while let Some((_, after)) = rest.split_first() {
            let run = self.run_at(rest);
            rest = if run.is_empty() { after } else { rest.get(run.len..).unwrap_or_default() };
            found.extend(self.spoken_of(&run).into_iter().map(|medicine| (medicine.name(), medicine)));
        }
        found.into_values().collect()
    }

    /// The names at the beginning of the words that slashes join, such as "codeine/acetaminophen".
    fn run_at(&self, words: &[&str]) -> Run<'_> {
        let mut run = Run::default();
        while let Some((medicine, len, certain)) = words.get(run.next_start()..).and_then(|rest| self.longest_at(rest))
        {
            run.len = run.next_start() + len;
            run.names.push((medicine, certain));
            if words.get(run.len) != Some(&"/") {
                break;
            }
        }
        run
    }

    fn longest_at(&self, words: &[&str]) -> Option<(&Medicine, usize, bool)> {
        (1..=words.len().min(MOST_WORDS)).rev().find_map(|len| {
            let name = words.get(..len)?;
            Some((self.exact(name)?, len, !self.ambiguous.contains(&name.join(" "))))
        })
    }

    fn spoken_of<'a>(&'a self, run: &Run<'a>) -> Vec<&'a Medicine> {
        let ingredients = run.names.iter().map(|(medicine, _)| medicine.only_ingredient()).collect::<Option<_>>();
        match ingredients.and_then(|ingredients| self.by_ingredients(ingredients)) {
            Some(combination) if run.names.len() > 1 => vec![combination],
            _ => run.names.iter().filter(|(_, certain)| *certain).map(|(medicine, _)| *medicine).collect(),
        }
    }
}

/// Medicines in free text that belong together, each with whether its name can mean nothing else.
#[derive(Default)]
struct Run<'a> {
    names: Vec<(&'a Medicine, bool)>,
    len: usize,
}

impl Run<'_> {
    fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    fn next_start(&self) -> usize {
        if self.is_empty() { 0 } else { self.len + 1 }
    }
}
