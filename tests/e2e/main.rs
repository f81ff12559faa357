//! End-to-end tests: requests against the real routers, engine and store, and the vectors of the key specification.

#![allow(missing_docs, reason = "the names of tests are their documentation")]
#![allow(clippy::expect_used, reason = "a test that cannot set itself up has to fail")]

mod bad_input;
mod caching;
mod contract;
mod embedded_answers;
mod freshness;
mod keys;
mod lease_protocol;
mod outages;
mod redis;
mod server;
mod single_flight;
mod vectors;
