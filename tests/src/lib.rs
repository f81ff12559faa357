//! What tests stand on.
//!
//! [`Service`] is a service in this process with a clock that tests move and an origin that they control. Everything
//! else is the real thing: the routers, the engine, the store and the embedded origin.
//!
//! [`redis_server`], [`redis_cluster`] and [`redis_tls`] start real Redis servers and [`fault_proxy`] puts faults in front of them; [`process`] starts the
//! real server program and [`load`] sends it requests.

#![allow(clippy::expect_used, reason = "a test that cannot set itself up has to fail")]

pub mod child;
mod controlled_origin;
pub mod fault_proxy;
pub mod load;
pub mod ports;
pub mod process;
pub mod programs;
pub mod redis_cluster;
pub mod redis_server;
pub mod redis_tls;
pub mod resp;
pub mod waiting;

pub use controlled_origin::{ControlledOrigin, Mood};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use medinsight_core::{CacheKey, TtlPolicy, UnixMillis};
use medinsight_functions::analysis::HealthAnalyses;
use medinsight_functions::api::{Services, finish, health_routes};
use medinsight_functions::cache::Cache;
use medinsight_functions::clock::{Clock, ManualClock};
use medinsight_functions::config::{Config, Limits};
use medinsight_functions::store::{MemoryStore, Store};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

/// The path of the health question.
pub const ANALYZE: &str = "/api/v1/analyze-health";

/// The service under test.
#[derive(Clone, Debug)]
pub struct Service {
    /// The routes.
    pub router: Router,
    /// The engine.
    pub cache: Cache,
    /// The store's backend.
    pub memory: MemoryStore,
    /// The engine's clock.
    pub clock: ManualClock,
    /// The origin.
    pub origin: Arc<ControlledOrigin>,
}

impl Default for Service {
    fn default() -> Self {
        Self::start()
    }
}

impl Service {
    /// A service with the default settings.
    #[must_use]
    pub fn start() -> Self {
        Self::with(|_| {})
    }

    /// A service with some settings changed.
    #[must_use]
    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::from_variables(&[]).expect("the default settings");
        change(&mut config);
        Self::of(&config)
    }

    fn of(config: &Config) -> Self {
        let memory = MemoryStore::new(config.memory_bytes);
        let clock = ManualClock::at(UnixMillis(1_800_000_000_000));
        let cache = Cache::new(Store::Memory(memory.clone()), TtlPolicy::default(), Clock::Manual(clock.clone()));
        let origin = Arc::new(ControlledOrigin::new(clock.clone()));
        let analyses = HealthAnalyses::new(
            cache.clone(),
            Arc::clone(&origin) as _,
            config.key_secret.clone(),
            config.origin_timeout,
        )
        .expect("valid counters");
        let router = finish(health_routes(), Services { analyses, limits: config.limits });
        Self { router, cache, memory, clock, origin }
    }

    /// The default limits.
    #[must_use]
    pub fn limits() -> Limits {
        Config::from_variables(&[]).expect("the default settings").limits
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: Request<Body>) -> Answered {
        let response = self.router.clone().oneshot(request).await.expect("routers answer");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("bodies are whole").to_bytes();
        Answered { status: parts.status, headers: parts.headers, body }
    }

    /// Asks a health question.
    pub async fn ask(&self, question: &Value) -> Answered {
        self.send(post(question.to_string())).await
    }

    /// Asks a health question for a session.
    pub async fn ask_as(&self, session: &str, question: &Value) -> Answered {
        let mut request = post(question.to_string());
        request.headers_mut().insert("x-session-id", session.parse().expect("a header value"));
        self.send(request).await
    }

    /// Asks for the answer with a digest.
    pub async fn find(&self, digest: &str) -> Answered {
        self.send(get(&format!("{ANALYZE}/{digest}"))).await
    }

    /// What a counter stands at.
    pub async fn counter(&self, category: &str, name: &str) -> u64 {
        let key = CacheKey::build(category, "health_analysis", Some(name)).expect("a counter");
        self.cache.counter(&key).await.expect("a reachable store")
    }

    /// The JSON that is stored under a key.
    pub async fn stored(&self, category: &str, identifier: &str, sub_key: Option<&str>) -> Option<Value> {
        let key = CacheKey::build(category, identifier, sub_key).expect("a key");
        self.cache.flush().await;
        self.cache.stored(&key).await.map(|payload| serde_json::from_slice(&payload).expect("JSON is stored"))
    }

    /// Moves the clock on.
    pub fn advance_secs(&self, secs: u64) {
        self.clock.advance(Duration::from_secs(secs));
    }
}

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Answered {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answered {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    /// A header's text, empty when it is absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header in ASCII"))
    }

    /// How the cache served it.
    #[must_use]
    pub fn x_cache(&self) -> &str {
        self.header("x-cache")
    }
}

/// A question that nobody asked.
#[must_use]
pub fn question() -> Value {
    json!({
        "concern": "Headache",
        "symptoms": "Throbbing pain on one side, worse in bright light, since this morning",
        "patient_age": 34,
        "patient_gender": "female",
        "medical_history": ["migraine"],
        "current_medications": ["Ibuprofen 400 mg", "Warfarin"],
    })
}

/// A `POST` of a JSON text to the health question.
#[must_use]
pub fn post(body: impl Into<Body>) -> Request<Body> {
    let request = Request::post(ANALYZE).header(CONTENT_TYPE, "application/json");
    request.body(body.into()).expect("a request")
}

/// A `GET`.
#[must_use]
pub fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).expect("a request")
}
