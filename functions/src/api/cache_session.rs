//! `/api/v1/cache/session/{session_id}` and `/api/v1/cache/analysis-progress/{analysis_id}`: what the front end keeps for
//! whoever holds the id.

use super::answer::private_json;
use super::body::{self, Members, read_json_body};
use super::client::Client;
use super::ids::{self, check_writable, id_of_path};
use super::openapi::schema::SchemaOf;
use super::openapi::{Header, Operation};
use super::{Problem, Services};
use crate::budget::Expense;
use crate::cache::{Deadline, Kept};
use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use medinsight_core::{CacheKey, EntryKind, RequestError, TtlPolicy};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The longest value, in bytes of JSON.
const MAX_VALUE_BYTES: usize = 64 << 10;

const JSON: &str = "application/json";

type PathId = Result<Path<String>, PathRejection>;

/// One kind of what is kept, and how the earlier service called it.
struct Drawer {
    kind: EntryKind,
    id_field: &'static str,
    member: &'static str,
    name: &'static str,
}

const SESSION: Drawer =
    Drawer { kind: EntryKind::SessionState, id_field: "session_id", member: "session_data", name: "session data" };

const PROGRESS: Drawer = Drawer {
    kind: EntryKind::AnalysisProgress,
    id_field: "analysis_id",
    member: "progress_data",
    name: "analysis progress",
};

/// The answer's shape is that of the earlier service.
#[derive(Serialize)]
struct KeptResponse<'a> {
    success: bool,
    message: String,
    data: OneMember<'a>,
}

/// An object with one member.
struct OneMember<'a>(&'static str, &'a RawValue);

impl Serialize for OneMember<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0, self.1)])
    }
}

#[derive(JsonSchema, Serialize)]
#[schemars(rename = "SessionDeletedResponse")]
struct DeletedResponse {
    success: bool,
    message: &'static str,
    data: Deleted,
}

#[derive(JsonSchema, Serialize)]
#[schemars(rename = "SessionDeleted")]
struct Deleted {
    deleted: bool,
}

/// Keeps session data. The answer comes after the store has it.
pub(super) async fn keep_session(
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    client: Client,
    id: PathId,
    request: Request,
) -> Result<Response, Problem> {
    SESSION.keep(&services, &client, id, request, deadline).await
}

/// Gives session data back, byte for byte.
pub(super) async fn find_session(
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    id: PathId,
) -> Result<Response, Problem> {
    SESSION.find(&services, id, deadline).await
}

/// Removes session data.
pub(super) async fn delete_session(State(services): State<Services>, id: PathId) -> Result<Response, Problem> {
    let (_, key) = SESSION.key(id)?;
    let deleted = services.cache.delete(&key).await?;
    let message = if deleted { "session data deleted" } else { "there was no session data" };
    private_json(&DeletedResponse { success: true, message, data: Deleted { deleted } })
}

/// Keeps how far an analysis has got. The answer comes after the store has it.
pub(super) async fn keep_progress(
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    client: Client,
    id: PathId,
    request: Request,
) -> Result<Response, Problem> {
    PROGRESS.keep(&services, &client, id, request, deadline).await
}

/// Gives back how far an analysis has got, byte for byte.
pub(super) async fn find_progress(
    State(services): State<Services>,
    Extension(deadline): Extension<Deadline>,
    id: PathId,
) -> Result<Response, Problem> {
    PROGRESS.find(&services, id, deadline).await
}

impl Drawer {
    fn key(&self, id: PathId) -> Result<(String, CacheKey), Problem> {
        let id = id_of_path(id, self.id_field)?;
        let key = CacheKey::build(self.kind.category().as_str(), &id, None)?;
        Ok((id, key))
    }

    async fn keep(
        &self,
        services: &Services,
        client: &Client,
        id: PathId,
        request: Request,
        deadline: Deadline,
    ) -> Result<Response, Problem> {
        let (id, key) = self.key(id)?;
        check_writable(services, &id, self.id_field)?;
        let body = read_json_body(request, services.limits.body_bytes).await?;
        let members = Members::of(&body)?;
        let value = members.required_raw(self.member)?;
        if value.get().len() > MAX_VALUE_BYTES {
            return Err(Problem::value_too_large(self.member, MAX_VALUE_BYTES));
        }
        let life_secs = life_secs(&members, services.cache.longest_life_secs(self.kind))?;
        client.paying_from(&services.exposure.writes).pay().await?;
        let kept = Kept { payload: Bytes::copy_from_slice(value.get().as_bytes()), life_secs };
        services.cache.keep(&key, &kept, deadline).await?;
        self.respond("stored", value)
    }

    async fn find(&self, services: &Services, id: PathId, deadline: Deadline) -> Result<Response, Problem> {
        let (_, key) = self.key(id)?;
        let payload = services.cache.kept(&key, deadline).await?;
        let payload = payload.ok_or_else(|| Problem::not_kept(self.name))?;
        // A value of the earlier service may be anything.
        let value = serde_json::from_slice(&payload).map_err(|_| Problem::not_kept(self.name))?;
        self.respond("found", value)
    }

