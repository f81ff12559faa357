//! What an origin answers about drugs.
//!
//! Members may be added to these types, never removed or renamed: clients of the earlier service read them.

use super::Source;
use super::answer::Interaction;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Facts about a drug.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct DrugFacts {
    /// Its generic name; the ingredients of a combination are joined with ` / `.
    pub generic_name: String,
    /// The names under which it is sold.
    pub brand_names: Vec<String>,
    /// Its other generic names.
    pub synonyms: Vec<String>,
    /// The generic names of its active ingredients.
    pub active_ingredients: Vec<String>,
    /// Its drug class.
    pub drug_class: String,
    /// What it is, in a sentence.
    pub description: String,
    /// What it is used for.
    pub uses: Vec<String>,
    /// Side effects that are common.
    pub common_side_effects: Vec<String>,
    /// The public sources of these facts.
    pub data_sources: Vec<String>,
    /// States that the answer is general information and not medical advice.
    pub disclaimer: String,
    /// Which revision of the origin computed the answer. One with a `+` behind that of the first origin is of another
    /// one, about a drug that the first one does not know.
    // It has to stay the last member but one, see `Revisions`. Origins leave it out: it is set by whoever asks them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Which origin gave the answer.
    // It has to stay the last member, see `Source::of_stored`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// An analysis of a drug.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct DrugAnalysis {
    /// The drug's generic name.
    pub generic_name: String,
    /// What the analysis looks at, as in requests.
    pub analysis_type: String,
    /// Its drug class.
    pub drug_class: String,
    /// The analysis in a few sentences.
    pub summary: String,
    /// Other drugs of the same class, when competitors are included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub therapeutic_alternatives: Option<Vec<Alternative>>,
    /// What is known of its market, when market data are included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market: Option<Market>,
    /// What is known of its effects, when clinical data are included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinical: Option<Clinical>,
    /// What the origin does not know and the analysis therefore does not say.
    pub not_known: Vec<String>,
    /// Public registries that may know it.
    pub registries: Vec<Registry>,
    /// The public sources of the facts.
    pub data_sources: Vec<String>,
    /// States that the answer is general information and not medical advice.
    pub disclaimer: String,
    /// Which revision of the origin computed the answer. One with a `+` behind that of the first origin is of another
    /// one, about a drug that the first one does not know.
    // It has to stay the last member but one, see `Revisions`. Origins leave it out: it is set by whoever asks them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Which origin gave the answer.
    // It has to stay the last member, see `Source::of_stored`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// Another drug of the same class.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Alternative {
    /// Its generic name.
    pub generic_name: String,
    /// The names under which it is sold.
    pub brand_names: Vec<String>,
}

/// What is known of a drug's market.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Market {
    /// The names under which it is sold, in no order of importance.
    pub brand_names: Vec<String>,
}

/// What is known of a drug's effects.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Clinical {
    /// What it is used for.
    pub uses: Vec<String>,
    /// Side effects that are common.
    pub common_side_effects: Vec<String>,
    /// Its major interactions, the most severe first; only in a safety profile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub major_interactions: Vec<Interaction>,
}

/// A public registry.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Registry {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// What it knows.
    pub knows: String,
}

/// A drug that a search found.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct DrugMatch {
    /// Its generic name.
    pub generic_name: String,
    /// The one of its names that matched best.
    pub matched_name: String,
    /// What kind of name that is.
    pub matched: NameKind,
    /// The names under which it is sold.
    pub brand_names: Vec<String>,
    /// Its drug class.
    pub drug_class: String,
}

/// What kind of name a drug's name is. The order is the order in search results.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NameKind {
    /// The generic name.
    Generic,
    /// Another generic name.
    Synonym,
    /// A name under which it is sold.
    Brand,
}

/// Drugs side by side.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct DrugComparison {
    /// The drugs, in the order in which they were asked for.
    pub drugs: Vec<DrugFacts>,
    /// Known interactions between them, the most severe first.
    pub interactions: Vec<Interaction>,
    /// States that the answer is general information and not medical advice.
    pub disclaimer: String,
}
