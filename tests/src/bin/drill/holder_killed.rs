//! The process that computes an answer for everybody dies while it does.

use crate::report::Finding;
use crate::setting::{self, Millis, PATIENCE};
use crate::stampede::computed;
use medinsight_tests::load::{HttpClient, Summary, burst, plain_question};
use medinsight_tests::process::ServerProcess;
use medinsight_tests::redis_server::RedisServer;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

const ROUNDS: u64 = 5;
const SURVIVORS: usize = 3;
const REQUESTS: usize = 240;

/// What the origin takes.
const ORIGIN: Duration = Duration::from_millis(300);

/// How long the others leave a computation to its process: `ORIGIN_TIMEOUT_MS`, set to 500, and 250 ms.
const LEASE: Duration = Duration::from_millis(750);

/// When the others ask, and when the computing process dies, from its own request on.
const OTHERS_ASK_AT: Duration = Duration::from_millis(100);
const DEATH_AT: Duration = Duration::from_millis(200);

const SETTINGS: [(&str, &str); 3] =
    [("EMBEDDED_ORIGIN_DELAY_MS", "300"), ("ORIGIN_TIMEOUT_MS", "500"), ("LOG_LEVEL", "debug")];

/// What came of one death.
#[derive(Clone, Copy, Debug)]
struct Round {
    answers: Summary,
    origin_calls: usize,
}

pub(crate) async fn run() -> Vec<Finding> {
    let redis = RedisServer::start().await;
    let survivors = setting::servers_on(&redis.url(), &SETTINGS, SURVIVORS).await;
    if let Some(findings) = setting::unless_stored(&survivors[0], [&redis]).await {
        return findings;
    }
    let mut rounds = Vec::new();
    for number in 0..ROUNDS {
        let holder = setting::server_on(&redis.url(), &SETTINGS).await;
        rounds.push(bereave(&survivors, &holder, number).await);
    }
    judge(&rounds)
}

async fn bereave(survivors: &[ServerProcess], holder: &ServerProcess, number: u64) -> Round {
    let addresses: Vec<_> = survivors.iter().map(ServerProcess::address).collect();
    let before = setting::origin_calls(survivors).await;
    let (client, start) = (HttpClient::default(), Instant::now());
    let first = client.ask_by(holder.address(), plain_question(number), start + PATIENCE);
    let death = async {
        sleep_until(start + DEATH_AT).await;
        holder.kill();
    };
    let others = async {
        sleep_until(start + OTHERS_ASK_AT).await;
        burst(&addresses, REQUESTS, plain_question(number), PATIENCE).await
    };
    let (_, (), samples) = tokio::join!(first, death, others);
    let logged = setting::origin_calls(survivors).await - before;
    // The call of the process that died is one of them, although nobody is left to tell.
    Round { answers: Summary::of(&samples), origin_calls: 1 + logged.max(computed(&samples)) }
}

fn judge(rounds: &[Round]) -> Vec<Finding> {
    let failures: usize = rounds.iter().map(|round| round.answers.failures).sum();
    let answers: usize = rounds.iter().map(|round| round.answers.count).sum();
    vec![
        Finding::of("every survivor's request is answered", format!("{failures} of {answers} failed"), {
            failures == 0 && answers > 0
        }),
        Finding::at_most(
            "within lease + origin + 100 ms (1,150 ms)",
            rounds.iter().map(|round| Millis(round.answers.max)).max(),
            Millis(LEASE + ORIGIN + Duration::from_millis(100)),
        ),
        Finding::at_most("at most 2 origin calls", rounds.iter().map(|round| round.origin_calls).max(), 2),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Round, judge};
    use crate::report::Verdict::{Met, Missed};
    use crate::report::{Verdict, verdicts};
    use medinsight_tests::load::Summary;
    use std::time::Duration;

    fn verdicts_with(change: impl FnOnce(&mut Round)) -> Vec<Verdict> {
        let answers = Summary { count: 240, max: Duration::from_millis(1_090), ..Summary::default() };
        let mut rounds = [Round { answers, origin_calls: 2 }; 5];
        change(&mut rounds[2]);
        verdicts(&judge(&rounds))
    }

    #[test]
    fn each_planted_violation_misses_its_bar() {
        assert_eq!(verdicts_with(|_| {}), [Met; 3]);
        assert_eq!(verdicts_with(|round| round.answers.failures = 1), [Missed, Met, Met]);
        assert_eq!(verdicts_with(|round| round.answers.max = Duration::from_millis(1_151)), [Met, Missed, Met]);
        assert_eq!(verdicts_with(|round| round.origin_calls = 3), [Met, Met, Missed]);
        assert_eq!(verdicts(&judge(&[])), [Missed; 3]);
    }
}
