//! The routes, asked in this process on a store in memory.

use axum::body::Body;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, StatusCode, Uri};
use medinsight_functions::api::AdminToken;
use medinsight_tests::contract;
use medinsight_tests::operator::TOKEN;
use medinsight_tests::{ANALYZE, Answered, Service};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use tokio::runtime::{Builder, Runtime};

/// How many requests of an input are sent.
const MAX_REQUESTS: usize = 4;

/// What parts two requests of an input.
const SEPARATOR: &[u8] = b"\n###\n";

/// The shortest word whose appearance in an error is no accident.
const MIN_WORD: usize = 6;

/// What the document does not say, because it is about what is no operation.
const OF_NO_OPERATION: &str =
    "there is no such route; the route does not have this method; not found; method not allowed";

/// The words of our own and those of HTTP: a problem may say them, whether a client has said them or not.
static VOCABULARY: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let document = contract::DOCUMENT.to_string();
    let titles = (400..500).filter_map(|status| StatusCode::from_u16(status).ok()?.canonical_reason());
    let texts = [document.as_str(), OF_NO_OPERATION].into_iter().chain(titles);
    texts.flat_map(|text| words(text.as_bytes())).collect()
});

/// A request as it may be sent any number of times.
struct Written<'a> {
    method: Method,
    target: Uri,
    headers: HeaderMap,
    body: &'a [u8],
}

/// The input is up to four requests, as in a file of a text editor: the method and the target, headers, an empty line, the
/// body, and `###` in a line before the next one. They are sent one after the other to a service of their own, as a
/// process would that has just started.
pub fn check(input: &[u8]) {
    let requests: Vec<_> = parts(input, SEPARATOR).filter_map(Written::read).take(MAX_REQUESTS).collect();
    if requests.is_empty() {
        return;
    }
    runtime().block_on(async {
        let (service, _) = Service::in_memory_with(|config| config.access.token = AdminToken::new(TOKEN));
        for request in requests {
            request.check(&service).await;
        }
    });
}

impl<'a> Written<'a> {
    /// Nothing for what no client can send: it is for the HTTP library to refuse.
    fn read(text: &'a [u8]) -> Option<Self> {
        let (head, body) = split(text, b"\n\n").unwrap_or((text, &[]));
        let mut lines = parts(head, b"\n");
        let (method, target) = split(lines.next()?, b" ")?;
        let mut headers = HeaderMap::new();
        for (name, value) in lines.filter_map(|line| split(line, b": ")) {
            headers.append(HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?);
        }
        let target: Uri = std::str::from_utf8(target).ok()?.parse().ok()?;
        Some(Self { method: Method::from_bytes(method).ok()?, target, headers, body })
    }

    fn request(&self) -> Request<Body> {
        let mut request = Request::new(Body::from(self.body.to_vec()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }

    /// Sends the request. [`Service::send`] has compared the answer with the OpenAPI document already.
    async fn check(&self, service: &Service) {
        let answer = service.send(self.request()).await;
        assert!(!answer.status.is_server_error(), "{}", answer.status);
        match answer.header("content-type") {
            "application/problem+json" => self.check_problem(&answer),
            "application/json" if self.method != Method::HEAD => drop(answer.json()),
            _ => {}
        }
        if self.method == Method::POST && self.target.path() == ANALYZE && answer.status.is_success() {
            self.check_again(service, &answer).await;
        }
    }

    /// A problem says which rule is broken and nothing of what was sent.
    fn check_problem(&self, answer: &Answered) {
        assert!(answer.status.is_client_error());
        if self.method == Method::HEAD {
            return;
        }
        let problem: Value = answer.json();
        assert_eq!(problem["status"], answer.status.as_u16());
        assert!(problem["detail"].is_string() && problem["code"].is_string());
        let said: BTreeSet<_> = words(&answer.body).collect();
        let values = self.headers.values().flat_map(|value| words(value.as_bytes()));
        let target = self.target.to_string();
        for word in words(target.as_bytes()).chain(values).chain(words(self.body)) {
            assert!(!said.contains(&word) || VOCABULARY.contains(&word), "a problem says {word}");
        }
    }

    /// The same question has the same answer, which can also be had by its digest.
    async fn check_again(&self, service: &Service, answer: &Answered) {
        let again = service.send(self.request()).await;
        assert_eq!((again.status, again.x_cache()), (answer.status, "HIT"));
        assert!(again.body == answer.body);
        let digest = answer.header("x-cache-key-digest");
        assert!(service.find(digest).await.body == answer.body);
    }
}

/// Time that only passes when everybody waits: an answer that does not come is a time-out at once, and that is a 504.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
}

fn words(text: &[u8]) -> impl Iterator<Item = String> {
    let words = text.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| word.len() >= MIN_WORD);
    words.map(|word| String::from_utf8_lossy(word).to_ascii_lowercase())
}

fn split<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = text.windows(separator.len()).position(|window| window == separator)?;
    Some((&text[..place], &text[place + separator.len()..]))
}

fn parts<'a>(text: &'a [u8], separator: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let (part, further) = match split(rest?, separator) {
            Some((part, further)) => (part, Some(further)),
            None => (rest?, None),
        };
        rest = further;
        Some(part)
    })
}
