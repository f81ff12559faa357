//! Alerts: in the statistics while they are raised, and in the log when they change.

use super::{STATS, operate, operated_on, with_token};
use medinsight_functions::origin::OriginError;
use medinsight_tests::log::CapturedLog;
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{Mood, Service, question};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

fn watched() -> Service {
    Service::with(|config| {
        with_token(config);
        config.alerts.min_requests = 10;
        config.alerts.max_error_rate = Some(20.0);
        config.alerts.min_hit_rate = None;
    })
}

async fn ask_times(service: &Service, times: usize) {
    for _ in 0..times {
        service.ask(&question()).await;
    }
}

async fn alerts(service: &Service) -> Value {
    operate(service, STATS).await["alerts"].clone()
}

#[tokio::test]
async fn an_alert_is_shown_while_it_is_raised_and_logged_when_it_is_raised_and_when_it_is_cleared() {
    let service = watched();
    let log = CapturedLog::start(LevelFilter::INFO);
    ask_times(&service, 10).await;
    assert_eq!(alerts(&service).await, json!([]));
    service.cache.clear(medinsight_core::Category::HealthAnalysis).await.map(drop).expect("a reachable store");
    service.origin.set_mood(Mood::Fails(OriginError::Failed));
    ask_times(&service, 10).await;
    let raised =
        json!([{"name": "error_rate", "value": 100.0, "threshold": 20.0, "since": alerts(&service).await[0]["since"]}]);
    assert!(raised[0]["since"].is_string(), "{raised}");
    service.advance_secs(60);
    for _ in 0..5 {
        service.monitor.make_rounds().await;
        assert_eq!(alerts(&service).await, raised);
    }
    assert_eq!((log.saying("an alert was raised").len(), log.saying("an alert was cleared").len()), (1, 0));
    service.origin.set_mood(Mood::Answers);
    ask_times(&service, 10).await;
    service.monitor.make_rounds().await;
    assert_eq!(alerts(&service).await, json!([]));
    service.monitor.make_rounds().await;
    let (raised, cleared) = (log.saying("an alert was raised"), log.saying("an alert was cleared"));
    assert_eq!((raised.len(), cleared.len()), (1, 1));
    for line in [&raised[0], &cleared[0]] {
        assert_eq!((line["level"].as_str(), line["alert"].as_str()), (Some("WARN"), Some("error_rate")), "{line}");
    }
}

#[tokio::test]
async fn a_few_requests_are_no_reason_for_an_alert() {
    let service = watched();
    service.origin.set_mood(Mood::Fails(OriginError::Failed));
    ask_times(&service, 9).await;
    assert_eq!(alerts(&service).await, json!([]));
    ask_times(&service, 1).await;
    assert_eq!(alerts(&service).await[0]["name"], "error_rate");
}

#[tokio::test]
async fn too_few_hits_are_an_alert_and_enough_of_them_end_it() {
    let service = Service::with(|config| {
        with_token(config);
        config.alerts.min_requests = 10;
        config.alerts.min_hit_rate = Some(50.0);
    });
    for number in 0..10 {
        service.ask(&json!({"concern": "Headache", "symptoms": format!("pain number {number}")})).await;
    }
    let raised = alerts(&service).await;
    assert_eq!((&raised[0]["name"], &raised[0]["value"]), (&json!("hit_rate"), &json!(0.0)));
    ask_times(&service, 11).await;
    assert_eq!(alerts(&service).await, json!([]));
}

#[tokio::test]
async fn memory_and_connections_of_a_server_are_alerts_and_no_limit_is_none() {
    let redis = RedisServer::start().await;
    let settings = [("REDIS_URL", redis.url()), ("ALERT_CONNECTIONS_PERCENT", "50".to_owned())];
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let service = operated_on(&settings);
    assert_eq!(alerts(&service).await, json!([]));
    let names = async || {
        let alerts = alerts(&service).await;
        let alerts = alerts.as_array().expect("a list");
        alerts.iter().map(|alert| alert["name"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    redis.command(&["CONFIG", "SET", "maxclients", "3"]).await;
    assert_eq!(names().await, ["connections_percent"]);
    redis.command(&["CONFIG", "SET", "maxmemory", "1"]).await;
    assert_eq!(names().await, ["memory_percent", "connections_percent"]);
    redis.command(&["CONFIG", "SET", "maxmemory", "0", "maxclients", "1000"]).await;
    // How full a server without a limit is cannot be known, so what was known last holds.
    assert_eq!(names().await, ["memory_percent"]);
    redis.command(&["CONFIG", "SET", "maxmemory", "10gb"]).await;
    assert!(names().await.is_empty());
}
