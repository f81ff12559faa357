//! End-to-end tests: requests against the real routers, engine and store, and the vectors of the key specification.

#![allow(missing_docs, reason = "the names of tests are their documentation")]
#![allow(clippy::expect_used, reason = "a test that cannot set itself up has to fail")]

mod access;
mod bad_input;
mod caching;
mod canaries;
mod client_digests;
mod command_line;
mod conditional;
mod contract;
mod drugs;
mod embedded_answers;
mod everyday_words;
mod freshness;
mod keys;
mod lambda;
mod management;
mod monitoring;
mod origins;
mod outages;
mod records;
mod redis;
mod server;
mod sessions;
mod single_flight;
mod vectors;
mod written_question;
