//! A thousand people ask the same new question at the same moment, over four processes.

use crate::report::Finding;
use crate::setting::{self, Millis, PATIENCE};
use medinsight_tests::load::{Sample, Summary, burst, plain_question};
use medinsight_tests::process::ServerProcess;
use medinsight_tests::redis_server::RedisServer;
use std::time::Duration;

const ROUNDS: u64 = 20;
const SERVERS: usize = 4;
const REQUESTS: usize = 1_000;

/// What came of one stampede.
#[derive(Clone, Copy, Debug)]
struct Round {
    answers: Summary,
    origin_calls: usize,
}

pub(crate) async fn run() -> Vec<Finding> {
    let redis = RedisServer::start().await;
    let settings = [("EMBEDDED_ORIGIN_DELAY_MS", "300"), ("LOG_LEVEL", "debug")];
    let servers = setting::servers_on(&redis.url(), &settings, SERVERS).await;
    if let Some(findings) = setting::unless_stored(&servers[0], [&redis]).await {
        return findings;
    }
    let mut rounds = Vec::new();
    for number in 0..ROUNDS {
        rounds.push(stampede(&servers, number).await);
    }
    judge(&rounds)
}

async fn stampede(servers: &[ServerProcess], number: u64) -> Round {
    let addresses: Vec<_> = servers.iter().map(ServerProcess::address).collect();
    let before = setting::origin_calls(servers).await;
    let samples = burst(&addresses, REQUESTS, plain_question(number), PATIENCE).await;
    let logged = setting::origin_calls(servers).await - before;
    Round { answers: Summary::of(&samples), origin_calls: logged.max(computed(&samples)) }
}

/// How many answers say that they were computed for their request: a second witness beside the logs.
pub(crate) fn computed(samples: &[Sample]) -> usize {
    samples.iter().filter(|sample| sample.x_cache.is_computed()).count()
}

fn judge(rounds: &[Round]) -> Vec<Finding> {
    let failures: usize = rounds.iter().map(|round| round.answers.failures).sum();
    let answers: usize = rounds.iter().map(|round| round.answers.count).sum();
    let single = rounds.iter().filter(|round| round.origin_calls == 1).count();
    let most = rounds.iter().map(|round| round.origin_calls).max().unwrap_or(0);
    let is_complete = u64::try_from(rounds.len()) == Ok(ROUNDS);
    vec![
        Finding::of("no request fails", format!("{failures} of {answers}"), failures == 0 && answers > 0),
        Finding::of(
            "exactly 1 origin call, 20 of 20",
            format!("{single} of {}, at most {most}", rounds.len()),
            single == rounds.len() && is_complete,
        ),
        Finding::at_most(
            "slowest waiter <= origin (300 ms) + 60 ms",
            rounds.iter().map(|round| Millis(round.answers.max)).max(),
            Millis(Duration::from_millis(360)),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::{ROUNDS, Round, judge};
    use crate::report::Verdict::{Met, Missed};
    use crate::report::{Verdict, verdicts};
    use medinsight_tests::load::Summary;
    use std::time::Duration;

    fn verdicts_with(change: impl FnOnce(&mut Vec<Round>)) -> Vec<Verdict> {
        let answers = Summary { count: 1_000, max: Duration::from_millis(340), ..Summary::default() };
        let mut rounds: Vec<_> = (0..ROUNDS).map(|_| Round { answers, origin_calls: 1 }).collect();
        change(&mut rounds);
        verdicts(&judge(&rounds))
    }

    #[test]
    fn each_planted_violation_misses_its_bar() {
        assert_eq!(verdicts_with(|_| {}), [Met; 3]);
        assert_eq!(verdicts_with(|rounds| rounds[4].answers.failures = 1), [Missed, Met, Met]);
        assert_eq!(verdicts_with(|rounds| rounds[4].origin_calls = 2), [Met, Missed, Met]);
        assert_eq!(verdicts_with(|rounds| rounds[4].origin_calls = 0), [Met, Missed, Met]);
        assert_eq!(verdicts_with(|rounds| rounds.truncate(19)), [Met, Missed, Met]);
        assert_eq!(verdicts_with(|rounds| rounds[4].answers.max = Duration::from_millis(361)), [Met, Met, Missed]);
    }
}
