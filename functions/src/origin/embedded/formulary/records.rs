//! What the formulary has on record about a medicine, besides its names.

use super::{Formulary, Medicine, Source};

impl Medicine {
    /// Its other generic names.
    pub(crate) fn synonyms(&self) -> &[String] {
        &self.synonyms
    }
}

impl Formulary {
    /// All medicines.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Medicine> {
        self.medicines.iter()
    }

    /// The public sources of a medicine's record.
    pub(crate) fn citations(&self, medicine: &Medicine) -> Vec<String> {
        medicine.sources.iter().filter_map(|id| self.sources.get(id)).map(Source::citation).collect()
    }

    /// Other medicines of the same class, by name. A combination that contains the medicine is no alternative to it,
    /// and neither are its own parts.
    pub(crate) fn alternatives(&self, medicine: &Medicine) -> Vec<&Medicine> {
        let shares = |other: &Medicine| medicine.ingredients.iter().any(|name| other.ingredients.contains(name));
        let mut others: Vec<_> = self.iter().filter(|other| other.class == medicine.class && !shares(other)).collect();
        others.sort_unstable_by_key(|other| other.name());
        others
    }
}
