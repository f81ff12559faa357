//! A hundred freezes of a real Lambda function, while its connection is closed, reset, or swallowed.

use crate::report::Finding;
use crate::setting::Millis;
use medinsight_tests::thaw::{Tally, cycles};
use std::time::Duration;
use tokio::task::JoinSet;

/// How many environments are frozen beside each other.
const ENVIRONMENTS: u64 = 10;

/// For how many seconds each of them is frozen in turn: what happens soon and what happens late.
const FROZEN_SECS: [u64; 10] = [2, 2, 3, 30, 4, 5, 20, 8, 12, 2];

/// How many cycles there are together.
const CYCLES: u64 = 100;

pub(crate) async fn run() -> Vec<Finding> {
    let mut environments = JoinSet::new();
    for _ in 0..ENVIRONMENTS {
        environments.spawn(cycles(CYCLES / ENVIRONMENTS, frozen_for));
    }
    judge(&environments.join_all().await)
}

fn frozen_for(cycle: u64) -> Duration {
    let place = usize::try_from(cycle).unwrap_or_default() % FROZEN_SECS.len();
    Duration::from_secs(FROZEN_SECS[place])
}

fn judge(tallies: &[Tally]) -> Vec<Finding> {
    let sum = |of: fn(&Tally) -> u64| tallies.iter().map(of).sum::<u64>();
    let (cycles, errors) = (sum(|tally| tally.cycles), sum(|tally| tally.errors));
    let doubles = sum(|tally| tally.double_computations);
    let slowest = tallies.iter().map(|tally| tally.slowest).max().unwrap_or_default();
    let seen = format!("{errors} in {cycles}; slowest first answer {}", Millis(slowest));
    vec![
        Finding::of("100 freezes of 2-30 s: 0 errors", seen, errors == 0 && cycles >= CYCLES),
        Finding::of("0 double computations", doubles, doubles == 0 && cycles >= CYCLES),
    ]
}

#[cfg(test)]
mod tests {
    use super::{CYCLES, judge};
    use crate::report::Verdict::{Met, Missed};
    use crate::report::{Verdict, verdicts};
    use medinsight_tests::thaw::Tally;

    fn verdicts_of(tally: Tally) -> Vec<Verdict> {
        verdicts(&judge(&[tally]))
    }

    #[test]
    fn each_planted_violation_misses_its_bar() {
        let good = Tally { cycles: CYCLES, ..Tally::default() };
        assert_eq!(verdicts_of(good), [Met, Met]);
        assert_eq!(verdicts_of(Tally { errors: 1, ..good }), [Missed, Met]);
        assert_eq!(verdicts_of(Tally { double_computations: 1, ..good }), [Met, Missed]);
        assert_eq!(verdicts_of(Tally { cycles: 99, ..good }), [Missed, Missed]);
    }
}
