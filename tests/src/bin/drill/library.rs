//! What the drills do through the library instead of through a server.

use bytes::Bytes;
use medinsight_core::{CacheKey, Category, TtlPolicy};
use medinsight_functions::cache::{
    Cache, Computation, Deadline, Encryption, Envelope, Keyring, Parts, Sampling, Timing, Visit,
};
use medinsight_functions::clock::Clock;
use medinsight_functions::config::Config;
use medinsight_functions::store::{RedisStore, Store};
use medinsight_tests::redis_server::RedisServer;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(5);

/// Clears a category of the store on a Redis, as an administrator would: returns as soon as the clear has been decreed,
/// while its sweep goes on in the background.
pub(crate) async fn clear_category(redis: &RedisServer, category: Category) {
    let cache = cache_on(redis, Encryption::Off);
    let cleared = cache.clear(category).await.expect("a store that takes a clear");
    // The drill ends before the sweep does, and takes its Redis along.
    tokio::spawn(async move { cleared.sweep().await });
}

/// Reads the same payload in turn through the store, as a hit of a sealed entry, and by a bare `GET` of the payload over
/// the client of the `redis` crate; returns the durations of `count` pairs: the hit's first, the bare one's second.
pub(crate) async fn hits_beside_bare_gets(
    redis: &RedisServer,
    payload_bytes: usize,
    count: usize,
) -> Vec<(Duration, Duration)> {
    let keyring = Keyring::ephemeral(getrandom::fill).expect("a source of randomness");
    let cache = cache_on(redis, Encryption::Sealed(keyring));
    let payload = payload(payload_bytes);
    let key = CacheKey::build("drug_info", "a-drug", None).expect("a key");
    let computed = payload.clone();
    let stored = cache.fetch(visit(&key), || Computation::new(async { Ok(computed) }, None)).await.expect("an answer");
    assert!(stored.is_stored, "the entry is not in the store");
    let client = ::redis::Client::open(redis.url()).expect("a URL");
    let mut connection = client.get_multiplexed_async_connection().await.expect("a connection");
    let set = ::redis::cmd("SET").arg("bare").arg(payload.as_ref()).exec_async(&mut connection).await;
    set.expect("a server that takes a value");
    let mut pairs = Vec::with_capacity(count);
    for _ in 0..count {
        let started = Instant::now();
        let answer = cache.peek(visit(&key)).await.expect("a hit");
        let hit = started.elapsed();
        let started = Instant::now();
        let bare: Vec<u8> = ::redis::cmd("GET").arg("bare").query_async(&mut connection).await.expect("a value");
        pairs.push((hit, started.elapsed()));
        assert!(answer.body == payload && bare == payload, "another value came back");
    }
    pairs
}

pub(crate) fn visit(key: &CacheKey) -> Visit {
    Visit::to(key.clone(), Deadline::after(PATIENCE))
}

/// Text that does not compress well, so that the hit has no advantage by being smaller.
fn payload(bytes: usize) -> Bytes {
    let mut random = vec![0; bytes.div_ceil(2)];
    getrandom::fill(&mut random).expect("a source of randomness");
    random.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).take(bytes).collect()
}

pub(crate) fn cache_on(redis: &RedisServer, encryption: Encryption) -> Cache {
    let variables = [("REDIS_URL".to_owned(), redis.url())];
    let config = Config::from_variables(&variables).expect("valid settings");
    let store = RedisStore::new(config.redis.as_ref().expect("a Redis"), &Clock::System).expect("usable settings");
    Cache::new(Parts {
        store: Store::Redis(store),
        envelope: Envelope::new(encryption),
        policy: TtlPolicy::default(),
        timing: Timing { origin_timeout: PATIENCE, store_budget: PATIENCE },
        near_bytes: 0,
        sampling: Sampling::Off,
        successor: None,
        clock: Clock::System,
    })
}
