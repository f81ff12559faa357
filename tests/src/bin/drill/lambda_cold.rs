//! What a Lambda function costs beside a bare one: its start, a warm hit, and its size.

use crate::report::Finding;
use crate::setting::Millis;
use medinsight_tests::built;
use medinsight_tests::events::event;
use medinsight_tests::fault_proxy::{Arrivals, FaultProxy};
use medinsight_tests::lambda_function::LambdaFunction;
use medinsight_tests::redis_server::RedisServer;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How often each is measured, one after the other in turn.
const ROUNDS: usize = 40;

/// How many invocations one round of warm ones has.
const WARM: u32 = 100;

/// An invented key, in base64.
const KEYS: (&str, &str) = ("CACHE_ENCRYPTION_KEYS", "1:YW4gaW52ZW50ZWQga2V5IG9mIDMyIGJ5dGVzIGluIGw=");

/// The HTTP functions.
const HTTP_FUNCTIONS: [&str; 4] = ["health", "drug", "sessions", "redis"];

const MAX_ZIPPED_BYTES: u64 = 2_500_000;

/// Medians.
#[derive(Clone, Copy, Debug)]
struct Figures {
    cold: Duration,
    bare_cold: Duration,
    cold_without_redis: Duration,
    cold_with_silent_redis: Duration,
    /// A miss without any store outside of the process.
    cold_origin: Duration,
    warm: Duration,
    bare_warm: Duration,
}

pub(crate) async fn run() -> Vec<Finding> {
    let redis = RedisServer::start().await;
    let question = event("http-health");
    let answer = answer_stored_in(&redis, &question).await;
    redis.command(&["SET", "bare", &answer]).await;
    let mut findings = judge(&measure(&redis, &question).await);
    findings.extend(HTTP_FUNCTIONS.iter().map(|name| judge_size(name, zipped(&built::program(name)))));
    findings
}

async fn answer_stored_in(redis: &RedisServer, question: &Value) -> String {
    let function = LambdaFunction::start(&built::program("health"), &[KEYS, ("REDIS_URL", &redis.url())]);
    let answer = function.invoke(question).await;
    function.idle().await;
    answer.json().to_string()
}

async fn measure(redis: &RedisServer, question: &Value) -> Figures {
    let silent = FaultProxy::start(redis.address()).await;
    silent.set_arrivals(Arrivals::BlackHole).await;
    let refusing = FaultProxy::start(redis.address()).await;
    refusing.set_arrivals(Arrivals::Refuse).await;
    let (health, bare) = (built::program("health"), built::test_program("bare_function"));
    let urls = [redis.url(), refusing.url(), silent.url()];
    let [up, down, hanging] = urls.each_ref().map(|url| vec![KEYS, ("REDIS_URL", url.as_str())]);
    let starts = [(&health, &up), (&bare, &up), (&health, &down), (&health, &hanging), (&health, &vec![KEYS])];
    let mut cold: [Vec<Duration>; 5] = Default::default();
    for _ in 0..ROUNDS {
        for (times, (program, settings)) in cold.iter_mut().zip(starts) {
            times.push(cold_start(program, settings, question).await);
        }
    }
    let [warm, bare_warm] = warm_cpu([&health, &bare], &up, question).await;
    let [cold, bare_cold, cold_without_redis, cold_with_silent_redis, cold_origin] = cold.map(median);
    Figures { cold, bare_cold, cold_without_redis, cold_with_silent_redis, cold_origin, warm, bare_warm }
}

/// From the start of the process until its first answer was sent.
async fn cold_start(program: &Path, settings: &[(&str, &str)], question: &Value) -> Duration {
    let function = LambdaFunction::start_bare(program, settings);
    let answer = function.invoke(question).await;
    let took = function.started_at().elapsed();
    assert_eq!(answer.status(), 200, "a first answer");
    took
}

