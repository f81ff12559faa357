//! The store that a test run is about: in memory, or with `MEDINSIGHT_TEST_STORE` in a Redis server or cluster.
//!
//! A server gives each service a database of its own. A cluster has one database only, so its keys are removed before
//! each service, and tests have to run one at a time.

use crate::redis_cluster::RedisCluster;
use crate::redis_server::{RedisOptions, RedisServer};
use medinsight_functions::clock::Clock;
use medinsight_functions::config::Config;
use medinsight_functions::store::{MemoryStore, RedisStore, Store};
use std::future::Future;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;
use tokio::runtime::Runtime;

/// An invented key, in base64.
const ENCRYPTION_KEYS: &str = "1:YW4gaW52ZW50ZWQga2V5IG9mIDMyIGJ5dGVzIGluIGw=";

/// How many databases the server has: one for each service of a test run.
const DATABASES: &str = "databases 10000";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime")
});

static SERVER: LazyLock<RedisServer> =
    LazyLock::new(|| aside(RedisServer::with(RedisOptions::default().setting(DATABASES))));

static CLUSTER: LazyLock<RedisCluster> = LazyLock::new(|| aside(RedisCluster::start()));

static NEXT_DATABASE: AtomicU32 = AtomicU32::new(0);

/// The store that a service is given.
#[derive(Clone, Debug)]
pub(crate) enum Backing {
    Memory,
    Redis(String),
}

impl Backing {
    /// The store that the test run is about.
    pub(crate) fn of_the_run() -> Self {
        match std::env::var("MEDINSIGHT_TEST_STORE").as_deref() {
            Ok("redis") => {
                let database = NEXT_DATABASE.fetch_add(1, Ordering::SeqCst);
                Self::Redis(format!("{}/{database}", SERVER.url()))
            }
            Ok("cluster") => {
                aside(remove_all_keys());
                Self::Redis(CLUSTER.urls().join(","))
            }
            Ok("memory") | Err(_) => Self::Memory,
            Ok(_) => panic!("MEDINSIGHT_TEST_STORE: must be memory, redis or cluster"),
        }
    }

    /// The default settings with this store.
    pub(crate) fn config(&self) -> Config {
        match self {
            Self::Memory => settings_of(&[]),
            Self::Redis(url) => settings_of(&[("REDIS_URL", url)]),
        }
    }

    pub(crate) fn store(&self, config: &Config, clock: &Clock) -> Store {
        match &config.redis {
            None => Store::Memory(MemoryStore::new(config.memory_bytes)),
            Some(redis) => Store::Redis(RedisStore::new(redis, clock).expect("usable settings")),
        }
    }
}

/// Settings by name over those that suit tests: an invented key, patience with a busy machine, no near cache, so that
/// every answer comes from the store, and no streams, so that every answer ends.
pub(crate) fn settings_of(settings: &[(&str, &str)]) -> Config {
    let of_tests = [
        ("CACHE_ENCRYPTION_KEYS", ENCRYPTION_KEYS),
        ("CACHE_NEAR_BYTES", "0"),
        ("DASHBOARD_STREAMS", "0"),
        ("CACHE_BUDGET_MS", "6000"),
        ("REDIS_COMMAND_TIMEOUT_MS", "4000"),
        ("REDIS_CONNECT_TIMEOUT_MS", "4000"),
    ];
    let is_off = settings.contains(&("CACHE_ENCRYPTION", "off"));
    let of_tests = of_tests.iter().filter(|(name, _)| !(is_off && *name == "CACHE_ENCRYPTION_KEYS"));
    let variables: Vec<_> =
        of_tests.chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::from_variables(&variables).expect("valid settings")
}

async fn remove_all_keys() {
    for node in CLUSTER.nodes() {
        // Replicas refuse, and are told by their primaries.
        node.command(&["FLUSHALL"]).await;
    }
    for node in CLUSTER.nodes() {
        crate::waiting::until("the cluster is empty", Duration::from_secs(10), || async {
            node.command(&["DBSIZE"]).await.text() == "0"
        })
        .await;
    }
}

/// Runs something asynchronous to its end beside the test's own runtime: services are put together outside of any, and
/// what is started here outlives the test that started it.
fn aside<T: Send>(work: impl Future<Output = T> + Send) -> T {
    thread::scope(|scope| scope.spawn(|| RUNTIME.block_on(work)).join().expect("work that ends"))
}
