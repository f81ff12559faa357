//! The connection to Redis dies without a word, as behind a firewall that has forgotten it.

use crate::report::Finding;
use crate::setting::{self, COMMAND_TIMEOUT, Millis, PATIENCE};
use medinsight_tests::fault_proxy::FaultProxy;
use medinsight_tests::load::{HttpClient, numbered_question};
use medinsight_tests::process::ServerProcess;
use medinsight_tests::redis_server::RedisServer;
use std::time::Duration;
use tokio::time::Instant;

const ROUNDS: usize = 100;

/// Which question is asked; it is a hit while Redis can be reached.
const QUESTION: u64 = 1;

/// How long the first and the second request after the connection's death took; nothing for one that failed.
#[derive(Clone, Copy, Debug)]
struct Round {
    first: Option<Duration>,
    next: Option<Duration>,
}

pub(crate) async fn run() -> Vec<Finding> {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let server = setting::server_on(&proxy.url(), &[]).await;
    if let Some(findings) = setting::unless_stored(&server, [&redis]).await {
        return findings;
    }
    let (client, mut rounds) = (HttpClient::default(), Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        // Whatever connection the server needs is open after this.
        setting::ask(&client, &server, QUESTION).await;
        proxy.black_hole_existing();
        rounds.push(Round { first: timed(&client, &server).await, next: timed(&client, &server).await });
    }
    judge(&rounds)
}

async fn timed(client: &HttpClient, server: &ServerProcess) -> Option<Duration> {
    let start = Instant::now();
    let (status, _) = client.ask_by(server.address(), numbered_question(QUESTION), start + PATIENCE).await?;
    status.is_success().then(|| start.elapsed())
}

fn judge(rounds: &[Round]) -> Vec<Finding> {
    let failures = rounds.iter().flat_map(|round| [round.first, round.next]).filter(Option::is_none).count();
    let slowest = |latency: fn(&Round) -> Option<Duration>| rounds.iter().filter_map(latency).max().map(Millis);
    let is_complete = failures == 0 && rounds.len() == ROUNDS;
    vec![
        Finding::of("no request fails, 100 times", format!("{failures} in {} rounds", rounds.len()), is_complete),
        Finding::at_most(
            "first request <= timeout + 20 ms",
            slowest(|round| round.first),
            Millis(COMMAND_TIMEOUT + Duration::from_millis(20)),
        ),
        Finding::at_most("next request <= 5 ms", slowest(|round| round.next), Millis::new(5)),
    ]
}

#[cfg(test)]
mod tests {
    use super::{ROUNDS, Round, judge};
    use crate::report::Verdict::{Met, Missed};
    use crate::report::{Verdict, verdicts};
    use std::time::Duration;

    fn verdicts_with(change: impl FnOnce(&mut Vec<Round>)) -> Vec<Verdict> {
        let ms = |millis| Some(Duration::from_millis(millis));
        let mut rounds = vec![Round { first: ms(102), next: ms(1) }; ROUNDS];
        change(&mut rounds);
        verdicts(&judge(&rounds))
    }

    #[test]
    fn each_planted_violation_misses_its_bar() {
        assert_eq!(verdicts_with(|_| {}), [Met; 3]);
        assert_eq!(verdicts_with(|rounds| rounds[3].first = None), [Missed, Met, Met]);
        assert_eq!(verdicts_with(|rounds| rounds.truncate(99)), [Missed, Met, Met]);
        assert_eq!(verdicts_with(|rounds| rounds[99].first = Some(Duration::from_millis(121))), [Met, Missed, Met]);
        assert_eq!(verdicts_with(|rounds| rounds[0].next = Some(Duration::from_millis(6))), [Met, Met, Missed]);
        assert_eq!(verdicts_with(Vec::clear), [Missed; 3]);
    }
}