    fn respond(&self, what: &str, value: &RawValue) -> Result<Response, Problem> {
        let message = format!("{} {what}", self.name);
        private_json(&KeptResponse { success: true, message, data: OneMember(self.member, value) })
    }
}

/// The member `ttl`, from one second to the longest life; the longest life without it.
fn life_secs(members: &Members<'_>, longest: u32) -> Result<u32, Problem> {
    let expected = "a whole number of seconds";
    let Some(ttl) = members.read::<f64>("ttl", expected)? else { return Ok(longest) };
    if ttl.fract() != 0.0 {
        return Err(RequestError::WrongType { field: "ttl", expected }.into());
    }
    // A whole number is written without a point, and one that is too large or negative is none of these.
    let secs = ttl.to_string().parse().ok().filter(|secs| (1..=longest).contains(secs));
    secs.ok_or_else(|| Problem::number_out_of_range("ttl", longest))
}

const SESSION_ANSWER: SchemaOf = |_| answer_schema(SESSION.member);
const PROGRESS_ANSWER: SchemaOf = |_| answer_schema(PROGRESS.member);

pub(super) fn describe_keep_session() -> Operation {
    SESSION
        .describe_keep("keep_session", "Keeps session data", SESSION_ANSWER)
        .link("find_session", "session_id", "$request.path.session_id")
        .link("delete_session", "session_id", "$request.path.session_id")
}

pub(super) fn describe_find_session() -> Operation {
    SESSION.describe_find("find_session", "Gives session data back, byte for byte", SESSION_ANSWER)
}

pub(super) fn describe_delete_session() -> Operation {
    SESSION
        .describe("delete_session", "Removes session data")
        .answer::<DeletedResponse>("Whether there was any.", &[Header::CacheControl])
}

pub(super) fn describe_keep_progress() -> Operation {
    PROGRESS.describe_keep("keep_progress", "Keeps how far an analysis has got", PROGRESS_ANSWER).link(
        "find_progress",
        "analysis_id",
        "$request.path.analysis_id",
    )
}

pub(super) fn describe_find_progress() -> Operation {
    PROGRESS.describe_find("find_progress", "Gives back how far an analysis has got, byte for byte", PROGRESS_ANSWER)
}

impl Drawer {
    fn describe(&self, name: &'static str, summary: &'static str) -> Operation {
        Operation::new("sessions", name, summary)
            .path_parameter(self.id_field, "Whoever holds it may read and write.", ids::schema())
            .problems([Problem::invalid_id(self.id_field), Problem::store_failed()])
    }

    fn describe_find(&self, name: &'static str, summary: &'static str, answer: SchemaOf) -> Operation {
        let operation = self.describe(name, summary).problems([Problem::not_kept(self.name)]);
        operation.answer_of(StatusCode::OK, "What is kept.", Some((JSON, answer)), &[Header::CacheControl])
    }

    fn describe_keep(&self, name: &'static str, summary: &'static str, answer: SchemaOf) -> Operation {
        let (field, longest) = (self.member, self.longest_life_secs());
        let errors = [
            RequestError::MissingField { field },
            RequestError::WrongType { field: "ttl", expected: "a whole number of seconds" },
        ];
        self.describe(name, summary)
            .body(self.body_schema(longest), json!({ field: { "step": 2 }, "ttl": 60 }))
            .answer_of(StatusCode::OK, "It is kept.", Some((JSON, answer)), &[Header::CacheControl])
            .problems(body::problems())
            .problems(errors.map(Problem::from))
            .problems([Problem::guessable_id(self.id_field), Problem::number_out_of_range("ttl", longest)])
            .problems([Problem::value_too_large(field, MAX_VALUE_BYTES), Problem::over_budget(Expense::Write)])
    }

    fn body_schema(&self, longest: u32) -> Value {
        let value = "Any JSON but null, of at most 64 KiB.";
        let ttl = "For how many seconds to keep it; the longest life when absent.";
        json!({
            "type": "object",
            "required": [self.member],
            "properties": {
                self.member: { "description": value, "type": ["object", "array", "string", "number", "boolean"] },
                "ttl": { "description": ttl, "type": ["integer", "null"], "minimum": 1, "maximum": longest },
            },
        })
    }

    /// The default one, which a deployment may change.
    fn longest_life_secs(&self) -> u32 {
        TtlPolicy::default().lifetime(self.kind).map_or(0, |life| life.fresh_for_secs)
    }
}

fn answer_schema(member: &str) -> Value {
    let data = json!({ "type": "object", "required": [member], "properties": { member: true } });
    json!({
        "type": "object",
        "required": ["success", "message", "data"],
        "properties": { "success": { "type": "boolean" }, "message": { "type": "string" }, "data": data },
    })
}
