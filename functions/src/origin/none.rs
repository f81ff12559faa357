//! The origin of a process that has nothing to ask any.

use super::{Answering, MedicationInteractions, Origin, no_answer};
use medinsight_core::{AnalyzerRevision, DrugName, InvalidAnalyzerRevision, MedicationSet};

/// It has no answers.
#[derive(Clone, Debug)]
pub(super) struct NoOrigin(AnalyzerRevision);

impl NoOrigin {
    /// # Errors
    ///
    /// None that can happen: the revision is valid.
    pub(super) fn new() -> Result<Self, InvalidAnalyzerRevision> {
        AnalyzerRevision::new("none").map(Self)
    }
}

impl Origin for NoOrigin {
    fn revision(&self) -> &AnalyzerRevision {
        &self.0
    }

    fn interactions<'a>(&'a self, _: &'a MedicationSet) -> Answering<'a, MedicationInteractions> {
        no_answer()
    }

    fn generic_name(&self, drug: &DrugName) -> DrugName {
        drug.clone()
    }
}
