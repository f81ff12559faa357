//! A cluster forms, loses a primary and mends itself.

use medinsight_tests::redis_cluster::RedisCluster;
use medinsight_tests::waiting;
use std::time::Duration;

#[tokio::test]
async fn a_cluster_survives_the_death_of_a_primary() {
    let cluster = RedisCluster::start().await;
    let mut owners = std::collections::BTreeSet::new();
    for key in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let primary = cluster.primary_of(key).await;
        assert_eq!(primary.command(&["SET", key, "1"]).await.text(), "OK");
        owners.insert(primary.address());
    }
    assert_eq!(owners.len(), 3, "the keys are spread over three primaries");
    let dead = cluster.kill_primary_of("a").await.address();
    waiting::until("a replica takes over", Duration::from_secs(20), || async {
        cluster.is_whole().await && cluster.primary_of("a").await.address() != dead
    })
    .await;
    assert_eq!(cluster.primary_of("a").await.command(&["SET", "a", "2"]).await.text(), "OK");
}
