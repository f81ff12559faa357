//! Freezing and thawing, while the network does what it does to silent connections.

use medinsight_tests::thaw::cycles;
use std::time::Duration;

#[tokio::test]
async fn a_thaw_is_invisible_whatever_became_of_the_connection() {
    // Every third connection is swallowed, and a link calls for one successor in a second at most.
    let tally = cycles(6, |_| Duration::from_millis(400)).await;
    assert_eq!((tally.cycles, tally.errors, tally.double_computations, tally.lost_hits), (6, 0, 0, 0), "{tally:?}");
}
