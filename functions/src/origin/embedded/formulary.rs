//! The formulary: common medicines, and how a written name finds one of them.
//!
//! A name is matched exactly or not at all. A near miss could be another medicine, and a combination product
//! that passed for one of its parts would hide what the person really takes.

mod free_text;
mod records;
#[cfg(test)]
mod tests;

use serde::Deserialize;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

/// Words that join the ingredients of a combination.
const JOINTS: &[&str] = &["&", "+", ",", "-", "/", "and", "with"];

/// A longer name than any in the formulary, so that long texts cost no more than short ones.
const MOST_WORDS: usize = 12;

/// Where a fact can be looked up by the public.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Source {
    title: String,
    publisher: String,
}

impl Source {
    /// The source as it is shown to a reader.
    pub(crate) fn citation(&self) -> String {
        format!("{}, {}", self.title, self.publisher)
    }
}

/// A medicine or a combination product.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Medicine {
    name: String,
    #[serde(default)]
    ingredients: Vec<String>,
    synonyms: Vec<String>,
    brands: Vec<String>,
    class: String,
    tags: Vec<String>,
    uses: Vec<String>,
    common_side_effects: Vec<String>,
    sources: Vec<String>,
}

impl Medicine {
    /// Its generic name, under which answers speak of it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its drug class, in words for a reader.
    pub(crate) fn class(&self) -> &str {
        &self.class
    }

    /// What it is used for.
    pub(crate) fn uses(&self) -> &[String] {
        &self.uses
    }

    /// Side effects that are common.
    pub(crate) fn common_side_effects(&self) -> &[String] {
        &self.common_side_effects
    }

    /// The names under which it is sold.
    pub(crate) fn brands(&self) -> &[String] {
        &self.brands
    }

    /// The generic names of its active ingredients; a plain medicine is its own only ingredient.
    pub(crate) fn ingredients(&self) -> &[String] {
        &self.ingredients
    }

    /// Its interaction classes; a combination has those of its ingredients too.
    pub(crate) fn tags(&self) -> &[String] {
        &self.tags
    }

    fn only_ingredient(&self) -> Option<&str> {
        match self.ingredients() {
            [one] => Some(one),
            _ => None,
        }
    }

    fn names(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.name).chain(&self.synonyms).chain(self.brands())
    }
}

/// All medicines that the embedded origin knows.
#[derive(Debug)]
pub(crate) struct Formulary {
    medicines: Vec<Medicine>,
    by_name: HashMap<String, usize>,
    /// Names that are everyday words too, which free text may use without speaking of a medicine.
    ambiguous: HashSet<String>,
    ingredients: HashSet<String>,
    sources: HashMap<String, Source>,
    vocabulary: Vocabulary,
}

