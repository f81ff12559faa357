//! The pure heart of the MedInsight response cache: which key a question has, how long its answer lives, and how a
//! stored entry is framed.
//!
//! Nothing here reads a clock, the environment or a source of randomness, does I/O, or panics. Time, configuration and
//! tokens are arguments, so the very same code gives the very same keys in a Lambda function, in an edge worker and in
//! a browser.
//!
//! | question | where |
//! |---|---|
//! | Which kinds of entries are there, and who may see them? | [`EntryKind`], [`Category`], [`DataClass`] |
//! | What does a key look like? | [`CacheKey`] |
//! | When do two texts mean the same? | [`text::normalise`], [`DrugName`] |
//! | What is asked, and what is its digest? | [`HealthAnalysisRequest`], [`DrugAnalysisRequest`], [`MedicationSet`], [`RequestDigest`] |
//! | How long does an answer live, and may it be served now? | [`TtlPolicy`], [`Lifetime`], [`Freshness`] |
//! | What may an operator clear or list? | [`Pattern`] |
//! | How is an entry framed? | [`EntryHeader`] |
//! | Which session ids are hard to guess? | [`looks_random`] |
//!
//! # A key from a request
//!
//! ```
//! use medinsight_core::{AnalyzerRevision, CacheKey, HealthAnalysisRequest};
//!
//! let body = br#"{"concern": "Headache", "symptoms": "Throbbing  pain on one side"}"#;
//! let request = HealthAnalysisRequest::from_json(body)?;
//! let digest = request.digest(&AnalyzerRevision::new("embedded-1")?);
//! let key = CacheKey::health_analysis(&digest, None);
//! assert_eq!(key.as_str(), format!("medinsight:health_analysis:{digest}"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod analyzer;
mod canonical;
mod digest;
mod drug;
mod escape;
mod freshness;
mod header;
mod key;
mod kind;
mod pattern;
mod policy;
pub mod request;
mod scan;
mod session_id;
pub mod text;
mod time;

pub use analyzer::{AnalyzerRevision, InvalidAnalyzerRevision};
pub use digest::{InvalidDigest, InvalidKeySecret, KeySecret, RequestDigest};
pub use drug::{AnalysisType, AnalysisVariant, DrugName};
pub use escape::{percent_encode, percent_encode_unless};
pub use freshness::{Assessment, Freshness};
pub use header::{EntryHeader, Generation, HEADER_BYTES, InvalidHeader, KeyId, Sealing};
pub use key::{CacheKey, KeyError, MAX_KEY_BYTES};
pub use kind::{Category, DataClass, EntryKind};
pub use pattern::{InvalidPattern, MAX_PATTERN_BYTES, Pattern};
pub use policy::{InvalidTtl, Lifetime, TtlPolicy, Window};
pub use request::{DrugAnalysisRequest, DrugComparisonRequest, HealthAnalysisRequest, MedicationSet, RequestError};
pub use session_id::{MAX_SESSION_ID_CHARS, MIN_SESSION_ID_CHARS, looks_random};
pub use time::UnixMillis;
