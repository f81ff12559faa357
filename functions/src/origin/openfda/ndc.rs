//! The National Drug Code directory: products, their names and their ingredients.

use crate::origin::drug_answer::DrugFacts;
use medinsight_core::text;
use serde::Deserialize;
use std::collections::BTreeSet;

/// How many products are looked at. Each is about 2 KB long.
pub(super) const LIMIT: usize = 50;

/// The most brand names that are told.
const MAX_BRANDS: usize = 20;

/// A product, with the members that are read.
#[derive(Debug, Deserialize)]
pub(super) struct Product {
    #[serde(default)]
    generic_name: String,
    #[serde(default)]
    brand_name: String,
    #[serde(default)]
    active_ingredients: Vec<Ingredient>,
    #[serde(default)]
    pharm_class: Vec<String>,
    #[serde(default)]
    openfda: Harmonised,
}

#[derive(Debug, Deserialize)]
struct Ingredient {
    #[serde(default)]
    name: String,
}

#[derive(Debug, Default, Deserialize)]
struct Harmonised {
    #[serde(default)]
    spl_set_id: Vec<String>,
}

/// Products that have the same ingredients.
#[derive(Debug)]
pub(super) struct Selection<'a> {
    first: &'a Product,
    all: Vec<&'a Product>,
}

/// Products with all of these names in their generic name, or with the only one as their brand name.
pub(super) fn query(ingredients: &[String]) -> String {
    match ingredients {
        [name] => format!("generic_name:\"{name}\" brand_name:\"{name}\""),
        names => names.iter().map(|name| format!("generic_name:\"{name}\"")).collect::<Vec<_>>().join(" AND "),
    }
}

/// The products that are this drug: as many ingredients as names, so that a combination never passes for one of its
/// parts. Those that have exactly its name come first.
pub(super) fn select<'a>(products: &'a [Product], ingredients: &[String]) -> Option<Selection<'a>> {
    let named = |product: &Product| match ingredients {
        [name] => names(product).any(|other| other == *name || other.starts_with(&format!("{name} "))),
        _ => true,
    };
    let suits = |product: &&Product| product.active_ingredients.len() == ingredients.len() && named(product);
    let mut all: Vec<_> = products.iter().filter(suits).collect();
    let is_exact = |product: &Product| names(product).any(|name| ingredients.contains(&name));
    all.sort_by_key(|product| (!is_exact(product), product.openfda.spl_set_id.is_empty()));
    let first = *all.first()?;
    let same = |product: &&Product| substances(product) == substances(first);
    Some(Selection { first, all: all.into_iter().filter(same).collect() })
}

fn names(product: &Product) -> impl Iterator<Item = String> {
    [&product.generic_name, &product.brand_name].into_iter().map(|name| text::normalise(name))
}

fn substances(product: &Product) -> BTreeSet<String> {
    product.active_ingredients.iter().map(|ingredient| text::normalise(&ingredient.name)).collect()
}

impl Selection<'_> {
    /// The label of the first product. The id becomes part of a query.
    pub(super) fn set_id(&self) -> Option<&str> {
        let is_id = |id: &&String| id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        self.first.openfda.spl_set_id.iter().find(is_id).map(String::as_str)
    }

    /// What the directory knows.
    pub(super) fn facts(&self, last_updated: &str) -> DrugFacts {
        let generic_name = text::normalise(&self.first.generic_name);
        let drug_class = self.class();
        let brands = self.all.iter().map(|product| product.brand_name.trim());
        let brands = brands.filter(|brand| !brand.is_empty() && text::normalise(brand) != generic_name);
        let brands: BTreeSet<_> = brands.collect();
        DrugFacts {
            description: match drug_class.as_str() {
                "" => format!("{generic_name}."),
                class => format!("{generic_name}: {class}."),
            },
            brand_names: brands.into_iter().take(MAX_BRANDS).map(str::to_owned).collect(),
            synonyms: Vec::new(),
            active_ingredients: substances(self.first).into_iter().collect(),
            drug_class,
            uses: Vec::new(),
            common_side_effects: Vec::new(),
            data_sources: vec![format!("openFDA, National Drug Code directory of {last_updated}")],
            disclaimer: String::new(),
            revision: None,
            source: None,
            generic_name,
        }
    }

    /// The established pharmacologic class, without its mark.
    fn class(&self) -> String {
        let marked = self.first.pharm_class.iter().find_map(|class| class.strip_suffix("[EPC]"));
        marked.map(|class| class.trim().to_owned()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Product, query, select};
    use serde_json::json;

    fn products() -> Vec<Product> {
        let ibuprofen = json!([{ "name": "IBUPROFEN", "strength": "200 mg/1" }]);
        let both = json!([{ "name": "IBUPROFEN" }, { "name": "FAMOTIDINE" }]);
        serde_json::from_value(json!([
            { "generic_name": "ibuprofen and famotidine", "brand_name": "Inventum", "active_ingredients": both },
            { "generic_name": "Ibuprofen", "brand_name": "Inventol", "active_ingredients": ibuprofen,
              "pharm_class": ["Cyclooxygenase Inhibitors [MoA]", "Nonsteroidal Anti-inflammatory Drug [EPC]"],
              "openfda": { "spl_set_id": ["0a1b-2c"] } },
            { "generic_name": "IBUPROFEN", "brand_name": "Ibuprofen", "active_ingredients": ibuprofen },
        ]))
        .expect("products")
    }

    #[test]
    fn a_combination_is_never_taken_for_one_of_its_parts() {
        let (products, single) = (products(), ["ibuprofen".to_owned()]);
        let facts = select(&products, &single).expect("a product").facts("2026-01-01");
        assert_eq!(
            (facts.generic_name.as_str(), facts.active_ingredients),
            ("ibuprofen", vec!["ibuprofen".to_owned()])
        );
        assert_eq!(facts.brand_names, ["Inventol"]);
        assert_eq!(facts.drug_class, "Nonsteroidal Anti-inflammatory Drug");
        let both = ["famotidine", "ibuprofen"].map(str::to_owned);
        assert_eq!(select(&products, &both).expect("a product").facts("").active_ingredients, both);
    }

    #[test]
    fn products_that_only_mention_the_name_are_none() {
        assert!(select(&products()[..1], &["ibuprofen".to_owned()]).is_none());
        assert!(select(&[], &["ibuprofen".to_owned()]).is_none());
    }

    #[test]
    fn queries_name_every_ingredient() {
        assert_eq!(query(&["a".to_owned()]), r#"generic_name:"a" brand_name:"a""#);
        assert_eq!(query(&["a".to_owned(), "b".to_owned()]), r#"generic_name:"a" AND generic_name:"b""#);
    }
}
