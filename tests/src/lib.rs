//! What tests stand on.
//!
//! [`Service`] is a service in this process with a clock that tests move and an origin that they control. Everything
//! else is the real thing: the routers, the engine, the store and the embedded origin.
//!
//! [`redis_server`], [`redis_cluster`] and [`redis_tls`] start real Redis servers and [`fault_proxy`] puts faults in front of them; [`process`] starts the
//! real server program, [`command_line`] runs its other commands, and [`load`] sends requests. [`lambda_function`] starts the real Lambda functions in an
//! environment that [`lambda_api`] emulates.

#![allow(clippy::expect_used, reason = "a test that cannot set itself up has to fail")]

mod backing;
pub mod built;
pub mod certificates;
pub mod child;
pub mod command_line;
pub mod contract;
mod controlled_origin;
pub mod events;
pub mod fault_proxy;
pub mod filler;
pub mod lambda_api;
pub mod lambda_function;
pub mod load;
pub mod log;
pub mod operator;
pub mod origin_server;
pub mod ports;
pub mod process;
mod program_log;
pub mod programs;
pub mod redis_cluster;
pub mod redis_server;
pub mod redis_tls;
pub mod resp;
mod service;
pub mod thaw;
pub mod waiting;

pub use controlled_origin::{ControlledOrigin, Mood};
pub use service::{ANALYZE, Answered, Service, get, post, post_to, question};
