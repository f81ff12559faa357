//! The label of a product: long texts, of which the beginning is told.

use crate::origin::drug_answer::DrugFacts;
use serde::Deserialize;

/// How much of a text is told, in bytes.
const EXCERPT_BYTES: usize = 800;

/// A label, with the members that are read. Each text is a list of one.
#[derive(Debug, Deserialize)]
pub(super) struct Label {
    #[serde(default)]
    set_id: String,
    #[serde(default)]
    effective_time: String,
    #[serde(default)]
    indications_and_usage: Vec<String>,
    #[serde(default)]
    adverse_reactions: Vec<String>,
}

impl Label {
    /// Adds what the label says to what is known of the product.
    pub(super) fn add_to(&self, facts: &mut DrugFacts) {
        facts.uses.extend(excerpt(&self.indications_and_usage));
        facts.common_side_effects.extend(excerpt(&self.adverse_reactions));
        let (set_id, date) = (&self.set_id, &self.effective_time);
        facts.data_sources.push(format!("openFDA, drug label {set_id} of {date}"));
    }
}

/// The beginning of a text, in whole sentences if it has any.
fn excerpt(texts: &[String]) -> Option<String> {
    let words: Vec<_> = texts.first()?.split_whitespace().collect();
    let text = words.join(" ");
    if text.is_empty() || text.len() <= EXCERPT_BYTES {
        return Some(text).filter(|text| !text.is_empty());
    }
    let beginning = text.get(..text.floor_char_boundary(EXCERPT_BYTES)).unwrap_or_default();
    let end = beginning.rfind(". ").map(|at| at + 1).or_else(|| beginning.rfind(' '));
    Some(format!("{} ...", beginning.get(..end.unwrap_or(beginning.len())).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::{EXCERPT_BYTES, excerpt};
    use proptest::prelude::*;

    #[test]
    fn a_long_text_ends_with_a_whole_sentence() {
        let text = format!("One sentence. {}", "and words ".repeat(200));
        assert_eq!(excerpt(&[text]).as_deref(), Some("One sentence. ..."));
        assert_eq!(excerpt(&[" a\n b ".to_owned()]).as_deref(), Some("a b"));
        assert_eq!((excerpt(&[]), excerpt(&[" ".to_owned()])), (None, None));
    }

    proptest! {
        #[test]
        fn no_text_makes_too_long_an_excerpt(text in "\\PC{0,2000}") {
            prop_assert!(excerpt(&[text]).is_none_or(|excerpt| excerpt.len() <= EXCERPT_BYTES + 4));
        }
    }
}
