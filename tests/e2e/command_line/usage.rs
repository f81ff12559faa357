//! What every command has in common: help, exit codes, JSON, secrets, a reader that goes away.

use super::{Filled, server};
use medinsight_tests::command_line::{command, medinsight, medinsight_reading};
use medinsight_tests::operator::TOKEN;
use serde_json::Value;
use std::io::Read;

#[tokio::test]
async fn help_names_every_command_and_the_exit_codes() {
    let help = medinsight(&["--help"], &[]).await;
    assert_eq!(help.code, Some(0));
    for part in [
        "serve",
        "key",
        "inspect",
        "stats",
        "advise",
        "top",
        "clear",
        "erase",
        "warm",
        "doctor",
        "bench",
        "completions",
        "Exit codes:",
    ] {
        assert!(help.stdout.contains(part), "{part}");
    }
}

#[tokio::test]
async fn every_shell_gets_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = medinsight(&["completions", shell], &[]).await;
        assert_eq!(script.code, Some(0));
        assert!(script.stdout.contains("inspect") && script.stdout.contains("token-file"), "{shell}");
    }
}

#[tokio::test]
async fn what_is_no_command_no_key_no_pattern_or_no_setting_is_2() {
    for (arguments, settings) in [
        (&["nonsense"] as &[&str], &[] as &[(&str, &str)]),
        (&["inspect", "nonsense"], &[]),
        (&["clear", "drug_*", "--yes"], &[]),
        (&["clear", "usage:*"], &[]),
        (&["stats", "--url", "http://cache.example"], &[]),
        (&["stats"], &[("REDIS_URL", "nonsense://x")]),
        (&["stats"], &[("REDIS_URL", "redis://127.0.0.1:1")]),
    ] {
        let ended = medinsight(arguments, settings).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?} {ended:?}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_1_and_says_where_it_was_looked_for() {
    let ended = medinsight(&["stats", "--url", "http://127.0.0.1:1"], &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert_eq!(ended.stderr, "medinsight: http://127.0.0.1:1 cannot be reached\n");
    let ended = medinsight(&["stats", "--json", "--url", "http://127.0.0.1:1"], &[]).await;
    let error: Value = serde_json::from_str(&ended.stderr).expect("JSON");
    assert_eq!(error["exit_code"], 1);
}

#[tokio::test]
async fn without_the_token_or_with_another_one_it_is_4_and_no_token_is_ever_shown() {
    let (_server, url) = server().await;
    for settings in [&[] as &[(&str, &str)], &[("MEDINSIGHT_ADMIN_TOKEN", "another-invented-token")]] {
        let ended = medinsight(&["stats", "--url", &url], settings).await;
        assert_eq!(ended.code, Some(4));
        assert!(ended.stderr.contains("MEDINSIGHT_ADMIN_TOKEN") && !ended.stderr.contains("another-invented"));
    }
    let ended = medinsight(&["stats"], &[("MEDINSIGHT_URL", &url), ("MEDINSIGHT_ADMIN_TOKEN", TOKEN)]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.stdout.contains(TOKEN));
    let ended = medinsight_reading(&format!("{TOKEN}\n"), &["stats", "--url", &url, "--token-file", "-"], &[]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_failure() {
    let mut ended = tokio::task::spawn_blocking(|| {
        let mut child = command(&["openapi"], &[]).spawn().expect("the command line can be started");
        let mut first = [0; 16];
        child.stdout.take().expect("a piped output").read_exact(&mut first).expect("a document");
        child.wait_with_output().expect("a command that ends")
    });
    let output = (&mut ended).await.expect("a command that is waited for");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()));
}

#[tokio::test]
async fn what_is_piped_has_no_colours_whatever_the_terminal_is() {
    let filled = Filled::start().await;
    let mut settings = filled.settings().to_vec();
    settings.push(("TERM", "xterm-256color"));
    for arguments in [&["stats"] as &[&str], &["top", "--count", "1", "--interval", "1"]] {
        let ended = medinsight(arguments, &settings).await;
        assert!(ended.code == Some(0) && !ended.stdout.contains('\u{1b}'), "{ended:?}");
    }
}
