//! The routes of operators are open to operators only, and whoever is refused causes no command to the store.

use super::{routes, service};
use axum::body::Body;
use http::Request;
use http::header::{AUTHORIZATION, HeaderValue};
use medinsight_tests::fault_proxy::FaultProxy;
use medinsight_tests::operator::{SCOPE, TOKEN, request, through_gateway, with_token};
use medinsight_tests::redis_server::RedisServer;
use medinsight_tests::{Service, get};
use serde_json::{Value, json};

/// `{"alg":"none"}` with the admin's claims, and no signature.
const UNSIGNED: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4Iiwic2NvcGUiOiJtZWRpbnNpZ2h0OmFkbWluIn0.";

fn with_headers(mut request: Request<Body>, values: &[&str]) -> Request<Body> {
    for value in values {
        request.headers_mut().append(AUTHORIZATION, HeaderValue::from_str(value).expect("a header value"));
    }
    request
}

/// What is no right, as the values of `Authorization`.
fn refused_headers() -> Vec<Vec<String>> {
    let bearer = |token: &str| vec![format!("Bearer {token}")];
    vec![
        vec![],
        vec![String::new()],
        vec!["Bearer".into()],
        bearer(""),
        vec![TOKEN.into()],
        vec![format!("Basic {TOKEN}")],
        vec![format!("Bearer{TOKEN}")],
        vec![format!("Token {TOKEN}")],
        bearer(&format!(" {TOKEN}")),
        bearer("another-invented-Admin-token-012345"),
        bearer(&format!("{TOKEN}0")),
        bearer(&format!("0{TOKEN}")),
        bearer(&TOKEN[..TOKEN.len() - 1]),
        bearer(&TOKEN.to_lowercase()),
        bearer(&TOKEN.to_uppercase()),
        bearer(&format!("{TOKEN}, Bearer {TOKEN}")),
        bearer(UNSIGNED),
        vec![format!("Bearer {TOKEN}"), format!("Bearer {TOKEN}")],
        vec![format!("Bearer {TOKEN}"), "Bearer x".into()],
    ]
}

/// Claims of a verified JWT that give no right.
fn refused_claims() -> [Value; 7] {
    [
        json!({}),
        json!({"sub": "x"}),
        json!({"sub": "x", "scope": ""}),
        json!({"sub": "x", "scope": "medinsight:read"}),
        json!({"sub": "x", "scope": format!("{SCOPE}s x{SCOPE}")}),
        json!({"sub": "x", "scope": SCOPE.to_uppercase()}),
        json!({"sub": SCOPE, "aud": SCOPE, "roles": SCOPE}),
    ]
}

async fn behind_a_proxy(settings: &[(&str, &str)]) -> (RedisServer, FaultProxy, Service) {
    let redis = RedisServer::start().await;
    let proxy = FaultProxy::start(redis.address()).await;
    let url = proxy.url();
    let settings: Vec<_> = settings.iter().copied().chain([("REDIS_URL", url.as_str())]).collect();
    let service = Service::with_settings(&settings);
    (redis, proxy, service)
}

#[tokio::test]
async fn who_is_no_operator_is_refused_on_every_route_and_no_command_is_sent() {
    let settings = [("MEDINSIGHT_ADMIN_TOKEN", TOKEN), ("MEDINSIGHT_ADMIN_SCOPE", SCOPE)];
    let (_redis, proxy, service) = behind_a_proxy(&settings).await;
    for (method, path, body) in routes() {
        for headers in refused_headers() {
            let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
            let answer = service.send(with_headers(request(method.clone(), &path, body.as_ref()), &headers)).await;
            assert_eq!(answer.status.as_u16(), 401, "{method} {path} with {headers:?}");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
            assert_eq!(answer.json()["code"], "unauthenticated");
        }
        for claims in refused_claims() {
            let request = with_token(request(method.clone(), &path, body.as_ref()));
            let answer = service.send(through_gateway(request, "192.0.2.1", Some(claims))).await;
            assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (403, Some("scope_is_missing")));
        }
    }
    service.cache.flush().await;
    assert_eq!((proxy.counts().all_commands(), proxy.counts().connections), (0, 0));
}

#[tokio::test]
async fn where_nothing_is_configured_nobody_is_an_operator() {
    let (_redis, proxy, service) = behind_a_proxy(&[]).await;
    for (method, path, body) in routes() {
        let claims = json!({"sub": "x", "scope": SCOPE});
        for claims in [None, Some(claims)] {
            let request = with_token(request(method.clone(), &path, body.as_ref()));
            let answer = service.send(through_gateway(request, "192.0.2.1", claims)).await;
            assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (403, Some("admin_is_closed")));
        }
    }
    assert_eq!(proxy.counts().all_commands(), 0);
}

#[tokio::test]
async fn the_token_opens_every_route() {
    let service = service();
    for (method, path, body) in routes() {
        let answer = service.send(with_token(request(method.clone(), &path, body.as_ref()))).await;
        assert_eq!(answer.status.as_u16(), 200, "{method} {path}: {:?}", answer.body);
        assert_eq!(answer.header("cache-control"), "private, no-store");
    }
    let mut lower = with_token(get("/api/v1/redis/keys/symptom"));
    lower.headers_mut().insert(AUTHORIZATION, format!("bearer {TOKEN}").parse().expect("a value"));
    assert_eq!(service.send(lower).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_jwt_that_the_gateway_verified_opens_every_route_if_it_has_the_scope() {
    let service = Service::with(|config| config.access.scope = Some(SCOPE.to_owned()));
    let claims = [
        json!({"sub": "x", "scope": SCOPE}),
        json!({"sub": "x", "scope": format!("openid {SCOPE}")}),
        json!({"scp": format!("[openid {SCOPE}]")}),
    ];
    for (method, path, body) in routes() {
        for claims in &claims {
            let request = request(method.clone(), &path, body.as_ref());
            let answer = service.send(through_gateway(request, "192.0.2.1", Some(claims.clone()))).await;
            assert_eq!(answer.status.as_u16(), 200, "{method} {path}");
        }
        let unverified = with_headers(request(method, &path, body.as_ref()), &[&format!("Bearer {UNSIGNED}")]);
        assert_eq!(service.send(through_gateway(unverified, "192.0.2.1", None)).await.status.as_u16(), 401);
    }
}
