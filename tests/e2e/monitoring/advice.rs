//! `GET /api/v1/redis/advice`.

use super::{ADVICE, assert_members, operate, operated, operated_on, with_token};
use medinsight_functions::config::Switch;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{Service, get, question};
use serde_json::{Value, json};

/// What the advice says about health questions.
async fn advice(service: &Service) -> Value {
    let advice = operate(service, ADVICE).await;
    assert_eq!(advice["categories"].as_array().map(Vec::len), Some(4));
    let is_about_questions = |category: &&Value| category["category"] == "health_analysis";
    advice["categories"].as_array().into_iter().flatten().find(is_about_questions).expect("the category").clone()
}

/// The share of misses with a time to live, if it can be judged.
fn misses(advice: &Value, ttl_secs: u32) -> Option<f64> {
    let points = advice["miss_ratio_curve"].as_array().into_iter().flatten();
    let mut judged = points.filter(|point| point["ttl_secs"] == ttl_secs);
    judged.next().and_then(|point| point["miss_ratio"].as_f64())
}

/// Asks the same question every 25 minutes, of one process after the other.
async fn ask_every_25_minutes(processes: &[Service], times: usize) {
    for time in 0..times {
        processes[time % processes.len()].ask(&question()).await;
        for process in processes {
            process.background_work_is_done().await;
            process.cache.flush().await;
            process.advance_secs(1_500);
        }
    }
}

/// A question every 25 minutes is missed, with a time to live of an hour, once in 75 minutes, and so on.
#[track_caller]
fn assert_known_answer(advice: &Value) {
    for (ttl_secs, expected) in [(600, 1.0), (1_200, 1.0), (1_800, 0.5), (3_600, 1.0 / 3.0), (7_200, 0.2)] {
        let misses = misses(advice, ttl_secs).expect("it can be judged");
        assert!((misses - expected).abs() <= 0.02, "{ttl_secs}: {misses} instead of {expected}");
    }
    assert_eq!(misses(advice, 86_400), None, "the sample does not reach back two days");
}

#[tokio::test]
async fn the_curve_of_a_question_asked_every_25_minutes_is_the_known_one() {
    let service = operated();
    ask_every_25_minutes(std::slice::from_ref(&service), 130).await;
    let advice = advice(&service).await;
    assert_known_answer(&advice);
    assert_eq!((&advice["fresh_for_secs"], &advice["sampling_rate"]), (&json!(3_600), &json!(1.0)));
    assert_eq!((&advice["sampled_requests"], &advice["not_enough_data"]), (&json!(130), &Value::Null));
    assert_eq!(advice["requests_per_day"].as_f64().map(f64::round), Some(58.0));
    // The entry answers at the age of 25 and of 50 minutes.
    let ages = &advice["hit_age_secs"];
    assert!(ages["p50"].as_f64() > Some(1_400.0) && ages["p99"].as_f64() < Some(3_200.0), "{ages}");
    let double = &advice["suggestions"].as_array().expect("suggestions")[1];
    assert_eq!((&double["basis"], &double["ttl_secs"]), (&json!("double"), &json!(7_200)));
    // The difference of the shares, times 57.6 requests a day, each of which takes the origin three seconds.
    assert!((double["origin_calls_saved_per_day"].as_f64().expect("a number") - 7.7).abs() < 1.0, "{double}");
    assert!((double["origin_secs_saved_per_day"].as_f64().expect("a number") - 23.0).abs() < 3.0, "{double}");
}

#[tokio::test]
async fn what_several_processes_sampled_is_replayed_as_what_one_did() {
    let redis = RedisServer::start().await;
    let processes: Vec<_> = (0..3).map(|_| operated_on(&[("REDIS_URL", &redis.url())])).collect();
    ask_every_25_minutes(&processes, 132).await;
    for process in &processes {
        assert_known_answer(&advice(process).await);
    }
    // Each request is a batch of its own here; the last ones went before the advice was given.
    assert_eq!(redis.command(&["XLEN", "medinsight:samples:health_analysis"]).await.text(), "132");
}

#[tokio::test]
async fn another_secret_begins_a_new_sample_and_nobody_can_tell_a_key_from_it() {
    let redis = RedisServer::start().await;
    let secret = |secret| operated_on(&[("REDIS_URL", &redis.url()), ("CACHE_KEY_SECRET", secret)]);
    let (one, other) = (secret("an invented secret"), secret("another invented secret"));
    let digest = one.ask(&question()).await.header("x-cache-key-digest").to_owned();
    one.send(get("/api/v1/drug/info/aspirin")).await;
    one.cache.flush_at_the_end().await;
    assert_eq!(advice(&one).await["sampled_requests"], 1);
    assert_eq!(advice(&other).await["sampled_requests"], 0);
    let samples = format!("{:?}", redis.command(&["XRANGE", "medinsight:samples:health_analysis", "-", "+"]).await);
    assert!(!samples.contains(&digest[..16]), "{samples}");
}

#[tokio::test]
async fn before_there_are_enough_requests_it_says_so_and_suggests_nothing() {
    let service = operated();
    let nothing = advice(&service).await;
    assert_members(
        &nothing,
        &[
            "category",
            "fresh_for_secs",
            "hit_age_secs",
            "miss_ratio",
            "miss_ratio_curve",
            "not_enough_data",
            "observed_secs",
            "requests_per_day",
            "sampled_requests",
            "sampling_rate",
            "suggestions",
        ],
    );
    ask_every_25_minutes(std::slice::from_ref(&service), 6).await;
    let few = advice(&service).await;
    assert_eq!(few["sampled_requests"], 6);
    for advice in [nothing, few] {
        assert_eq!((&advice["miss_ratio_curve"], &advice["suggestions"]), (&json!([]), &json!([])));
        assert!(advice["not_enough_data"].as_str().is_some_and(|missing| missing.contains("too few requests")));
        assert_eq!(advice["miss_ratio"], Value::Null);
    }
}

#[tokio::test]
async fn turned_off_nothing_is_sampled() {
    let service = Service::with(|config| {
        with_token(config);
        config.advice = Switch::Off;
    });
    service.ask(&question()).await;
    let advice = operate(&service, ADVICE).await;
    assert_eq!((&advice["is_sampling"], &advice["categories"][0]["sampled_requests"]), (&json!(false), &json!(0)));
}
