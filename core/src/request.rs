//! The questions that the service answers, read from JSON.
//!
//! Reading is part of the key specification: a browser has to refuse what the server refuses, with the same error. So
//! it happens here, once, for every runtime.
//!
//! - Members that a question does not have are ignored: they can neither change the key nor reach the origin.
//! - Duplicate members are refused at every level, because parsers disagree on which of them counts.
//! - Absent, `null` and empty mean the same.

mod drug_analysis;
mod drug_comparison;
mod error;
mod field;
mod health_analysis;
mod json;
mod medication_set;

pub use drug_analysis::DrugAnalysisRequest;
pub use drug_comparison::DrugComparisonRequest;
pub use error::RequestError;
pub use field::{MAX_ITEM_CHARS, MAX_ITEMS};
pub use health_analysis::HealthAnalysisRequest;
pub use json::{MAX_DEPTH, check_object};
pub use medication_set::MedicationSet;
