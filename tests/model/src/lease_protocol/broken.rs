//! Each rule of the protocol, broken on purpose: the checker has to find out.

use super::properties::{
    EVERYBODY_IS_ANSWERED, LOST_LEASE_STORES_NOTHING, NOTHING_CLEARED_IS_SERVED, NOTHING_CURRENT_IS_LOST,
    ONE_COMPUTATION, ONE_HOLDER,
};
use super::protocol::{ClearKind, Faults, Flaw, LateKinds, Protocol};
use super::{EVERYDAY, clears_sent_again, report};
use stateright::{Checker, HasDiscoveries, Model};
use std::time::Instant;

/// Searches breadth-first for a run that breaks the promise, and prints it.
#[track_caller]
#[expect(clippy::print_stdout, reason = "the run is what explains the rule")]
fn breaks(protocol: Protocol, promise: &'static str) {
    let begun = Instant::now();
    let wanted = HasDiscoveries::AllOf([promise].into());
    let checker = protocol.checker().finish_when(wanted).spawn_bfs().join();
    report(&checker, begun);
    println!("{promise}: {:?}", checker.assert_any_discovery(promise).into_actions());
}

fn one_clear(clear: ClearKind, flaw: Flaw) -> Protocol {
    Protocol { clear, clears: 1, askers: 2, polls: 1, faults: EVERYDAY, flaw: Some(flaw), ..Protocol::default() }
}

fn undisturbed(flaw: Flaw) -> Protocol {
    Protocol { askers: 2, polls: 2, flaw: Some(flaw), ..Protocol::default() }
}

#[test]
fn a_store_script_that_ignores_the_lease_brings_deleted_answers_back() {
    let protocol = || one_clear(ClearKind::Key, Flaw::StoreWithoutLease);
    breaks(protocol(), NOTHING_CLEARED_IS_SERVED);
    breaks(protocol(), LOST_LEASE_STORES_NOTHING);
    breaks(protocol(), ONE_HOLDER);
}

#[test]
fn a_stamp_of_the_time_of_storing_outlives_a_category_clear() {
    breaks(one_clear(ClearKind::Category, Flaw::StampWhenStored), NOTHING_CLEARED_IS_SERVED);
}

#[test]
fn deleting_a_key_without_its_lease_lets_a_late_writer_win() {
    breaks(one_clear(ClearKind::Key, Flaw::DeleteKeepsLease), NOTHING_CLEARED_IS_SERVED);
}

#[test]
fn a_prefix_clear_that_deletes_entries_first_misses_what_is_stored_between_its_passes() {
    breaks(one_clear(ClearKind::Prefix, Flaw::EntriesBeforeLeases), NOTHING_CLEARED_IS_SERVED);
}

#[test]
fn a_sweep_that_compares_nothing_is_safe_but_loses_new_entries() {
    let protocol = || one_clear(ClearKind::Category, Flaw::SweepComparesNothing);
    breaks(protocol(), NOTHING_CURRENT_IS_LOST);
    protocol().checker().spawn_dfs().join().assert_no_discovery(NOTHING_CLEARED_IS_SERVED);
}

#[test]
fn whoever_takes_the_lease_without_a_second_look_computes_again() {
    breaks(undisturbed(Flaw::NoSecondLook), ONE_COMPUTATION);
}

#[test]
fn waiters_that_do_not_ask_again_may_wait_for_ever() {
    breaks(undisturbed(Flaw::WaitForWakeUp), EVERYBODY_IS_ANSWERED);
}

#[test]
fn a_lease_token_that_is_used_twice_revives_a_voided_lease() {
    let faults = Faults { late: 1, late_kinds: LateKinds::StoresAndAcquires, ..EVERYDAY };
    let protocol = || Protocol { faults: faults.clone(), ..one_clear(ClearKind::Key, Flaw::LeaseTokenUsedTwice) };
    breaks(protocol(), NOTHING_CLEARED_IS_SERVED);
    breaks(protocol(), LOST_LEASE_STORES_NOTHING);
}

#[test]
fn a_generation_that_is_used_twice_undoes_a_later_clear() {
    let protocol = Protocol { flaw: Some(Flaw::GenerationUsedTwice), ..clears_sent_again() };
    breaks(protocol, NOTHING_CLEARED_IS_SERVED);
}
