//! The TLS server is what it claims to be, as `redis-cli` sees it.

use medinsight_tests::programs;
use medinsight_tests::redis_tls::TlsRedis;
use std::path::Path;
use std::process::Command;

/// What `redis-cli` says to a command over TLS, on both of its outputs.
fn ask(redis: &TlsRedis, ca_file: &Path, host: &str) -> String {
    let mut command = Command::new(programs::require("redis-cli", "redis-tools"));
    let (port, user) = (redis.address().port().to_string(), redis.user());
    command.args(["-h", host, "-p", &port, "--user", &user.name, "--pass", &user.password, "--no-auth-warning"]);
    command.args(["--tls", "--sni", host, "--cacert"]).arg(ca_file).args(["ACL", "WHOAMI"]);
    let output = command.output().expect("redis-cli can be started");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).trim().to_owned()
}

#[tokio::test]
async fn the_user_is_let_in_over_tls_and_the_certificate_is_of_the_authority_and_no_other() {
    let redis = TlsRedis::start().await;
    assert_eq!(ask(&redis, &redis.ca_file(), "localhost"), "app");
    assert_eq!(ask(&redis, &redis.ca_file(), "127.0.0.1"), "app");
    let refused = ask(&redis, &redis.foreign_ca_file(), "localhost");
    assert!(refused.contains("certificate verify failed"), "{refused}");
    assert!(redis.url().starts_with("rediss://app:"));
    assert_eq!(redis.server().command(&["PING"]).await.text(), "PONG");
}
