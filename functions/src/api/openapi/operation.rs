//! One method of one path, as the document describes it.

use super::schema::{SchemaOf, Schemas};
use super::{Header, OPERATOR};
use crate::api::Problem;
use axum::response::IntoResponse;
use http::StatusCode;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// One method of one path. What can go wrong is told by the problems themselves, so their statuses, codes, texts and
/// headers are those of the code.
#[derive(Debug)]
pub(in crate::api) struct Operation {
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    parameters: Vec<Value>,
    body: Option<Value>,
    answers: Vec<Answer>,
    problems: Vec<Problem>,
    security: Option<Value>,
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    description: &'static str,
    content: Option<(&'static str, SchemaOf)>,
    headers: Vec<Header>,
    links: Map<String, Value>,
}

impl Operation {
    pub(in crate::api) fn new(tag: &'static str, id: &'static str, summary: &'static str) -> Self {
        // These can happen to every request.
        let problems = vec![Problem::internal(), Problem::timed_out()];
        let (parameters, answers) = (Vec::new(), Vec::new());
        Self { id, tag, summary, parameters, body: None, answers, problems, security: None }
    }

    /// Only operators may do this.
    pub(super) fn for_operators(self) -> Self {
        self.secured(json!([{ OPERATOR: [] }]))
    }

    /// Everybody may do this, and operators are told more.
    pub(in crate::api) fn with_more_for_operators(self) -> Self {
        self.secured(json!([{}, { OPERATOR: [] }]))
    }

    fn secured(mut self, security: Value) -> Self {
        self.security = Some(security);
        self.problems([Problem::unauthenticated(), Problem::admin_is_closed(), Problem::scope_is_missing()])
    }

    pub(in crate::api) fn path_parameter(self, name: &str, description: &str, schema: Value) -> Self {
        self.parameter("path", name, description, schema, true)
    }

    pub(in crate::api) fn query_parameter(self, name: &str, description: &str, schema: Value) -> Self {
        self.parameter("query", name, description, schema, false)
    }

    pub(in crate::api) fn required_query_parameter(self, name: &str, description: &str, schema: Value) -> Self {
        self.parameter("query", name, description, schema, true)
    }

    pub(in crate::api) fn header_parameter(self, name: &str, description: &str, schema: Value) -> Self {
        self.parameter("header", name, description, schema, false)
    }

    /// The JSON body that the request must have.
    pub(in crate::api) fn body(mut self, schema: Value, example: Value) -> Self {
        let mut media = json!({});
        media["schema"] = schema;
        media["example"] = example;
        self.body = Some(json!({ "required": true, "content": { "application/json": media } }));
        self
    }

    /// An answer with a JSON body of type `T`.
    pub(in crate::api) fn answer<T: JsonSchema>(self, description: &'static str, headers: &[Header]) -> Self {
        self.answer_of(StatusCode::OK, description, Some(("application/json", Schemas::of::<T>)), headers)
    }

    /// An answer with another status, or with a body that is no Rust type.
    pub(in crate::api) fn answer_of(
        mut self,
        status: StatusCode,
        description: &'static str,
        content: Option<(&'static str, SchemaOf)>,
        headers: &[Header],
    ) -> Self {
        self.answers.push(Answer { status, description, content, headers: headers.to_vec(), links: Map::new() });
        self
    }

    /// What can be asked next with something of the last answer, such as `$response.header.ETag`.
    pub(in crate::api) fn link(mut self, operation: &str, parameter: &str, value: &str) -> Self {
        let link = json!({ "operationId": operation, "parameters": { parameter: value } });
        self.answers.last_mut().map(|answer| answer.links.insert(operation.to_owned(), link));
        self
    }

    pub(in crate::api) fn problems(mut self, problems: impl IntoIterator<Item = Problem>) -> Self {
        self.problems.extend(problems);
        self
    }

    fn parameter(mut self, place: &str, name: &str, description: &str, schema: Value, required: bool) -> Self {
        let mut parameter = json!({ "name": name, "in": place, "description": description, "required": required });
        parameter["schema"] = schema;
        self.parameters.push(parameter);
        self
    }

    pub(super) fn into_json(self, schemas: &mut Schemas, problem: &Value) -> Value {
        let mut operation = json!({ "operationId": self.id, "tags": [self.tag], "summary": self.summary });
        if !self.parameters.is_empty() {
            operation["parameters"] = self.parameters.into();
        }
        if let Some(body) = self.body {
            operation["requestBody"] = body;
        }
        if let Some(security) = self.security {
            operation["security"] = security;
        }
        let answers = self.answers.into_iter().map(|answer| (answer.status, answer.into_json(schemas)));
        let problems = by_status(self.problems).into_iter().map(|(status, all)| (status, response(&all, problem)));
        let responses = answers.chain(problems).map(|(status, response)| (status.as_str().to_owned(), response));
        operation["responses"] = responses.collect::<Map<_, _>>().into();
        operation
    }
}

impl Answer {
    fn into_json(self, schemas: &mut Schemas) -> Value {
        let mut answer = json!({ "description": self.description, "headers": Header::references(&self.headers) });
        if let Some((media_type, schema)) = self.content {
            answer["content"] = json!({ media_type: { "schema": schema(schemas) } });
        }
        if !self.links.is_empty() {
            answer["links"] = self.links.into();
        }
        answer
    }
}

fn by_status(problems: Vec<Problem>) -> BTreeMap<StatusCode, Vec<Problem>> {
    let mut sorted: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for problem in problems {
        sorted.entry(problem.status()).or_default().push(problem);
    }
    sorted
}

/// The response of problems with one status: their body says which of them it is.
fn response(problems: &[Problem], schema: &Value) -> Value {
    let meanings = problems.iter().map(|problem| format!("- `{}`: {}", problem.code(), problem.detail()));
    let codes: BTreeSet<_> = problems.iter().map(Problem::code).collect();
    let status = problems.first().map(|problem| problem.status().as_u16());
    let narrowed = json!({ "properties": { "status": { "const": status }, "code": { "enum": codes } } });
    json!({
        "description": meanings.collect::<Vec<_>>().join("\n"),
        "headers": Header::references(&headers_of(problems)),
        "content": { crate::api::PROBLEM_JSON: { "schema": { "allOf": [schema, narrowed] } } },
    })
}

fn headers_of(problems: &[Problem]) -> Vec<Header> {
    let Some(response) = problems.first().map(|problem| problem.clone().into_response()) else { return Vec::new() };
    response.headers().keys().filter_map(|name| Header::find(name.as_str())).collect()
}
