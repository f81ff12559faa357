//! What the drills do through the library instead of through a server. This is the place to fill when the library can
//! work on a Redis.

use medinsight_core::Category;
use medinsight_tests::redis_server::RedisServer;
use std::time::Duration;

/// Why something cannot be measured yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotThereYet(pub(crate) &'static str);

/// Clears a category of the store on a Redis, as an administrator would: returns as soon as the clear has been decreed,
/// while its sweep may go on in the background.
pub(crate) async fn clear_category(_redis: &RedisServer, _category: Category) -> Result<(), NotThereYet> {
    Err(NotThereYet("the library cannot clear a store on Redis yet"))
}

/// Reads the same payload in turn through the store, as a hit, and by a bare `GET` on the same connection; returns the
/// durations of `count` pairs: the hit's first, the bare one's second.
pub(crate) async fn hits_beside_bare_gets(
    _redis: &RedisServer,
    _payload_bytes: usize,
    _count: usize,
) -> Result<Vec<(Duration, Duration)>, NotThereYet> {
    Err(NotThereYet("the library has no store on Redis yet"))
}
