//! One computation among all processes, and what becomes of it when its holder fails.

use futures_util::future::join_all;
use medinsight_functions::origin::OriginError;
use medinsight_tests::fault_proxy::{Arrivals, FaultProxy};
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::waiting::until;
use medinsight_tests::{Mood, Service, question};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);

async fn processes(count: usize, settings: &[(&str, &str)]) -> (RedisServer, Vec<Service>) {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let settings: Vec<_> = settings.iter().copied().chain([("REDIS_URL", url.as_str())]).collect();
    let services = (0..count).map(|_| Service::with_settings(&settings)).collect();
    (redis, services)
}

fn origin_calls(services: &[Service]) -> usize {
    services.iter().map(|service| service.origin.analyses()).sum()
}

#[tokio::test]
async fn identical_misses_in_several_processes_make_exactly_one_origin_call() {
    let (_redis, services) = processes(4, &[]).await;
    services.iter().for_each(|service| service.origin.close_gate());
    let question = question();
    let asks = services.iter().flat_map(|service| (0..25).map(|_| service.ask(&question)));
    let open = async {
        until("a computation is under way", LIMIT, || async { origin_calls(&services) > 0 }).await;
        services.iter().for_each(|service| service.origin.open_gate());
    };
    let (answers, ()) = tokio::join!(join_all(asks), open);
    assert_eq!(origin_calls(&services), 1);
    assert!(answers.iter().all(|answer| answer.status.as_u16() == 200 && answer.body == answers[0].body));
    assert_eq!(answers.iter().filter(|answer| answer.x_cache() == "MISS").count(), 1);
}

