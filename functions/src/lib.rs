//! The response cache as a service: the engine, its store, the origins behind it and the HTTP interface in front.
//!
//! One library with thin binaries: the Lambda functions and the local server build their routers from the same
//! functions and differ in the last lines of their `main` only.

pub mod analysis;
pub mod api;
mod bounded;
mod breaker;
pub mod budget;
pub mod cache;
pub mod clock;
pub mod config;
pub mod dashboard;
mod demo;
pub mod doctor;
pub mod drugs;
pub mod environment;
pub mod lambda;
pub mod logging;
mod metrics;
pub mod monitoring;
pub mod origin;
mod page;
mod request_id;
pub mod server;
pub mod store;
mod task_local;
pub mod timestamp;
pub mod trace_context;
pub mod warming;
pub mod worker;
