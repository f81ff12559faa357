//! `GET /api/v1/redis/cache/{category}/{identifier}`: one entry, and on demand what is in it.

use super::access::Admin;
use super::answer::private_json;
use super::audit::{Action, Resource};
use super::openapi::{Header, Operation};
use super::redis_keys::{ListedEntry, listed};
use super::{Problem, Services};
use crate::cache::Deadline;
use crate::store::{Page, PageToken, StoreError};
use axum::Extension;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use bytes::Bytes;
use medinsight_core::{CacheKey, Category, Pattern};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

#[derive(Deserialize)]
pub(super) struct ShowEntryQueryParams {
    sub_key: Option<String>,
    value: Option<bool>,
}

#[derive(JsonSchema, Serialize)]
struct ShowEntryResponse<'a> {
    /// Milliseconds since 1970.
    timestamp: u64,
    /// What is known of the entry; null when there is none.
    entry: Option<ListedEntry<'a>>,
    /// What is in it; null when that was not asked for, and when nobody would be served it: its life is over, its category
    /// was cleared, or it cannot be opened.
    #[schemars(with = "Option<Value>")]
    value: Option<&'a RawValue>,
}

/// Shows what is known of an entry, and on demand what is in it.
pub(super) async fn show_entry(
    admin: Admin,
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    path: Result<Path<(String, String)>, PathRejection>,
    query: Result<Query<ShowEntryQueryParams>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|_| Problem::invalid_entry_query())?;
    let key = key_of_path(path, query.sub_key.as_deref())?;
    let wanted = Wanted::of(query.value);
    let audit = admin.audit(wanted.action(), Resource::Entry(&key));
    let shown = audit.close_with(find(&services, key, wanted, deadline).await.map_err(Problem::from))?;
    let timestamp = services.cache.clock().now();
    let entry = shown.page.records.first().map(|record| listed(record, &shown.page, timestamp));
    let value = shown.value.as_ref().and_then(|payload| serde_json::from_slice(payload).ok());
    private_json(&ShowEntryResponse { timestamp: timestamp.0, entry, value })
}

/// How much of an entry is to be seen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Wanted {
    Header,
    Value,
}

impl Wanted {
    fn of(value: Option<bool>) -> Self {
        if value.unwrap_or_default() { Self::Value } else { Self::Header }
    }

    const fn action(self) -> Action {
        match self {
            Self::Header => Action::InspectEntry,
            Self::Value => Action::ReadEntry,
        }
    }
}

#[derive(Default)]
struct Shown {
    page: Page,
    value: Option<Bytes>,
}

/// The entry under the first of its keys that has one.
async fn find(services: &Services, key: CacheKey, wanted: Wanted, deadline: Deadline) -> Result<Shown, StoreError> {
    let cache = &services.cache;
    for key in services.analyses.keys_called(key) {
        let page = cache.store().page(&Pattern::Exact(key.clone()), PageToken::default(), 1).await?;
        if page.records.is_empty() {
            continue;
        }
        let value = match wanted {
            Wanted::Header => None,
            Wanted::Value => cache.kept(&key, deadline).await?,
        };
        return Ok(Shown { page, value });
    }
    Ok(Shown::default())
}

/// The key of an entry that a path and a sub-key name.
pub(super) fn key_of_path(
    path: Result<Path<(String, String)>, PathRejection>,
    sub_key: Option<&str>,
) -> Result<CacheKey, Problem> {
    let Path((category, identifier)) = path.map_err(|_| Problem::invalid_id("identifier"))?;
    let key = CacheKey::build(&category, &identifier, sub_key)?;
    if key.kind().category().is_counter() { Err(Problem::counters_are_out_of_reach()) } else { Ok(key) }
}

/// The parameters of a path and a query that name a key, and what can be wrong with them.
pub(super) fn describe_key(operation: Operation) -> Operation {
    let categories: Vec<_> = Category::of_entries().map(Category::as_str).collect();
    let identifier = "What the category's keys are about: an id, a digest or a drug's name.";
    let sub_key = json!({ "type": "string", "minLength": 1 });
    operation
        .path_parameter("category", "The category.", json!({ "type": "string", "enum": categories }))
        .path_parameter("identifier", identifier, json!({ "type": "string", "minLength": 1 }))
        .query_parameter("sub_key", "The sub-key, in the categories that have some.", sub_key)
        .problems([Problem::invalid_id("identifier"), Problem::counters_are_out_of_reach(), Problem::store_failed()])
        .problems(Problem::of_keys())
}

pub(super) fn describe() -> Operation {
    let operation = Operation::new("redis", "show_entry", "Shows what is known of one entry, and on demand its value");
    describe_key(operation)
        .query_parameter("value", "Whether to show what is in it; false when absent.", json!({ "type": "boolean" }))
        .answer::<ShowEntryResponse<'static>>("The entry, if there is one.", &[Header::CacheControl])
        .problems([Problem::invalid_entry_query()])
}