#[tokio::test]
async fn a_holder_that_died_costs_the_others_its_lease_and_no_more() {
    // The first answer of the embedded rules may take a second on a busy machine, and has to be in time.
    let (redis, services) = processes(2, &[("ORIGIN_TIMEOUT_MS", "3000")]).await;
    services[0].origin.set_mood(Mood::Hangs);
    let dying = services[0].clone();
    let holder = tokio::spawn(async move { dying.ask(&question()).await });
    until("the lease is taken", LIMIT, || async {
        redis.command(&["EVAL", "return #redis.call('KEYS', 'medinsight:lease:*')", "0"]).await.integer() == Some(1)
    })
    .await;
    redis.command(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
    let answer = services[1].ask(&question()).await;
    assert_eq!((answer.status.as_u16(), answer.x_cache()), (200, "MISS"));
    let _ = holder.await;
    assert_eq!(services[1].ask(&question()).await.x_cache(), "HIT");
}

#[tokio::test]
async fn a_failing_origin_gives_its_lease_back_and_another_process_tries_at_once() {
    let (_redis, services) = processes(2, &[]).await;
    services[0].origin.set_mood(Mood::Fails(OriginError::Failed));
    assert_eq!(services[0].ask(&question()).await.status.as_u16(), 502);
    let answer = services[1].ask(&question()).await;
    assert_eq!(answer.header("cache-status"), "MedInsight; fwd=miss; stored; source=embedded");
}

#[tokio::test]
async fn a_panicking_origin_gives_its_lease_back() {
    let (_redis, services) = processes(2, &[]).await;
    services[0].origin.set_mood(Mood::Panics);
    assert_eq!(services[0].ask(&question()).await.status.as_u16(), 502);
    assert_eq!(
        services[1].ask(&question()).await.header("cache-status"),
        "MedInsight; fwd=miss; stored; source=embedded"
    );
}

#[tokio::test]
async fn a_lease_that_could_not_be_given_back_is_as_soon_as_the_store_is_there_again() {
    let redis = RedisServer::start().await;
    let way = FaultProxy::start(redis.address()).await;
    // The lease itself would last longer than anybody waits here.
    let patient = [("ORIGIN_TIMEOUT_MS", "300000"), ("REQUEST_TIMEOUT_MS", "900000")];
    let service = |url: &str| Service::with_settings(&[&patient[..], &[("REDIS_URL", url)]].concat());
    let (holder, other) = (service(&way.url()), service(&redis.url()));
    holder.origin.set_mood(Mood::Fails(OriginError::Failed));
    holder.origin.close_gate();
    let question = question();
    let break_off = async {
        until("a computation is under way", LIMIT, || async { holder.origin.analyses() > 0 }).await;
        way.set_arrivals(Arrivals::Refuse).await;
        way.reset_existing();
        holder.origin.open_gate();
    };
    let (answer, ()) = tokio::join!(holder.ask(&question), break_off);
    assert_eq!(answer.status.as_u16(), 502);
    way.heal().await;
    let answer = tokio::time::timeout(LIMIT, other.ask(&question)).await.expect("nobody computes any more");
    assert_eq!(answer.header("cache-status"), "MedInsight; fwd=miss; stored; source=embedded");
}

#[tokio::test]
async fn a_write_after_the_lease_ran_out_has_no_effect() {
    let (redis, services) = processes(2, &[]).await;
    let (late, quick) = (&services[0], &services[1]);
    late.origin.close_gate();
    let question = question();
    let ask = late.ask(&question);
    let overtake = async {
        until("the computation is under way", LIMIT, || async { late.origin.analyses() == 1 }).await;
        expire_leases(&redis).await;
        let overtaker = quick.ask(&question).await;
        late.origin.open_gate();
        overtaker
    };
    let (late_answer, quick_answer) = tokio::join!(ask, overtake);
    assert_eq!(quick_answer.header("cache-status"), "MedInsight; fwd=miss; stored; source=embedded");
    assert_eq!(
        (late_answer.status.as_u16(), late_answer.header("cache-status")),
        (200, "MedInsight; fwd=miss; source=embedded")
    );
}

#[tokio::test]
async fn a_waiter_serves_what_is_stale_when_the_computation_fails() {
    let (redis, services) = processes(2, &[]).await;
    let (holder, waiter) = (&services[0], &services[1]);
    let question = question();
    holder.ask(&question).await;
    for service in &services {
        service.origin.set_mood(Mood::Fails(OriginError::Unavailable));
        service.advance_secs(3_600 + 1_000);
    }
    holder.origin.close_gate();
    let wait = async {
        holder.origin.has_begun(2).await;
        let before = redis.calls("set").await;
        let fail = async {
            // Only who waits asks for the lease, which is a SET, again and again.
            until("the other process waits", LIMIT, || async { redis.calls("set").await >= before + 10 }).await;
            assert_eq!(waiter.origin.analyses(), 0);
            holder.origin.open_gate();
        };
        tokio::join!(waiter.ask(&question), fail).0
    };
    let (held, waited) = tokio::join!(holder.ask(&question), wait);
    for answer in [held, waited] {
        assert_eq!((answer.status.as_u16(), answer.x_cache()), (200, "STALE"));
    }
}

#[tokio::test]
async fn a_refresh_that_another_process_does_is_left_to_it() {
    let (_redis, services) = processes(2, &[]).await;
    services[0].ask(&question()).await;
    for service in &services {
        service.origin.close_gate();
        service.clock.advance(Duration::from_secs(3_600 + 60));
    }
    let before = origin_calls(&services);
    assert_eq!(services[0].ask(&question()).await.x_cache(), "STALE");
    until("the refresh is under way", LIMIT, || async { origin_calls(&services) == before + 1 }).await;
    assert_eq!(services[1].ask(&question()).await.x_cache(), "STALE");
    until("the other process has looked", LIMIT, || async { !services[1].cache.is_computing() }).await;
    services.iter().for_each(|service| service.origin.open_gate());
    until("the refresh is done", LIMIT, || async { !services[0].cache.is_computing() }).await;
    assert_eq!(origin_calls(&services), before + 1);
}

async fn expire_leases(redis: &RedisServer) {
    let script = "for _, key in ipairs(redis.call('KEYS', 'medinsight:lease:*')) do redis.call('DEL', key) end";
    redis.command(&["EVAL", script, "0"]).await;
}
