//! What a hit through the store costs beyond the command to Redis that it needs.

use crate::library;
use crate::report::Finding;
use medinsight_tests::redis_server::RedisServer;
use std::time::Duration;

/// How many pairs are measured.
const PAIRS: usize = 10_000;

/// The size of a usual analysis.
const PAYLOAD_BYTES: usize = 2_500;

pub(crate) async fn run() -> Vec<Finding> {
    let redis = RedisServer::start().await;
    judge(&library::hits_beside_bare_gets(&redis, PAYLOAD_BYTES, PAIRS).await)
}

fn judge(pairs: &[(Duration, Duration)]) -> Vec<Finding> {
    let bar = "a hit <= 1.3 bare GETs, medians of >= 10,000";
    if pairs.len() < PAIRS {
        return vec![Finding::missed(bar, format!("only {} pairs", pairs.len()))];
    }
    let hit = median(pairs.iter().map(|(hit, _)| *hit));
    let bare = median(pairs.iter().map(|(_, bare)| *bare));
    let ratio = hit.as_secs_f64() / bare.as_secs_f64();
    vec![Finding::of(bar, format!("{ratio:.2} ({hit:.1?} and {bare:.1?})"), ratio <= 1.3)]
}

fn median(durations: impl Iterator<Item = Duration>) -> Duration {
    let mut durations: Vec<_> = durations.collect();
    durations.sort_unstable();
    durations[durations.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::{PAIRS, judge};
    use crate::report::Verdict::{Met, Missed};
    use crate::report::{Verdict, verdicts};
    use std::time::Duration;

    fn verdicts_for(hit_micros: u64, count: usize) -> Vec<Verdict> {
        verdicts(&judge(&vec![(Duration::from_micros(hit_micros), Duration::from_micros(100)); count]))
    }

    #[test]
    fn each_planted_violation_misses_the_bar() {
        assert_eq!(verdicts_for(130, PAIRS), [Met]);
        assert_eq!(verdicts_for(131, PAIRS), [Missed]);
        assert_eq!(verdicts_for(100, PAIRS - 1), [Missed]);
        assert_eq!(verdicts_for(100, 0), [Missed]);
    }

    #[test]
    fn a_few_slow_ones_do_not_move_the_median() {
        let micros = Duration::from_micros;
        let mut pairs = vec![(micros(110), micros(100)); PAIRS];
        pairs[..100].iter_mut().for_each(|pair| pair.0 = micros(50_000));
        assert_eq!(verdicts(&judge(&pairs)), [Met]);
    }
}
