//! Histories of a cache without a flaw pass; of each violation that is planted in one exactly that is found.

use super::{CATEGORY_ELSEWHERE, ENTRY_ELSEWHERE, FRESH, LATE, ROUNDING, Violation, Wrong, violations};
use crate::chaos::history::{Answer, Asked, Cleared, Computed, Death, Extent, History, Outcome, Person, Process};
use medinsight_tests::load::XCache;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const ORIGIN: Duration = Duration::from_millis(40);
const LATENCY: Duration = Duration::from_millis(2);

/// A cache without a flaw, and the history that it makes.
#[derive(Default)]
struct Perfect {
    now: Duration,
    entries: BTreeMap<Person, usize>,
    history: History,
}

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Ask(Person, Process),
    Clear(Process),
    Remove(Process, BTreeSet<Person>),
    /// A process dies, and with it a request.
    Die(Process),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (person, process) = (0..4_u64, 1..4_u16);
    let step = prop_oneof![
        2 => (1..3_000_u64).prop_map(Step::Wait),
        6 => (person.clone(), process.clone()).prop_map(|(person, process)| Step::Ask(person, process)),
        1 => process.clone().prop_map(Step::Clear),
        1 => (process.clone(), prop::collection::btree_set(person, 1..3)).prop_map(|(process, persons)| Step::Remove(process, persons)),
        1 => process.prop_map(Step::Die),
    ];
    prop::collection::vec(step, 1..60)
}

fn history_of(steps: &[Step]) -> History {
    let mut cache = Perfect::default();
    steps.iter().for_each(|step| cache.take(step));
    // So that there is a request to plant something in.
    cache.take(&Step::Ask(0, 1));
    cache.history
}

impl Perfect {
    fn take(&mut self, step: &Step) {
        self.now += Duration::from_millis(10);
        match step {
            Step::Wait(millis) => self.now += Duration::from_millis(*millis),
            Step::Ask(person, process) => self.ask(*person, *process),
            Step::Clear(process) => {
                self.entries.clear();
                self.clear(*process, Extent::Category);
            }
            Step::Remove(process, persons) => {
                self.entries.retain(|person, _| !persons.contains(person));
                self.clear(*process, Extent::Entries(persons.clone()));
            }
            Step::Die(process) => {
                let death = Death { process: *process, killed: self.now, withdrawn: self.now + LATENCY };
                self.history.deaths.push(death);
                self.record(0, *process, self.now, Outcome::Nothing);
            }
        }
    }

    fn ask(&mut self, person: Person, process: Process) {
        let (sent, history) = (self.now, &self.history);
        let known = self.entries.get(&person).map(|number| (*number, sent - history.computed[*number].replied));
        let answer = match known {
            Some((number, age)) => {
                let x_cache = if age < FRESH { XCache::Hit } else { XCache::Stale };
                Answer { x_cache, age: Some(Duration::from_secs(age.as_secs())), content: Some((person, number)) }
            }
            None => self.compute(person),
        };
        self.now += LATENCY;
        self.record(person, process, sent, Outcome::Answered(answer));
    }

    fn compute(&mut self, person: Person) -> Answer {
        let (number, begun) = (self.history.computed.len(), self.now + Duration::from_millis(1));
        self.now = begun + ORIGIN;
        self.history.computed.push(Computed { person, begun, replied: self.now });
        self.entries.insert(person, number);
        Answer { x_cache: XCache::Miss, age: None, content: Some((person, number)) }
    }

    fn clear(&mut self, process: Process, extent: Extent) {
        let (begun, acknowledged) = (self.now, self.now + LATENCY);
        self.history.cleared.push(Cleared { extent, process, begun, acknowledged });
        self.now = acknowledged + Duration::from_millis(1);
    }

    fn record(&mut self, person: Person, process: Process, sent: Duration, outcome: Outcome) {
        self.history.asked.push(Asked { person, process, sent, over: self.now, outcome });
    }
}

