//! Cycles of freezing and thawing a real function, while its connection to Redis is closed, reset, or swallowed.

use crate::built;
use crate::events::numbered_question;
use crate::fault_proxy::FaultProxy;
use crate::lambda_api::Call;
use crate::lambda_function::LambdaFunction;
use crate::redis_server::RedisServer;
use crate::waiting;
use std::time::Duration;

/// What happens to the connection while the environment is frozen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    Closed,
    Reset,
    Swallowed,
}

const FATES: [Fate; 3] = [Fate::Closed, Fate::Reset, Fate::Swallowed];

/// What was seen in all cycles.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// How many cycles there were.
    pub cycles: u64,
    /// Invocations after a thaw that did not get an answer.
    pub errors: u64,
    /// Answers that were computed although the store had them, or more often than once.
    pub double_computations: u64,
    /// Invocations after a thaw that were no hit.
    pub lost_hits: u64,
    /// The slowest first answer after a thaw.
    pub slowest: Duration,
}

/// Goes through cycles: a new question is asked, the environment frozen for a while, its connection spoilt, and after
/// the thaw the same question asked again, twice.
pub async fn cycles(count: u64, frozen_for: impl Fn(u64) -> Duration) -> Tally {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let url = proxy.url();
    let settings = [
        ("REDIS_URL", url.as_str()),
        ("CACHE_ENCRYPTION", "off"),
        ("CACHE_NEAR_BYTES", "0"),
        ("CACHE_BUDGET_MS", "1000"),
        ("LOG_LEVEL", "debug"),
    ];
    let function = LambdaFunction::start(&built::program("health"), &settings);
    let mut tally = Tally::default();
    for number in 0..count {
        let question = numbered_question(number);
        function.invoke(&question).await;
        function.freeze().await;
        spoil(&proxy, FATES[usize::try_from(number).unwrap_or_default() % FATES.len()]);
        tokio::time::sleep(frozen_for(number)).await;
        function.thaw();
        for is_first in [true, false] {
            let answer = function.invoke(&question).await;
            tally.errors += u64::from(answer.status() != 200);
            tally.lost_hits += u64::from(answer.header("x-cache") != "HIT");
            if is_first {
                tally.slowest = tally.slowest.max(answer.took);
            }
        }
        tally.cycles += 1;
    }
    // One for each question, and one for the interactions of their medicines, which are the same.
    let expected = count + 1;
    tally.double_computations = computed(&function).await.saturating_sub(expected);
    tally
}

fn spoil(proxy: &FaultProxy, fate: Fate) {
    match fate {
        Fate::Closed => proxy.close_existing(),
        Fate::Reset => proxy.reset_existing(),
        Fate::Swallowed => proxy.black_hole_existing(),
    }
}

/// How often the origin was asked, once everything is in the log.
async fn computed(function: &LambdaFunction) -> u64 {
    function.idle().await;
    waiting::until("the log is complete", Duration::from_secs(10), || async {
        let answered = function.logged("request answered");
        let asked = function.api().calls().into_iter().filter(|call| matches!(call, Call::Answered(_)));
        answered == asked.count()
    })
    .await;
    u64::try_from(function.logged("answer computed")).unwrap_or(u64::MAX)
}
