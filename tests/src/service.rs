//! A service in this process with a clock that tests move and an origin that they control.

use crate::ControlledOrigin;
use crate::backing::{Backing, settings_of};
use crate::{contract, waiting};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use medinsight_core::{CacheKey, TtlPolicy, UnixMillis};
use medinsight_functions::analysis::HealthAnalyses;
use medinsight_functions::api::{Exposure, LiveStreams, ServiceParts, all_routes, finish};
use medinsight_functions::cache::{Cache, Envelope, Parts, Sampling, StoreScope, Timing};
use medinsight_functions::clock::{Clock, ManualClock};
use medinsight_functions::config::{Config, Limits};
use medinsight_functions::drugs::Drugs;
use medinsight_functions::monitoring::Monitor;
use medinsight_functions::origin::{Chain, Origin, Origins};
use medinsight_functions::store::{MemoryStore, RedisStore, Store};
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
    /// Watches the engine.
    pub monitor: Monitor,
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
    /// A service with the default settings, on the store that the test run is about.
    #[must_use]
    pub fn start() -> Self {
        Self::with(|_| {})
    }

    /// A service with some settings changed.
    #[must_use]
    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        let backing = Backing::of_the_run();
        let mut config = backing.config();
        change(&mut config);
        let clock = clock();
        let store = backing.store(&config, &Clock::Manual(clock.clone()));
        Self::of(&config, store, clock)
    }

    /// A service on a store in memory, and the store.
    #[must_use]
    pub fn in_memory() -> (Self, MemoryStore) {
        Self::in_memory_with(|_| {})
    }

    /// A service on a store in memory with some settings changed, and the store. It waits for nothing outside of the
    /// process, so tests that stop the time can use it.
    #[must_use]
    pub fn in_memory_with(change: impl FnOnce(&mut Config)) -> (Self, MemoryStore) {
        let mut config = settings_of(&[]);
        change(&mut config);
        let memory = MemoryStore::new(config.memory_bytes);
        (Self::of(&config, Store::Memory(memory.clone()), clock()), memory)
    }

    /// A service with settings by name, as the program would have it. Two of them with the same `REDIS_URL` are two
    /// processes that share a store.
    #[must_use]
    pub fn with_settings(settings: &[(&str, &str)]) -> Self {
        let config = settings_of(settings);
        let clock = clock();
        let redis = config.redis.as_ref().expect("a shared store");
        let store = RedisStore::new(redis, &Clock::Manual(clock.clone())).expect("usable settings");
        Self::of(&config, Store::Redis(store), clock)
    }

    /// A service with the origins that the settings name, on a store in memory unless they name another one. Nothing asks the
    /// origin that tests control.
    #[must_use]
    pub fn with_origins(settings: &[(&str, &str)]) -> Self {
        let (config, clock) = (settings_of(settings), clock());
        let store = match &config.redis {
            Some(redis) => {
                Store::Redis(RedisStore::new(redis, &Clock::Manual(clock.clone())).expect("usable settings"))
            }
            None => Store::Memory(MemoryStore::new(config.memory_bytes)),
        };
        let unused = Arc::new(ControlledOrigin::new(clock.clone()));
        Self::made_of(&config, store, clock, unused, |cache| Origins::new(&config, cache).expect("usable settings"))
    }

    fn of(config: &Config, store: Store, clock: ManualClock) -> Self {
        let origin = Arc::new(ControlledOrigin::new(clock.clone()));
        let chain = Chain::from(Arc::clone(&origin) as Arc<dyn Origin>);
        let origins = Origins { health: chain.clone(), drug_facts: chain.clone(), drug_analyses: chain };
        Self::made_of(config, store, clock, origin, |_| origins)
    }

    fn made_of(
        config: &Config,
        store: Store,
        clock: ManualClock,
        origin: Arc<ControlledOrigin>,
        origins: impl FnOnce(&Cache) -> Origins,
    ) -> Self {
        let scope = match store {
            Store::Memory(_) => StoreScope::ThisProcess,
            Store::Redis(_) => StoreScope::Shared,
        };
        let encryption = config.encryption.decide(scope).expect("keys");
        let cache = Cache::new(Parts {
            store,
            sampling: Sampling::new(config.advice, config.key_secret.as_ref(), &encryption),
            envelope: Envelope::new(encryption),
            policy: TtlPolicy::default(),
            timing: Timing { origin_timeout: config.origin_timeout, store_budget: config.cache_budget },
            near_bytes: config.near_bytes,
            successor: None,
            clock: Clock::Manual(clock.clone()),
        });
        let Origins { health, drug_facts, drug_analyses } = origins(&cache);
        let drugs = Drugs::new(cache.clone(), drug_facts, drug_analyses, config.origin_timeout);
        let analyses = HealthAnalyses::new(cache.clone(), health, config.key_secret.clone());
        let monitor = Monitor::new(cache.clone(), config.alerts);
        let services = ServiceParts {
            analyses,
            drugs,
            cache: cache.clone(),
            monitor: monitor.clone(),
            access: config.access.clone(),
            exposure: Exposure::new(config, &cache).expect("a source of randomness"),
            live: LiveStreams::new(config.live_streams),
            answer_price: config.answer_price.clone(),
            limits: config.limits,
        };
        let router = finish(all_routes(), services.into());
        Self { router, cache, monitor, clock, origin }
    }

    /// The default limits.
    #[must_use]
    pub fn limits() -> Limits {
        Config::from_variables(&[]).expect("the default settings").limits
    }

    /// Sends a request, reads the whole answer, and compares it with the OpenAPI document.
    pub async fn send(&self, request: Request<Body>) -> Answered {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.expect("routers answer");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("bodies are whole").to_bytes();
        contract::check(&method, &path, parts.status, &parts.headers, &body);
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

    /// Waits until nothing is computed any more, for a caller or in the background.
    ///
    /// # Panics
    ///
    /// When something still is after some time.
    pub async fn background_work_is_done(&self) {
        let is_done = || async { !self.cache.is_computing() };
        waiting::until("the background work is done", Duration::from_secs(10), is_done).await;
    }

    /// Moves the clock on.
    pub fn advance_secs(&self, secs: u64) {
        self.clock.advance(Duration::from_secs(secs));
    }
}

fn clock() -> ManualClock {
    ManualClock::at(UnixMillis(1_800_000_000_000))
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

    /// The body as JSON, or null when it is none.
    #[must_use]
    pub fn json_or_null(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's text, empty when it is absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header in ASCII"))
    }

    /// Asserts that this is a problem, and which.
    ///
    /// # Panics
    ///
    /// When it is none, or another one.
    #[track_caller]
    pub fn assert_problem(&self, status: u16, code: &str, detail: &str) {
        let body = self.json();
        assert_eq!((self.status.as_u16(), body["code"].as_str()), (status, Some(code)), "{body}");
        assert_eq!(body["detail"].as_str(), Some(detail));
        assert_eq!(body["status"].as_u64(), Some(u64::from(status)));
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.header("cache-control"), "no-store");
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
    post_to(ANALYZE, body)
}

/// A `POST` of a JSON text.
#[must_use]
pub fn post_to(path: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::post(path).header(CONTENT_TYPE, "application/json");
    request.body(body.into()).expect("a request")
}

/// A `GET`.
#[must_use]
pub fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).expect("a request")
}