impl Formulary {
    /// The formulary that is part of the program.
    pub(crate) fn embedded() -> &'static Self {
        static FORMULARY: LazyLock<Formulary> = LazyLock::new(|| Formulary::from(Edition::embedded()));
        &FORMULARY
    }

    /// The medicine that one item of a medication list names, if it names exactly one.
    ///
    /// The item is normalised text. Dose, form and frequency are ignored; a name in brackets has to mean the same
    /// medicine; several ingredients mean the combination of exactly these, or nothing.
    pub(crate) fn resolve(&self, text: &str) -> Option<&Medicine> {
        self.exact(&words(text)).or_else(|| self.outside_brackets(text))
    }

    /// The record of an ingredient. There is none for an ingredient that is only sold in combinations.
    pub(crate) fn ingredient(&self, name: &str) -> Option<&Medicine> {
        self.exact(&words(name)).filter(|medicine| medicine.name() == name)
    }

    fn exact(&self, words: &[&str]) -> Option<&Medicine> {
        let name = (words.len() <= MOST_WORDS).then(|| words.join(" "))?;
        self.medicines.get(*self.by_name.get(&name)?)
    }

    fn outside_brackets(&self, text: &str) -> Option<&Medicine> {
        let pieces: Vec<_> = text.split(['(', ')', '[', ']']).collect();
        let outside: Vec<_> = pieces.iter().step_by(2).copied().collect();
        let medicine = self.undosed(&outside.join(" "))?;
        let mut inside = pieces.iter().skip(1).step_by(2).filter(|piece| !self.without_directions(piece).is_empty());
        let agrees = |piece: &&str| self.undosed(piece).is_some_and(|other| std::ptr::eq(medicine, other));
        inside.all(agrees).then_some(medicine)
    }

    fn undosed(&self, text: &str) -> Option<&Medicine> {
        self.before_dose(&words(text)).or_else(|| {
            let kept = self.without_directions(text);
            (kept.len() <= MOST_WORDS).then(|| self.listed(&kept).or_else(|| self.named_twice(&kept)))?
        })
    }

    /// Takes one word after another from the end, so that "tylenol #3 300/30 mg" is found before its number is lost.
    fn before_dose(&self, words: &[&str]) -> Option<&Medicine> {
        let mut rest = words;
        let mut counted = false;
        while let [before @ .., last] = rest {
            let is_dose = counted && is_number(last);
            if let Some(medicine) = self.exact(rest).filter(|_| !is_dose) {
                return Some(medicine);
            }
            if !self.vocabulary.says_how(before.last(), last) {
                return None;
            }
            counted = self.vocabulary.measures.contains(*last);
            rest = before;
        }
        None
    }

    /// The words that are left when everything about the way of taking it is gone, as is a purpose ("for pain").
    fn without_directions<'a>(&self, text: &'a str) -> Vec<&'a str> {
        let mut words = words(text);
        if let Some(purpose) = words.iter().position(|word| *word == "for") {
            let names_more = !self.detect(&words.split_off(purpose).join(" ")).is_empty();
            if names_more {
                return vec!["for"];
            }
        }
        let previous = std::iter::once(None).chain(words.iter().map(Some));
        words
            .iter()
            .zip(previous)
            .filter(|(word, previous)| !self.vocabulary.says_how(*previous, word))
            .map(|(word, _)| *word)
            .collect()
    }

    /// A medicine, or the combination of the ingredients that the words list.
    fn listed(&self, words: &[&str]) -> Option<&Medicine> {
        self.named(words).or_else(|| self.combined(&self.parts(words)))
    }

    /// The salt is dropped only from an unmistakable name: potassium citrate is not the potassium of the formulary.
    fn named(&self, words: &[&str]) -> Option<&Medicine> {
        self.exact(words).or_else(|| {
            let unsalted: Vec<_> =
                words.iter().copied().filter(|word| !self.vocabulary.salts.contains(*word)).collect();
            self.exact(&unsalted).filter(|_| !self.ambiguous.contains(&unsalted.join(" ")))
        })
    }

    fn parts(&self, words: &[&str]) -> Vec<String> {
        let parts = words.split(|word| JOINTS.contains(word)).filter(|part| !part.is_empty());
        let hyphenated = |part: &[&str]| match self.named(part) {
            Some(_) => vec![part.join(" ")],
            None => part.join(" ").split('-').map(str::to_owned).collect(),
        };
        parts.flat_map(hyphenated).collect()
    }

    fn combined(&self, parts: &[String]) -> Option<&Medicine> {
        if let Some(medicine) = self.agreed(parts) {
            return Some(medicine);
        }
        let ingredients = parts.iter().map(|part| self.single(part)).collect::<Option<BTreeSet<_>>>()?;
        self.by_ingredients(ingredients)
    }

    fn agreed(&self, parts: &[String]) -> Option<&Medicine> {
        let mut medicines = parts.iter().map(|part| self.named(&words(part)));
        let first = medicines.next()??;
        medicines.all(|other| other.is_some_and(|other| std::ptr::eq(first, other))).then_some(first)
    }

    fn single<'a>(&'a self, part: &'a str) -> Option<&'a str> {
        match self.named(&words(part)) {
            Some(medicine) => medicine.only_ingredient(),
            None => self.ingredients.get(part).map(String::as_str),
        }
    }

    /// A combination is named by its ingredients in alphabetical order.
    fn by_ingredients(&self, ingredients: BTreeSet<&str>) -> Option<&Medicine> {
        let name = Vec::from_iter(ingredients).join(" / ");
        self.ingredient(&name)
    }

    /// "Tylenol acetaminophen": two names side by side for the same medicine.
    fn named_twice(&self, words: &[&str]) -> Option<&Medicine> {
        let halves = (1..words.len()).filter_map(|middle| words.split_at_checked(middle));
        let mut pairs = halves.filter_map(|(left, right)| Some((self.listed(left)?, self.listed(right)?)));
        pairs.find(|(left, right)| std::ptr::eq(*left, *right)).map(|(medicine, _)| medicine)
    }
}

