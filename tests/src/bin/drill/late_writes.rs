//! Computations that a clear overtakes, or whose holder sleeps through its lease: what they write late has no effect.

use crate::library::{cache_on, visit};
use crate::report::Finding;
use bytes::Bytes;
use medinsight_core::{CacheKey, Category, Pattern};
use medinsight_functions::cache::{Cache, Computation, Encryption};
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::waiting;
use std::time::Duration;
use tokio::sync::oneshot;

const ROUNDS: usize = 1_000;
const LIMIT: Duration = Duration::from_secs(10);

/// How long the other processes may use their copies of a generation.
const COPY_AGE: Duration = Duration::from_secs(1);

/// What overtakes a computation.
#[derive(Clone, Copy, Debug)]
enum Overtaking {
    /// Its category is cleared.
    Clear,
    /// The entries whose keys begin like its own are cleared.
    PrefixClear,
    /// Its entry is deleted.
    Delete,
    /// Its lease runs out, and another process computes.
    Computation,
}

const KINDS: [Overtaking; 4] =
    [Overtaking::Clear, Overtaking::PrefixClear, Overtaking::Delete, Overtaking::Computation];

pub(crate) async fn run() -> Vec<Finding> {
    let redis = RedisServer::start().await;
    let (writer, other) = (cache_on(&redis, Encryption::Off), cache_on(&redis, Encryption::Off));
    let mut keys = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        let key = CacheKey::build("drug_info", &format!("drug{round}"), None).expect("a key");
        let kind = KINDS[round % KINDS.len()];
        write_late(&redis, &writer, &other, &key, kind).await;
        keys.push((key, kind));
    }
    tokio::time::sleep(COPY_AGE).await;
    let mut served = 0;
    for (key, kind) in &keys {
        served += usize::from(is_late_answer_served(&other, key, *kind).await);
        served += usize::from(is_late_answer_served(&writer, key, *kind).await);
    }
    vec![Finding::at_most("late writes that have an effect: 0 of 1,000", Some(served), 0)]
}

/// Lets a computation begin, overtakes it, and lets it end.
async fn write_late(redis: &RedisServer, writer: &Cache, other: &Cache, key: &CacheKey, kind: Overtaking) {
    let (began, has_begun) = oneshot::channel();
    let (release, released) = oneshot::channel::<()>();
    let late = {
        let (writer, visit) = (writer.clone(), visit(key));
        tokio::spawn(async move {
            let compute = async {
                let _ = began.send(());
                let _ = released.await;
                Ok(Bytes::from_static(b"late"))
            };
            writer.fetch(visit, || Computation::new(compute, None)).await
        })
    };
    has_begun.await.expect("a computation that begins");
    overtake(redis, other, key, kind).await;
    let _ = release.send(());
    let answer = late.await.expect("no panic").expect("an answer");
    assert_eq!(answer.body, "late", "who asked before the clear gets the answer");
}

async fn overtake(redis: &RedisServer, other: &Cache, key: &CacheKey, kind: Overtaking) {
    match kind {
        Overtaking::Clear => drop(other.clear(Category::DrugInfo).await.expect("a clear")),
        Overtaking::PrefixClear => {
            let pattern: Pattern = format!("drug_info:{}*", key.identifier()).parse().expect("a pattern");
            other.clear_matching(&pattern).await.expect("a clear");
        }
        Overtaking::Delete => drop(other.delete(key).await.expect("a delete")),
        Overtaking::Computation => {
            let lease = key.lease_key();
            redis.command(&["PEXPIRE", &lease, "1"]).await;
            waiting::until("the lease has run out", LIMIT, || async {
                redis.command(&["EXISTS", &lease]).await.integer() == Some(0)
            })
            .await;
            let answer = other
                .fetch(visit(key), || Computation::new(async { Ok(Bytes::from_static(b"another's")) }, None))
                .await;
            assert!(answer.expect("an answer").is_stored, "the other process stores its answer");
        }
    }
}

async fn is_late_answer_served(cache: &Cache, key: &CacheKey, kind: Overtaking) -> bool {
    let answer = cache.peek(visit(key)).await;
    match kind {
        // A later clear of the category took this one along, or it is there; in no case it is the late one.
        Overtaking::Computation => answer.is_some_and(|answer| answer.body != "another's"),
        Overtaking::Clear | Overtaking::PrefixClear | Overtaking::Delete => answer.is_some(),
    }
}
