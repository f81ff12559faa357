//! Requests that are wrong in every way that the OpenAPI document lets one think of: neither the error nor a log line
//! has anything of what was sent. The requests are made from the document, so they are of every route.

use super::{SESSION, found};
use axum::body::Body;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, REFERER, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, Request};
use medinsight_functions::api::AdminToken;
use medinsight_tests::Service;
use medinsight_tests::contract::operations;
use medinsight_tests::log::CapturedLog;
use medinsight_tests::operator::{TOKEN, with_token};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

const CANARY: &str = "zyxcanaryinput";

/// A request that is right, to be made wrong in one place.
#[derive(Clone)]
struct Draft {
    method: Method,
    path: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Option<Vec<u8>>,
}

impl Draft {
    /// What the document's examples make of an operation.
    fn of(method: &Method, template: &str, operation: &Value) -> Self {
        let path = template.split('/').map(right_value).collect::<Vec<_>>().join("/");
        let body = example(operation).map(|example| example.to_string().into_bytes());
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        Self { method: method.clone(), path, headers, body }
    }

    fn at(&self, path: String) -> Self {
        Self { path, ..self.clone() }
    }

    fn with(&self, name: HeaderName, value: &str) -> Self {
        let mut draft = self.clone();
        draft.headers.push((name, HeaderValue::from_str(value).expect("a header value")));
        draft
    }

    fn saying(&self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(body.into()), ..self.clone() }
    }

    fn request(&self) -> Request<Body> {
        let body = self.body.clone().map_or(Body::empty(), Body::from);
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.path.parse().expect("a URI");
        request.headers_mut().extend(self.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        for name in [USER_AGENT, COOKIE, REFERER, HeaderName::from_static("x-request-id")] {
            request.headers_mut().append(name, HeaderValue::from_static(CANARY));
        }
        request.headers_mut().append("traceparent", HeaderValue::from_static(CANARY));
        request
    }
}

fn example(operation: &Value) -> Option<&Value> {
    operation.pointer("/requestBody/content/application~1json/example")
}

/// A segment of a path with its parameter filled in.
fn right_value(segment: &str) -> String {
    match segment {
        "{request_digest}" => "0".repeat(64),
        "{session_id}" | "{analysis_id}" => SESSION.to_owned(),
        "{drug_name}" => "aspirin".to_owned(),
        "{category}" => "user".to_owned(),
        "{identifier}" => "a".to_owned(),
        "{pattern}" => "symptom".to_owned(),
        other => {
            assert!(!other.starts_with('{'), "what is a right value of {other}?");
            other.to_owned()
        }
    }
}

/// Paths with the canary in the place of one parameter, and in the query.
fn wrong_paths(draft: &Draft, template: &str, operation: &Value) -> Vec<Draft> {
    let segments: Vec<_> = template.split('/').collect();
    let mut drafts = Vec::new();
    for at in (0..segments.len()).filter(|at| segments[*at].starts_with('{')) {
        for wrong in [CANARY.to_owned(), format!("%00{CANARY}"), format!("{CANARY}%zz"), format!("{CANARY}*%20:*")] {
            drafts.push(draft.at(replaced(&segments, at, &wrong)));
        }
        drafts.push(draft.at(replaced(&segments, at, &CANARY.repeat(40))));
    }
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let of_query = parameters.filter(|parameter| parameter["in"] == "query");
    let names = of_query.map(|parameter| parameter["name"].as_str().expect("a name")).chain([CANARY]);
    for name in names {
        for query in
            [format!("{name}={CANARY}"), format!("{name}={CANARY}&{name}={CANARY}"), format!("{name}=%zz{CANARY}")]
        {
            drafts.push(draft.at(format!("{}?{query}", draft.path)));
        }
    }
    drafts
}

fn replaced(segments: &[&str], at: usize, value: &str) -> String {
    let parts = segments.iter().enumerate();
    let parts = parts.map(|(place, segment)| if place == at { value.to_owned() } else { right_value(segment) });
    parts.collect::<Vec<_>>().join("/")
}

