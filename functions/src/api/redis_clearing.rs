//! Clearing: `DELETE /api/v1/redis/cache/{category}/{identifier}`, `POST /api/v1/redis/cache/clear-pattern` and `DELETE
//! /api/v1/cache/clear-all`.

use super::access::Admin;
use super::answer::private_json;
use super::audit::{Action, Outcome, Resource};
use super::body::{self, Members, read_json_body};
use super::openapi::{Header, Operation, schema};
use super::redis_entry::{describe_key, key_of_path};
use super::redis_keys::pattern_schema;
use super::sweeping::{Sweeping, sweep_within};
use super::{Problem, Services};
use crate::cache::Deadline;
use crate::store::StoreError;
use axum::Extension;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::response::Response;
use medinsight_core::{CacheKey, Category, Pattern, RequestError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Deserialize)]
pub(super) struct DeleteEntryQueryParams {
    sub_key: Option<String>,
}

#[derive(JsonSchema, Serialize)]
struct DeleteEntryResponse<'a> {
    /// Milliseconds since 1970.
    timestamp: u64,
    deleted: bool,
    key: &'a str,
}

#[derive(JsonSchema, Serialize)]
struct ClearPatternResponse<'a> {
    /// Milliseconds since 1970.
    timestamp: u64,
    pattern: &'a str,
    keys_found: u64,
    keys_deleted: u64,
    dry_run: bool,
    /// Whether the bytes are still being removed; then the numbers are those so far.
    is_sweeping: bool,
}

#[derive(JsonSchema, Serialize)]
struct ClearAllResponse {
    success: bool,
    message: &'static str,
    data: ClearedAll,
}

#[derive(JsonSchema, Serialize)]
struct ClearedAll {
    categories: Vec<&'static str>,
    keys_found: u64,
    keys_deleted: u64,
    /// Whether the bytes are still being removed; then the numbers are those so far.
    is_sweeping: bool,
}

/// Removes one entry, and voids its computation if one is under way.
pub(super) async fn delete_entry(
    admin: Admin,
    State(services): State<Services>,
    path: Result<Path<(String, String)>, PathRejection>,
    query: Result<Query<DeleteEntryQueryParams>, QueryRejection>,
) -> Result<Response, Problem> {
    let sub_key = query.map(|Query(query)| query.sub_key).map_err(|_| Problem::invalid_id("sub_key"))?;
    let key = key_of_path(path, sub_key.as_deref())?;
    let audit = admin.audit(Action::DeleteEntry, Resource::Entry(&key));
    let deleted = delete(&services, &key).await.map_err(Problem::from);
    let deleted = audit.close_with(deleted)?;
    let timestamp = services.cache.clock().now().0;
    private_json(&DeleteEntryResponse { timestamp, deleted, key: key.as_str() })
}

async fn delete(services: &Services, key: &CacheKey) -> Result<bool, StoreError> {
    let mut deleted = false;
    for key in services.analyses.keys_called(key.clone()) {
        deleted |= services.cache.delete(&key).await?;
    }
    Ok(deleted)
}

/// Removes what a pattern matches, or counts it only.
pub(super) async fn clear_pattern(
    admin: Admin,
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    request: Request,
) -> Result<Response, Problem> {
    let body = read_json_body(request, services.limits.body_bytes).await?;
    let members = Members::of(&body)?;
    let text: Option<String> = members.read("pattern", "text")?;
    let text = text.ok_or(RequestError::MissingField { field: "pattern" })?;
    let dry_run = members.read("dry_run", "true or false")?.unwrap_or(false);
    let pattern: Pattern = text.parse()?;
    let action = if dry_run { Action::CountPattern } else { Action::ClearPattern };
    let audit = admin.audit(action, Resource::Pattern(&pattern));
    let swept = if dry_run {
        services.cache.store().count_matching(&pattern).await.map(Sweeping::over)
    } else {
        sweep_within(&services.cache, vec![pattern], deadline).await
    };
    audit.close(swept.as_ref().map_or(Outcome::Failed, Sweeping::outcome));
    let Sweeping { swept, is_over } = swept?;
    private_json(&ClearPatternResponse {
        timestamp: services.cache.clock().now().0,
        pattern: &text,
        keys_found: swept.found,
        keys_deleted: swept.removed,
        dry_run,
        is_sweeping: !is_over,
    })
}

/// Clears every category but those of counters. It is effective at once, and the bytes are removed after that.
pub(super) async fn clear_all(
    admin: Admin,
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
) -> Result<Response, Problem> {
    let audit = admin.audit(Action::ClearAll, Resource::Everything);
    let categories: Vec<_> = Category::of_entries().collect();
    let patterns = categories.iter().map(|category| Pattern::Category(*category)).collect();
    let swept = sweep_within(&services.cache, patterns, deadline).await;
    audit.close(swept.as_ref().map_or(Outcome::Failed, Sweeping::outcome));
    let Sweeping { swept, is_over } = swept?;
    let data = ClearedAll {
        categories: categories.into_iter().map(Category::as_str).collect(),
        keys_found: swept.found,
        keys_deleted: swept.removed,
        is_sweeping: !is_over,
    };
    private_json(&ClearAllResponse { success: true, message: "the cache is cleared", data })
}

pub(super) fn describe_delete_entry() -> Operation {
    let operation =
        Operation::new("redis", "delete_entry", "Removes one entry, and voids its computation if one is under way");
    describe_key(operation)
        .answer::<DeleteEntryResponse<'static>>("Whether there was an entry.", &[Header::CacheControl])
}

pub(super) fn describe_clear_pattern() -> Operation {
    let field = "pattern";
    let dry_run = schema::optional_flag("Count only; false when absent.");
    let properties = json!({ "pattern": pattern_schema(), "dry_run": dry_run });
    let body = json!({ "type": "object", "required": [field], "properties": properties });
    let errors = [RequestError::MissingField { field }, RequestError::WrongType { field, expected: "text" }];
    Operation::new("redis", "clear_pattern", "Removes what a pattern matches, or counts it only")
        .body(body, json!({ "pattern": "drug_info:asp*", "dry_run": true }))
        .answer::<ClearPatternResponse<'static>>("What was found and removed.", &[Header::CacheControl])
        .problems(body::problems())
        .problems(errors.map(Problem::from))
        .problems(Problem::of_patterns())
        .problems([Problem::store_failed()])
}

pub(super) fn describe_clear_all() -> Operation {
    Operation::new("sessions", "clear_all", "Clears every category but those of counters")
        .answer::<ClearAllResponse>("What was found and removed.", &[Header::CacheControl])
        .problems([Problem::store_failed()])
}
