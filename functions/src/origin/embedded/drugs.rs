//! Facts about drugs, from the formulary.

use super::assessment::DISCLAIMER;
use super::formulary::{Formulary, Medicine};
use super::interactions;
use crate::origin::Source;
use crate::origin::drug_answer::{DrugComparison, DrugFacts, DrugMatch, NameKind};
use medinsight_core::{DrugName, text};

/// The medicine that a drug's name means, if it means exactly one.
pub(super) fn find(drug: &DrugName) -> Option<&'static Medicine> {
    Formulary::embedded().resolve(&drug.as_str().replace('_', " "))
}

pub(super) fn facts(medicine: &Medicine) -> DrugFacts {
    DrugFacts {
        generic_name: medicine.name().to_owned(),
        brand_names: medicine.brands().to_vec(),
        synonyms: medicine.synonyms().to_vec(),
        active_ingredients: medicine.ingredients().to_vec(),
        drug_class: medicine.class().to_owned(),
        description: describe(medicine),
        uses: medicine.uses().to_vec(),
        common_side_effects: medicine.common_side_effects().to_vec(),
        data_sources: Formulary::embedded().citations(medicine),
        disclaimer: DISCLAIMER.to_owned(),
        revision: None,
        source: Some(Source::Embedded),
    }
}

/// What a medicine is, in a sentence.
pub(super) fn describe(medicine: &Medicine) -> String {
    let (name, class) = (medicine.name(), medicine.class());
    format!("{name}: {class}. It is used for: {}.", medicine.uses().join("; "))
}

/// The medicines with a name like the query's, the best match first. The order is the same every time.
#[must_use]
pub fn search_formulary(query: &str, limit: usize) -> Vec<DrugMatch> {
    let query = text::normalise(query);
    let mut matches: Vec<_> = Formulary::embedded().iter().filter_map(|medicine| Match::of(medicine, &query)).collect();
    matches.sort_unstable_by_key(|found| (found.likeness, found.kind, found.medicine.name()));
    matches.into_iter().take(limit).map(Match::into_answer).collect()
}

/// Drugs side by side, or the position of the first one that is unknown or the same as one before it.
///
/// # Errors
///
/// [`NotComparable`], which names the positions and not the drugs.
pub fn compare_in_formulary(drugs: &[DrugName]) -> Result<DrugComparison, NotComparable> {
    let mut medicines: Vec<&Medicine> = Vec::with_capacity(drugs.len());
    for (at, drug) in drugs.iter().enumerate() {
        let medicine = find(drug).ok_or(NotComparable::Unknown { position: at + 1 })?;
        if medicines.iter().any(|other| std::ptr::eq(*other, medicine)) {
            return Err(NotComparable::Repeated { position: at + 1 });
        }
        medicines.push(medicine);
    }
    Ok(DrugComparison {
        drugs: medicines.iter().map(|medicine| facts(medicine)).collect(),
        interactions: interactions::between(&medicines),
        disclaimer: DISCLAIMER.to_owned(),
    })
}

/// Why drugs cannot be compared. Positions count from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotComparable {
    /// A drug is unknown.
    #[error("item {position} is no known drug")]
    Unknown {
        /// Its position.
        position: usize,
    },
    /// A drug is the same as an earlier one, perhaps by another name.
    #[error("item {position} is the same drug as an earlier one")]
    Repeated {
        /// Its position.
        position: usize,
    },
}

/// How much a name is like a query. The order is the order in search results.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Likeness {
    Same,
    Begins,
    WordBegins,
    Contains,
}

impl Likeness {
    fn of(name: &str, query: &str) -> Option<Self> {
        let at = name.find(query)?;
        let is_word_start = |at: usize| name.get(..at).is_none_or(|before| !before.ends_with(char::is_alphanumeric));
        let begins_word = || name.match_indices(query).any(|(at, _)| is_word_start(at));
        Some(match at {
            0 if name.len() == query.len() => Self::Same,
            0 => Self::Begins,
            _ if begins_word() => Self::WordBegins,
            _ => Self::Contains,
        })
    }
}

/// A medicine and the best match among its names.
struct Match<'a> {
    likeness: Likeness,
    kind: NameKind,
    name: &'a str,
    medicine: &'a Medicine,
}

impl<'a> Match<'a> {
    fn of(medicine: &'a Medicine, query: &str) -> Option<Self> {
        let of_kind = |kind| move |name: &'a String| (kind, name.as_str());
        let synonyms = medicine.synonyms().iter().map(of_kind(NameKind::Synonym));
        let brands = medicine.brands().iter().map(of_kind(NameKind::Brand));
        let names = std::iter::once((NameKind::Generic, medicine.name())).chain(synonyms).chain(brands);
        let liked = names.filter_map(|(kind, name)| Some((Likeness::of(name, query)?, kind, name)));
        liked.min().map(|(likeness, kind, name)| Self { likeness, kind, name, medicine })
    }

    fn into_answer(self) -> DrugMatch {
        DrugMatch {
            generic_name: self.medicine.name().to_owned(),
            matched_name: self.name.to_owned(),
            matched: self.kind,
            brand_names: self.medicine.brands().to_vec(),
            drug_class: self.medicine.class().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(query: &str, limit: usize) -> Vec<String> {
        search_formulary(query, limit).into_iter().map(|found| found.generic_name).collect()
    }

    #[test]
    fn the_name_itself_comes_first_then_what_begins_with_it_then_what_contains_it() {
        let all = found("ASPIRIN ", 50);
        assert_eq!(all.first().map(String::as_str), Some("aspirin"));
        assert!(all.iter().any(|name| name == "acetaminophen / aspirin / caffeine"), "{all:?}");
        assert_eq!(found("aspirin", 2).as_slice(), all.get(..2).unwrap_or_default());
    }

    #[test]
    fn a_brand_finds_its_generic_and_says_so() {
        let found = search_formulary("tylenol", 1);
        let first = found.first().expect("a match");
        assert_eq!((first.generic_name.as_str(), first.matched), ("acetaminophen", NameKind::Brand));
    }

    #[test]
    fn every_name_as_it_stands_in_keys_finds_its_own_medicine() {
        for medicine in Formulary::embedded().iter() {
            let names = medicine.synonyms().iter().chain(medicine.brands()).map(String::as_str);
            for name in names.chain([medicine.name()]) {
                let drug = DrugName::new(name).expect("a name");
                assert_eq!(find(&drug).map(Medicine::name), Some(medicine.name()), "{name}");
            }
        }
    }

    #[test]
    fn a_query_that_no_name_contains_finds_nothing() {
        assert!(found("zyxwv", 50).is_empty());
    }

    #[test]
    fn drugs_are_compared_in_their_order_with_their_interactions() {
        let drugs = ["warfarin", "advil"].map(|name| DrugName::new(name).expect("a name"));
        let comparison = compare_in_formulary(&drugs).expect("known drugs");
        let names: Vec<_> = comparison.drugs.iter().map(|drug| drug.generic_name.as_str()).collect();
        assert_eq!((names, comparison.interactions.len()), (vec!["warfarin", "ibuprofen"], 1));
    }

    #[test]
    fn one_drug_under_two_names_is_no_comparison() {
        let drugs = ["tylenol", "paracetamol"].map(|name| DrugName::new(name).expect("a name"));
        assert_eq!(compare_in_formulary(&drugs), Err(NotComparable::Repeated { position: 2 }));
    }
}
