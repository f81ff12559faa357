//! Each target with the files of its corpus, and with some that are almost like them.

use crate::mutation::mutated;
use crate::{TARGETS, Target};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::fs;
use std::path::{Path, PathBuf};

/// The most bytes of all files of a corpus together.
const MAX_CORPUS_BYTES: usize = 16 << 10;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let files = fs::read_dir(folder().join(target.name)).expect("a corpus");
    let files = files.map(|file| fs::read(file.expect("a file").path()).expect("a file that can be read"));
    files.collect()
}

/// The tokens of the dictionary that libFuzzer is given, too: one in quotes in each line.
fn tokens() -> Vec<String> {
    let text = include_str!("../dictionary.txt");
    let tokens = text.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    tokens.map(|token| token.replace("\\\"", "\"").replace("\\\\", "\\")).collect()
}

#[track_caller]
fn run(name: &str, cases: u32) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target");
    let corpus = corpus(target);
    corpus.iter().for_each(|input| (target.check)(input));
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&mutated(corpus, tokens()), |input| {
        (target.check)(&input);
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.expect_err("a failure"));
}

#[test]
fn keys_are_what_they_say_for_inputs_that_are_almost_keys() {
    run("keys", 4_000);
}

#[test]
fn patterns_match_what_redis_matches_for_inputs_that_are_almost_patterns() {
    run("patterns", 4_000);
}

#[test]
fn entries_open_as_they_were_wrapped_and_nothing_else_opens() {
    run("entries", 1_000);
}

#[test]
fn requests_mean_the_same_however_they_are_written() {
    run("requests", 2_000);
}

#[test]
fn no_request_makes_the_service_fail_or_its_problems_repeat_what_was_sent() {
    run("http", 250);
}

#[test]
fn every_target_has_a_small_corpus() {
    for target in &TARGETS {
        let bytes: usize = corpus(target).iter().map(Vec::len).sum();
        assert!((1..=MAX_CORPUS_BYTES).contains(&bytes), "{}: {bytes} bytes", target.name);
    }
    let folders = fs::read_dir(folder()).expect("the corpora").count();
    assert_eq!(folders, TARGETS.len());
}
