//! Tests of what the other tests stand on, against real programs.

#![allow(missing_docs, reason = "the names of tests are their documentation")]
#![allow(clippy::expect_used, reason = "a test that cannot set itself up has to fail")]

mod fault_proxy;
mod load;
mod process;
mod redis_cluster;
mod redis_server;
mod redis_tls;
