//! The load generator counts everything, and counts stalls in full.

use medinsight_tests::load::{self, HttpClient, Plan, Sample, Summary, Targets, XCache, burst, numbered_question};
use medinsight_tests::process::ServerProcess;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

const PATIENCE: Duration = Duration::from_secs(5);

fn plan(per_second: u32, millis: u64) -> Plan {
    Plan { per_second, duration: Duration::from_millis(millis), patience: PATIENCE }
}

fn longer_than(samples: &[Sample], millis: u64) -> usize {
    samples.iter().filter(|sample| sample.latency >= Duration::from_millis(millis)).count()
}

#[tokio::test]
async fn every_request_departs_once_and_is_counted_once() {
    let servers = [ServerProcess::start(&[]).await, ServerProcess::start(&[]).await];
    let targets = Targets::new(servers.iter().map(ServerProcess::address));
    let samples = load::run(plan(200, 500), Instant::now(), &targets, |index| numbered_question(index / 4)).await;
    let indexes: Vec<_> = samples.iter().map(|sample| sample.index).collect();
    assert_eq!(indexes, (0..100).collect::<Vec<_>>());
    assert_eq!(Summary::of(&samples).failures, 0);
    let misses = samples.iter().filter(|sample| sample.x_cache == XCache::Miss).count();
    assert_eq!(misses, 50, "each of 25 questions is new to each of two servers once");
}

/// The first answer takes long: the rules are read, by a program that is not optimised.
async fn warm(server: &ServerProcess) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let answer = HttpClient::default().ask_by(server.address(), numbered_question(0), deadline).await;
    answer.expect("a server that answers");
}

#[tokio::test]
async fn a_stall_of_the_server_makes_every_request_of_that_time_late() {
    let server = ServerProcess::start(&[]).await;
    warm(&server).await;
    let targets = Targets::new([server.address()]);
    let start = Instant::now();
    let stall = async {
        sleep_until(start + Duration::from_millis(300)).await;
        server.freeze();
        sleep_until(start + Duration::from_millis(800)).await;
        server.thaw();
    };
    let (samples, ()) = tokio::join!(load::run(plan(200, 1_500), start, &targets, |_| numbered_question(0)), stall);
    assert_eq!(Summary::of(&samples).failures, 0);
    // A generator that waited for the stalled answer would show one slow request; here those of 400 ms are slow by 100.
    let slow = longer_than(&samples, 100);
    assert!(slow >= 76, "{slow} requests were late by 100 ms");
    let during = Sample::within(&samples, Duration::from_millis(300)..Duration::from_millis(800));
    assert!(Summary::of(during).p50 >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_stall_of_the_generator_itself_is_not_hidden_either() {
    let server = ServerProcess::start(&[]).await;
    warm(&server).await;
    let targets = Targets::new([server.address()]);
    let start = Instant::now();
    let stall = async {
        sleep_until(start + Duration::from_millis(100)).await;
        // This runtime has one thread, which is what stalls.
        std::thread::sleep(Duration::from_millis(300));
    };
    let (samples, ()) = tokio::join!(load::run(plan(100, 600), start, &targets, |_| numbered_question(0)), stall);
    assert_eq!(samples.len(), 60);
    let slow = longer_than(&samples, 100);
    assert!(slow >= 18, "{slow} requests were late by 100 ms");
}

#[tokio::test]
async fn requests_without_an_answer_are_failures_and_do_not_hold_up_the_others() {
    let server = ServerProcess::start(&[]).await;
    let targets = Targets::new([server.address()]);
    server.kill();
    let samples = load::run(plan(100, 200), Instant::now(), &targets, numbered_question).await;
    assert_eq!((samples.len(), Summary::of(&samples).failures), (20, 20));
}

#[tokio::test]
async fn a_server_can_be_replaced_under_load_without_a_failure() {
    let old = ServerProcess::start(&[("EMBEDDED_ORIGIN_DELAY_MS", "20")]).await;
    let targets = Targets::new([old.address()]);
    let start = Instant::now();
    let replace = async {
        let new = ServerProcess::start(&[]).await;
        targets.add(new.address());
        targets.remove(old.address(), PATIENCE).await;
        old.terminate();
        old.ended(PATIENCE).await;
        new
    };
    let (samples, _new) = tokio::join!(load::run(plan(200, 1_000), start, &targets, numbered_question), replace);
    assert_eq!(Summary::of(&samples).failures, 0);
}

#[tokio::test]
async fn a_burst_of_one_question_is_computed_once_and_answered_to_all() {
    let server = ServerProcess::start(&[("EMBEDDED_ORIGIN_DELAY_MS", "100")]).await;
    let samples = burst(&[server.address()], 250, numbered_question(0), PATIENCE).await;
    let summary = Summary::of(&samples);
    assert_eq!((summary.count, summary.failures), (250, 0));
    assert_eq!(samples.iter().filter(|sample| sample.x_cache == XCache::Miss).count(), 1);
    assert!(summary.p50 >= Duration::from_millis(100));
}
