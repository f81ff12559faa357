//! A drill in a table.

use super::Course;
use super::check::{Violation, Wrong};
use super::history::{Extent, History, Outcome};
use super::schedule::{PERSONS, SERVERS, Schedule, Trouble, Turn};
use medinsight_tests::load::XCache;
use std::fmt::Write;

/// What happened, in Markdown.
pub(super) fn table(course: Course, schedule: &Schedule, history: &History, found: &[Violation]) -> String {
    let Course { minutes, seed } = course;
    let mut table = String::from("| | |\n|---|---|\n");
    let mut row = |name: &str, value: String| writeln!(table, "| {name} | {value} |").expect("a text takes everything");
    row("seed, minutes", format!("{seed}, {minutes}"));
    row("servers, persons", format!("{SERVERS}, {PERSONS}"));
    row("requests", history.asked.len().to_string());
    row("how they were answered", answers(history));
    row("computations", history.computed.len().to_string());
    row("faults of Redis and the network", troubles(schedule));
    row("faults of servers", turns(schedule));
    row("clears acknowledged", clears(history));
    row("requests that a killed server had", bereaved(history).to_string());
    for (name, wrong) in [
        ("other requests that failed", Wrong::Failed),
        ("wrong person's answers", Wrong::Person),
        ("answers from before a clear", Wrong::Cleared),
        ("answers older than they say", Wrong::Stale),
    ] {
        row(name, found.iter().filter(|violation| violation.wrong == wrong).count().to_string());
    }
    table
}

fn answers(history: &History) -> String {
    let count = |x_cache| {
        let is_such = |outcome: &Outcome| matches!(outcome, Outcome::Answered(answer) if answer.x_cache == x_cache);
        history.asked.iter().filter(|asked| is_such(&asked.outcome)).count()
    };
    let kinds = [
        ("HIT", XCache::Hit),
        ("STALE", XCache::Stale),
        ("MISS", XCache::Miss),
        ("COALESCED", XCache::Coalesced),
        ("BYPASS", XCache::Bypass),
    ];
    kinds.map(|(name, x_cache)| format!("{} {name}", count(x_cache))).join(", ")
}

fn bereaved(history: &History) -> usize {
    let is_lost = |outcome: &Outcome| !matches!(outcome, Outcome::Answered(_));
    let lost = history.asked.iter().filter(|asked| is_lost(&asked.outcome));
    lost.filter(|asked| asked.is_bereaved(&history.deaths)).count()
}

fn troubles(schedule: &Schedule) -> String {
    let name = |trouble: &Trouble| match trouble {
        Trouble::Kill(_) => "killed",
        Trouble::Freeze(_) => "frozen",
        Trouble::Reset(_) => "reset",
        Trouble::Close(_) => "closed",
        Trouble::Swallow(_) => "forgotten",
        Trouble::Isolate(..) => "cut off",
        Trouble::Refuse(..) => "refused",
        Trouble::Slow(..) => "slow",
    };
    counts(schedule.troubles.iter().map(|(_, trouble)| name(trouble)))
}

fn turns(schedule: &Schedule) -> String {
    let name = |turn: &Turn| match turn {
        Turn::Kill(_) => "killed",
        Turn::Freeze(..) => "frozen",
        Turn::Rotate => "all replaced, with other keys",
    };
    counts(schedule.turns.iter().map(|(_, turn)| name(turn)))
}

fn clears(history: &History) -> String {
    counts(history.cleared.iter().map(|cleared| match &cleared.extent {
        Extent::Category => "of the category",
        Extent::Entries(_) => "of some entries",
    }))
}

fn counts<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut counts = std::collections::BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_insert(0) += 1);
    counts.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}