/// What can be planted.
#[derive(Clone, Copy, Debug)]
enum Plant {
    Silence,
    Problem,
    SomebodyElse,
    SomebodyElsesComputation,
    NobodysComputation,
    Unattributed,
    ClearedHere,
    ClearedElsewhere,
    RemovedHere,
    RemovedElsewhere,
    OldHit,
    YoungAge,
    NoAge,
    OldMiss,
    OldCoalesced,
    NoXCache,
}

const PLANTS: [(Plant, Wrong); 16] = [
    (Plant::Silence, Wrong::Failed),
    (Plant::Problem, Wrong::Failed),
    (Plant::SomebodyElse, Wrong::Person),
    (Plant::SomebodyElsesComputation, Wrong::Person),
    (Plant::NobodysComputation, Wrong::Person),
    (Plant::Unattributed, Wrong::Person),
    (Plant::ClearedHere, Wrong::Cleared),
    (Plant::ClearedElsewhere, Wrong::Cleared),
    (Plant::RemovedHere, Wrong::Cleared),
    (Plant::RemovedElsewhere, Wrong::Cleared),
    (Plant::OldHit, Wrong::Stale),
    (Plant::YoungAge, Wrong::Stale),
    (Plant::NoAge, Wrong::Stale),
    (Plant::OldMiss, Wrong::Stale),
    (Plant::OldCoalesced, Wrong::Stale),
    (Plant::NoXCache, Wrong::Stale),
];

/// A person whom no history has, so that what is planted stands beside it.
const STRANGER: Person = 99;

/// A process that no history has.
const ELSEWHERE: Process = 99;

/// Adds a computation for the stranger and, `later`, a request that is answered with it.
fn add(history: &mut History, later: Duration, x_cache: XCache, age: Option<Duration>) {
    let start = history.asked.last().map_or(Duration::ZERO, |asked| asked.over) + Duration::from_secs(20);
    let number = history.computed.len();
    history.computed.push(Computed { person: STRANGER, begun: start, replied: start + ORIGIN });
    let sent = start + ORIGIN + later;
    let answer = Answer { x_cache, age, content: Some((STRANGER, number)) };
    let outcome = Outcome::Answered(answer);
    history.asked.push(Asked { person: STRANGER, process: 1, sent, over: sent + LATENCY, outcome });
}

/// Adds a hit and between its computation and it a clear, which is in force when the hit is asked for, if only just.
fn add_overridden(history: &mut History, process: Process, extent: Extent, in_force: Duration) {
    let margin = ROUNDING + Duration::from_millis(1);
    add(history, LATENCY + in_force + margin, XCache::Hit, Some(Duration::from_secs(in_force.as_secs())));
    let begun = history.computed.last().expect("a computation").replied;
    history.cleared.push(Cleared { extent, process, begun, acknowledged: begun + LATENCY });
}