fn wrong_headers(draft: &Draft, operation: &Value) -> Vec<Draft> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let of_headers = parameters.filter(|parameter| parameter["in"] == "header");
    let mut drafts = vec![
        draft.with(AUTHORIZATION, &format!("Bearer {CANARY}")),
        draft.with(CONTENT_TYPE, &format!("text/{CANARY}")),
        Draft { headers: vec![(CONTENT_TYPE, HeaderValue::from_static(CANARY))], ..draft.clone() },
    ];
    for parameter in of_headers {
        let name: HeaderName = parameter["name"].as_str().and_then(|name| name.parse().ok()).expect("a name");
        drafts.push(draft.with(name.clone(), CANARY).with(name.clone(), CANARY));
        drafts.push(draft.with(name.clone(), &format!("{CANARY} \u{e9}")));
        drafts.push(draft.with(name, &CANARY.repeat(40)));
    }
    drafts
}

/// Bodies with the canary where it does not belong: as, in, around and beside each field, and as no JSON.
fn wrong_bodies(draft: &Draft, operation: &Value) -> Vec<Draft> {
    let Some(example) = example(operation) else { return vec![draft.saying(CANARY)] };
    let members = operation.pointer("/requestBody/content/application~1json/schema/properties");
    let members = members.and_then(Value::as_object).expect("the fields of a body").keys();
    let mut bodies = vec![
        json!([CANARY]).to_string(),
        json!(CANARY).to_string(),
        CANARY.to_owned(),
        format!(r#"{{"{CANARY}": "#),
        format!(r#"{{"{CANARY}": 1, "{CANARY}": 2}}"#),
        format!(r#"{{"{CANARY}": {}"#, "[".repeat(100)),
        format!(r#"{{"{CANARY}": "{}"}}"#, CANARY.repeat(20_000)),
        json!({ CANARY: CANARY }).to_string(),
    ];
    for member in members {
        let long = CANARY.repeat(5_000);
        for wrong in [
            json!(CANARY),
            json!({ CANARY: CANARY }),
            json!([CANARY]),
            json!([[CANARY], {CANARY: CANARY}, CANARY, CANARY]),
            json!([CANARY, CANARY]),
            json!(vec![CANARY; 100]),
            json!(format!("{CANARY}\u{0}")),
            json!([format!("{CANARY}\u{0}"), long]),
            json!(long),
        ] {
            let mut body = example.clone();
            body[member] = wrong;
            bodies.push(body.to_string());
        }
        bodies.push(format!(r#"{{"{member}": "{CANARY}", "{member}": "{CANARY}"}}"#));
        bodies.push(format!(r#"{{"{member}": "{CANARY}\ud800"}}"#));
        bodies.push(format!(r#"{{"{member}": {CANARY}}}"#));
    }
    let invalid = [CANARY.as_bytes(), &[0xFF, 0xFE]].concat();
    bodies.into_iter().map(|body| draft.saying(body)).chain([draft.saying(invalid)]).collect()
}

fn drafts() -> Vec<(String, Draft)> {
    let drafts = operations().flat_map(|(method, template, operation)| {
        let draft = Draft::of(&method, template, operation);
        let drafts = [
            wrong_paths(&draft, template, operation),
            wrong_headers(&draft, operation),
            wrong_bodies(&draft, operation),
        ];
        drafts.concat().into_iter().map(move |draft| (format!("{method} {template}"), draft))
    });
    drafts.collect()
}

#[tokio::test]
async fn what_is_wrong_is_told_without_what_was_sent_and_nothing_of_it_is_logged() {
    let (service, _) = Service::in_memory_with(|config| config.access.token = AdminToken::new(TOKEN));
    service.origin.be_certain_of_names();
    let (mut refused, mut all) = (0, 0);
    for (name, draft) in drafts() {
        let is_authorized = draft.headers.iter().any(|(header, _)| header == AUTHORIZATION);
        let request = if is_authorized { draft.request() } else { with_token(draft.request()) };
        let log = CapturedLog::start(LevelFilter::TRACE);
        let answer = service.send(request).await;
        service.background_work_is_done().await;
        assert_eq!(found(CANARY, &log.text()), None, "{name}: the log of {:?}", draft.path);
        all += 1;
        if answer.status.is_client_error() || answer.status.is_server_error() {
            refused += 1;
            let told = format!("{} {:?}", String::from_utf8_lossy(&answer.body), answer.headers);
            assert_eq!(found(CANARY, &told), None, "{name}: the error of {:?}", draft.path);
        }
        assert!(!answer.status.is_server_error(), "{name}: {:?}", answer.status);
    }
    assert!(refused > 300 && all > refused, "{refused} of {all} were refused");
}