impl From<Edition> for Formulary {
    fn from(edition: Edition) -> Self {
        let Edition { ambiguous, sources, vocabulary, drugs } = edition;
        let ingredients = drugs.iter().flat_map(|medicine| medicine.ingredients.clone()).collect();
        let medicines = complete(drugs);
        let names = |(index, medicine): (usize, &Medicine)| {
            medicine.names().map(|name| (words(name).join(" "), index)).collect::<Vec<_>>()
        };
        let by_name = medicines.iter().enumerate().flat_map(names).collect();
        Self { medicines, by_name, ambiguous, ingredients, sources, vocabulary }
    }
}

/// Words in a list of medicines that do not say which medicine it is.
#[derive(Debug, Deserialize)]
struct Vocabulary {
    /// Units, forms and counts: a bare number before one of them is a dose and never part of a name.
    measures: HashSet<String>,
    /// Other words that say how a medicine is taken.
    directions: HashSet<String>,
    /// Words such as "night" after "every"; alone they may be part of the name of a night-time product.
    times: HashSet<String>,
    /// Words that stand for the salt of a medicine.
    salts: HashSet<String>,
}

impl Vocabulary {
    /// Whether a word speaks of dose, form or frequency: "10", "500mg", "tablet", "daily", "night" after "every".
    fn says_how(&self, previous: Option<&&str>, word: &str) -> bool {
        let is_time = self.times.contains(word) && previous.is_some_and(|previous| self.directions.contains(*previous));
        is_time || self.measures.contains(word) || self.directions.contains(word) || self.is_dose(word)
    }

    fn is_dose(&self, word: &str) -> bool {
        let unit = word.trim_start_matches(is_numeral);
        unit.len() < word.len() && (unit.is_empty() || self.measures.contains(unit))
    }
}

/// The formulary as it lies in its file.
#[derive(Deserialize)]
struct Edition {
    ambiguous: HashSet<String>,
    sources: HashMap<String, Source>,
    vocabulary: Vocabulary,
    drugs: Vec<Medicine>,
}

impl Edition {
    fn embedded() -> Self {
        super::parse(super::FORMULARY)
    }
}

/// Makes plain medicines their own ingredient and hands the classes of ingredients on to combinations.
fn complete(mut medicines: Vec<Medicine>) -> Vec<Medicine> {
    let tags: HashMap<_, _> = medicines.iter().map(|medicine| (medicine.name.clone(), medicine.tags.clone())).collect();
    for medicine in &mut medicines {
        let inherited: BTreeSet<_> = medicine.ingredients.iter().filter_map(|name| tags.get(name)).flatten().collect();
        medicine.tags.extend(inherited.into_iter().cloned());
        if medicine.ingredients.is_empty() {
            medicine.ingredients.push(medicine.name.clone());
        }
    }
    medicines
}

/// Splits text into words and single signs. A hyphen stays in its word: "claritin-d" is not "claritin".
fn words(text: &str) -> Vec<&str> {
    let is_sign = |character: char| !(character.is_alphanumeric() || "-'’.#".contains(character));
    let pieces = text.split_inclusive(is_sign).flat_map(|piece| match piece.char_indices().next_back() {
        Some((at, last)) if is_sign(last) => [piece.get(..at), piece.get(at..)],
        _ => [Some(piece), None],
    });
    pieces.flatten().map(tidy).filter(|word| !word.is_empty()).collect()
}

/// A lone hyphen is kept, because it can join two names.
fn tidy(word: &str) -> &str {
    let word = word.trim();
    if word == "-" { word } else { word.trim_matches(['-', '\'', '’', '.']) }
}

fn is_number(word: &str) -> bool {
    word.chars().all(is_numeral)
}

fn is_numeral(character: char) -> bool {
    character.is_ascii_digit() || ".-".contains(character)
}
