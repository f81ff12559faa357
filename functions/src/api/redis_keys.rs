//! `GET /api/v1/redis/keys/{pattern}`: which entries there are. What is in them is for nobody to see here.

use super::access::Admin;
use super::answer::private_json;
use super::audit::{Action, Resource};
use super::openapi::{Header, Operation};
use super::{Problem, Services};
use crate::store::{Page, PageToken, Record};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use medinsight_core::{Category, EntryHeader, MAX_PATTERN_BYTES, Pattern, Sealing, UnixMillis};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The most entries of a page.
const PAGE_SIZE: usize = 100;

#[derive(Deserialize)]
pub(super) struct ListKeysQueryParams {
    cursor: Option<String>,
}

#[derive(JsonSchema, Serialize)]
struct ListKeysResponse<'a> {
    /// Milliseconds since 1970.
    timestamp: u64,
    pattern: &'a str,
    /// How many entries this page has.
    key_count: usize,
    /// Their keys, as they are stored.
    keys: Vec<&'a str>,
    /// What is known of each, in the same order.
    entries: Vec<ListedEntry<'a>>,
    /// Asks for the next page; null after the last one. A page may be empty although there are more.
    next_cursor: Option<String>,
}

/// What is known of an entry without opening it. What only a header tells is null for a value of the earlier service.
#[derive(JsonSchema, Serialize)]
pub(super) struct ListedEntry<'a> {
    key: &'a str,
    age_secs: Option<u64>,
    fresh_for_secs: Option<u32>,
    /// When the store removes it; null when it never does.
    expires_in_secs: Option<u64>,
    size_bytes: u64,
    is_sealed: Option<bool>,
    key_id: Option<u32>,
    is_compressed: Option<bool>,
    origin_cost_ms: Option<u32>,
    /// False for an entry from before its category was cleared, which nobody is served.
    is_current: Option<bool>,
}

/// Lists the entries that a pattern matches, page by page.
pub(super) async fn list_keys(
    admin: Admin,
    State(services): State<Services>,
    pattern: Result<Path<String>, PathRejection>,
    query: Result<Query<ListKeysQueryParams>, QueryRejection>,
) -> Result<Response, Problem> {
    let text = pattern_of_path(pattern)?;
    let pattern: Pattern = text.parse()?;
    let cursor = query.map(|Query(query)| query.cursor).map_err(|_| Problem::invalid_cursor())?;
    let from: PageToken = match cursor {
        None => PageToken::default(),
        Some(cursor) => cursor.parse().map_err(|_| Problem::invalid_cursor())?,
    };
    let audit = admin.audit(Action::ListKeys, Resource::Pattern(&pattern));
    let page = services.cache.store().page(&pattern, from, PAGE_SIZE).await.map_err(Problem::from);
    let page = audit.close_with(page)?;
    respond(&text, &page, services.cache.clock().now())
}

/// The pattern that a path names. The path has been percent-decoded, once.
pub(super) fn pattern_of_path(pattern: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    pattern.map(|Path(pattern)| pattern).map_err(|_| Problem::not_a_pattern())
}

fn respond(pattern: &str, page: &Page, now: UnixMillis) -> Result<Response, Problem> {
    let entries: Vec<_> = page.records.iter().map(|record| listed(record, page, now)).collect();
    private_json(&ListKeysResponse {
        timestamp: now.0,
        pattern,
        key_count: entries.len(),
        keys: entries.iter().map(|entry| entry.key).collect(),
        entries,
        next_cursor: page.next.map(|token| token.to_string()),
    })
}

/// What there is to say of an entry of a page.
pub(super) fn listed<'a>(record: &'a Record, page: &Page, now: UnixMillis) -> ListedEntry<'a> {
    let header = record.header;
    let with_header = |header: EntryHeader| page.generation.map(|current| header.generation == current);
    ListedEntry {
        key: &record.key,
        age_secs: header.map(|header| now.since(header.written_at).as_secs()),
        fresh_for_secs: header.map(|header| header.fresh_for_secs),
        expires_in_secs: record.expires_in.map(|life| life.as_secs()),
        size_bytes: record.size_bytes,
        is_sealed: header.map(|header| key_id(header).is_some()),
        key_id: header.and_then(key_id),
        is_compressed: header.map(|header| header.compressed),
        origin_cost_ms: header.map(|header| header.origin_cost_ms),
        is_current: header.and_then(with_header),
    }
}

fn key_id(header: EntryHeader) -> Option<u32> {
    match header.sealing {
        Sealing::Plain => None,
        Sealing::Sealed(id) => Some(id.0.get()),
    }
}

pub(super) fn describe() -> Operation {
    let number = "(0|[1-9a-f][0-9a-f]{0,15})";
    let cursor = json!({ "type": "string", "pattern": format!(r"^{number}\.{number}\.{number}$") });
    Operation::new(
        "redis",
        "list_keys",
        "Lists the entries that a pattern matches, page by page, without what is in them",
    )
    .path_parameter("pattern", "Which entries.", pattern_schema())
    .query_parameter("cursor", "The `next_cursor` of the page before.", cursor)
    .answer::<ListKeysResponse<'static>>("A page.", &[Header::CacheControl])
    .problems([Problem::not_a_pattern(), Problem::invalid_cursor(), Problem::store_failed()])
    .problems(Problem::of_patterns())
}

/// The rule of patterns, as far as a regular expression can tell: what an exact key is depends on its category.
pub(super) fn pattern_schema() -> Value {
    let categories = Category::of_entries().map(Category::as_str).collect::<Vec<_>>().join("|");
    json!({
        "description": "`category`, `category:*`, `category:prefix*`, or an exact key without its `medinsight:`.",
        "type": "string",
        "maxLength": MAX_PATTERN_BYTES,
        "pattern": format!(r"^({categories})(:([A-Za-z0-9._~:-]|%[0-9A-F]{{2}})*\*?)?$"),
    })
}
