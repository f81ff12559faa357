//! The keys of the MedInsight response cache in JavaScript: bindings of `medinsight-core` and nothing else.
//!
//! Arguments come in as JavaScript values and are checked here, because a caller may have no type checker: what
//! wasm-bindgen's own conversions do with a wrong type, a lone surrogate or a text of a gigabyte would leak memory,
//! change the key, or end the instance. For the same reason imported functions that may throw are declared to.

// The macro's own exports are neither documented nor reachable by name from Rust.
#![allow(unsafe_code, reason = "wasm-bindgen exports functions to JavaScript, and an allocator deals in addresses")]
#![allow(clippy::doc_markdown, reason = "what is exported is documented for TypeScript, with the tags of JSDoc")]

#[cfg(target_family = "wasm")]
mod allocator;
mod argument;
mod failure;
mod freshness;
mod key;
mod memory;
mod object;
mod request;

pub use freshness::{assess_freshness, fresh_for, lifetime};
pub use key::{build_key, normalise_drug_name, normalise_text, parse_key, unicode_version};
pub use request::{
    describe_request, drug_analysis_digest, drug_analysis_key, drug_info_key, health_analysis_digest,
    health_analysis_key, medication_set_digest, medication_set_key,
};

#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator::new();
