//! `GET /api/v1/redis/hottest`: which entries are hit most.

use super::access::Admin;
use super::answer::private_json;
use super::audit::{Action, Resource};
use super::openapi::{Header, Operation};
use super::{Problem, Services};
use crate::monitoring::hottest_of_the_hour;
use crate::timestamp::iso8601;
use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Which entries were hit most in the last hour.
#[derive(JsonSchema, Serialize)]
struct HottestResponse<'a> {
    timestamp: String,
    /// By category, the hottest first, ten at most. Of answers about persons those that this process served lately: their
    /// keys are written nowhere.
    categories: BTreeMap<&'static str, Vec<HotKey<'a>>>,
}

#[derive(JsonSchema, Serialize)]
struct HotKey<'a> {
    key: &'a str,
    /// How often it was hit at least: each process tells the eight hottest keys of a minute.
    hits: u64,
}

/// Tells which entries were hit most. Keys name entries and no persons, but like all lists of keys this one is audited.
pub(super) async fn list_hottest(admin: Admin, State(services): State<Services>) -> Result<Response, Problem> {
    let record = admin.audit(Action::ListHottest, Resource::Everything);
    let hottest = hottest_of_the_hour(&services.cache).await.map_err(|_| Problem::store_unavailable());
    let hottest = record.close_with(hottest)?;
    let categories = hottest.iter().map(|(category, keys)| {
        let keys = keys.iter().map(|(key, hits)| HotKey { key: key.as_str(), hits: *hits });
        (category.as_str(), keys.collect())
    });
    let timestamp = iso8601(services.cache.clock().now());
    private_json(&HottestResponse { timestamp, categories: categories.collect() })
}

pub(super) fn describe() -> Operation {
    Operation::new("redis", "list_hottest", "Tells which entries were hit most in the last hour")
        .answer::<HottestResponse<'static>>("The keys, by category.", &[Header::CacheControl])
        .problems([Problem::store_unavailable()])
}