/// The processor time of an invocation, until its environment is idle again.
async fn warm_cpu(programs: [&Path; 2], settings: &[(&str, &str)], question: &Value) -> [Duration; 2] {
    let functions = programs.map(|program| LambdaFunction::start_bare(program, settings));
    for function in &functions {
        function.invoke(question).await;
    }
    let mut costs: [Vec<Duration>; 2] = Default::default();
    for _ in 0..ROUNDS {
        for (costs, function) in costs.iter_mut().zip(&functions) {
            function.idle().await;
            let before = function.cpu_time();
            for _ in 0..WARM {
                function.invoke(question).await;
            }
            function.idle().await;
            costs.push((function.cpu_time() - before) / WARM);
        }
    }
    costs.map(median)
}

fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations[durations.len() / 2]
}

/// The size of a program in a zip file, but for the few bytes of its directory.
fn zipped(program: &Path) -> u64 {
    assert!(program.is_file(), "there is no program {}", program.display());
    let zipped = Command::new("gzip").args(["-9", "-c"]).arg(program).output().expect("gzip can be started");
    assert!(zipped.status.success(), "gzip could not zip {}: {}", program.display(), zipped.status);
    zipped.stdout.len() as u64
}

fn judge(figures: &Figures) -> Vec<Finding> {
    let ratio = |ours: Duration, bare: Duration| ours.as_secs_f64() / bare.as_secs_f64();
    let (cold, warm) = (ratio(figures.cold, figures.bare_cold), ratio(figures.warm, figures.bare_warm));
    let more = |with: Duration| Millis(with.saturating_sub(figures.cold_origin));
    let (refused, silent) = (more(figures.cold_without_redis), more(figures.cold_with_silent_redis));
    let limit = Millis::new(250);
    vec![
        Finding::of(
            "cold start <= 1.5 of a bare function's",
            format!("{cold:.2} ({} and {})", Millis(figures.cold), Millis(figures.bare_cold)),
            cold <= 1.5,
        ),
        Finding::at_most("Redis down: <= 250 ms more than the origin", Some(refused), limit),
        Finding::at_most("Redis silent: <= 250 ms more than the origin", Some(silent), limit),
        Finding::of(
            "processor time of a warm hit <= 1.8 of a bare invocation's",
            format!("{warm:.2} ({:.1?} and {:.1?})", figures.warm, figures.bare_warm),
            warm <= 1.8,
        ),
    ]
}

fn judge_size(name: &str, bytes: u64) -> Finding {
    let bar = format!("{name}: zipped <= 2.5 MB");
    Finding::of(bar, format!("{bytes} bytes"), bytes <= MAX_ZIPPED_BYTES)
}

#[cfg(test)]
mod tests {
    use super::{Figures, MAX_ZIPPED_BYTES, judge, judge_size};
    use crate::report::Verdict::{Met, Missed};
    use crate::report::{Verdict, verdicts};
    use std::time::Duration;

    fn verdicts_with(change: impl FnOnce(&mut Figures)) -> Vec<Verdict> {
        let micros = Duration::from_micros;
        let mut figures = Figures {
            cold: micros(3_000),
            bare_cold: micros(2_000),
            cold_without_redis: micros(8_000),
            cold_with_silent_redis: micros(257_000),
            cold_origin: micros(7_000),
            warm: micros(90),
            bare_warm: micros(50),
        };
        change(&mut figures);
        verdicts(&judge(&figures))
    }

    #[test]
    fn each_planted_violation_misses_its_bar() {
        let millis = Duration::from_millis;
        assert_eq!(verdicts_with(|_| {}), [Met; 4]);
        assert_eq!(verdicts_with(|figures| figures.cold = millis(4)), [Missed, Met, Met, Met]);
        assert_eq!(verdicts_with(|figures| figures.cold_without_redis = millis(258)), [Met, Missed, Met, Met]);
        assert_eq!(verdicts_with(|figures| figures.cold_with_silent_redis = millis(258)), [Met, Met, Missed, Met]);
        assert_eq!(verdicts_with(|figures| figures.warm = millis(1)), [Met, Met, Met, Missed]);
    }

    #[test]
    fn a_function_that_is_too_large_misses_its_bar() {
        assert_eq!(judge_size("health", MAX_ZIPPED_BYTES).verdict, Met);
        assert_eq!(judge_size("health", MAX_ZIPPED_BYTES + 1).verdict, Missed);
    }
}