fn plant(history: &mut History, plant: Plant) {
    let stranger = || Extent::Entries([STRANGER].into());
    let young = Duration::from_secs(1);
    match plant {
        Plant::Silence => {
            add(history, young, XCache::Hit, Some(young));
            outcome(history, Outcome::Nothing);
        }
        Plant::Problem => {
            add(history, young, XCache::Hit, Some(young));
            outcome(history, Outcome::Refused(503));
        }
        Plant::SomebodyElse => {
            add(history, young, XCache::Hit, Some(young));
            last(history).person = 0;
        }
        Plant::SomebodyElsesComputation => {
            add(history, young, XCache::Hit, Some(young));
            history.computed.last_mut().expect("a computation").person = 0;
        }
        Plant::NobodysComputation => {
            add(history, young, XCache::Hit, Some(young));
            answer(history).content = Some((STRANGER, usize::MAX));
        }
        Plant::Unattributed => {
            add(history, young, XCache::Hit, Some(young));
            answer(history).content = None;
        }
        Plant::ClearedHere => add_overridden(history, 1, Extent::Category, Duration::ZERO),
        Plant::ClearedElsewhere => add_overridden(history, ELSEWHERE, Extent::Category, CATEGORY_ELSEWHERE),
        Plant::RemovedHere => add_overridden(history, 1, stranger(), Duration::ZERO),
        Plant::RemovedElsewhere => add_overridden(history, ELSEWHERE, stranger(), ENTRY_ELSEWHERE),
        Plant::OldHit => add(history, FRESH + LATE + young, XCache::Hit, Some(FRESH)),
        Plant::YoungAge => add(history, LATE * 3, XCache::Stale, Some(young)),
        Plant::NoAge => add(history, young, XCache::Hit, None),
        Plant::OldMiss => add(history, Duration::ZERO, XCache::Miss, None),
        Plant::OldCoalesced => add(history, LATE + young, XCache::Coalesced, None),
        Plant::NoXCache => add(history, young, XCache::Unsaid, None),
    }
}

fn last(history: &mut History) -> &mut Asked {
    history.asked.last_mut().expect("a request")
}

fn outcome(history: &mut History, outcome: Outcome) {
    last(history).outcome = outcome;
}

fn answer(history: &mut History) -> &mut Answer {
    match &mut last(history).outcome {
        Outcome::Answered(answer) => answer,
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn histories_without_a_flaw_pass(steps in steps()) {
        prop_assert_eq!(violations(&history_of(&steps)), vec![]);
    }

    #[test]
    fn exactly_what_is_planted_is_found(steps in steps(), planted in prop::sample::subsequence(PLANTS.to_vec(), 1..4)) {
        let mut history = history_of(&steps);
        let mut expected = Vec::new();
        for (what, wrong) in planted {
            expected.push(Violation { wrong, request: history.asked.len() });
            plant(&mut history, what);
        }
        prop_assert_eq!(violations(&history), expected);
    }
}

#[test]
fn every_kind_of_violation_is_found_beside_nothing_else() {
    for (what, wrong) in PLANTS {
        let mut history = History::default();
        plant(&mut history, what);
        assert_eq!(violations(&history), [Violation { wrong, request: 0 }], "{what:?}");
    }
}

#[test]
fn a_clear_binds_a_process_that_was_not_asked_for_it_only_after_its_time() {
    for (process, extent, in_force) in [
        (ELSEWHERE, Extent::Category, CATEGORY_ELSEWHERE),
        (ELSEWHERE, Extent::Entries([STRANGER].into()), ENTRY_ELSEWHERE),
    ] {
        let mut history = History::default();
        add_overridden(&mut history, process, extent, in_force - Duration::from_millis(10));
        assert_eq!(violations(&history), []);
    }
}

#[test]
fn entries_that_a_clear_was_not_about_may_be_served() {
    let mut history = History::default();
    add_overridden(&mut history, 1, Extent::Entries([0].into()), Duration::ZERO);
    assert_eq!(violations(&history), []);
}

#[test]
fn a_request_fails_for_nothing_else_than_the_death_of_its_process() {
    let mut history = History::default();
    plant(&mut history, Plant::Silence);
    let Asked { process, sent, over, .. } = *last(&mut history);
    let death = |process, killed, withdrawn| Death { process, killed, withdrawn };
    let moment = Duration::from_millis(1);
    for (deaths, is_excused) in [
        (vec![death(process, over, over + moment)], true),
        (vec![death(process, sent - moment, sent)], true),
        (vec![death(process, over + moment, over + moment)], false),
        (vec![death(process, sent - moment * 2, sent - moment)], false),
        (vec![death(ELSEWHERE, sent, over)], false),
    ] {
        history.deaths = deaths;
        assert_eq!(violations(&history).is_empty(), is_excused, "{:?}", history.deaths);
    }
}
