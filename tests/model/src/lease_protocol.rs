//! The single flight between processes, checked exhaustively: askers, clears and faults in every order.
//!
//! The model takes the steps that the cache takes, one command of the store at a time, and the checker visits every
//! state that a configuration can reach. What it shows:
//!
//! - After a clear is acknowledged nothing is served whose computation began before the clear was issued. For a
//!   category this holds for everybody who read the generation after the acknowledgment, so within a second for all.
//! - Whoever lost the lease stores nothing, and at most one computation may be stored at a time.
//! - If nothing is disturbed, any number of askers cause one computation, whoever's patience ends excepted.
//! - Every asker that lives is answered.
//! - All of this also holds when a failover loses a generation, an entry or a lease.
//!
//! The exception is a failover that brings back what a clear, acknowledged or in progress, had replaced or deleted:
//! then those entries that are still there, and computations that are still under way, count again until they expire
//! or the clear is repeated. A category clear falls only with its generation, whatever happens to entries and leases;
//! the deletion of a key or of a prefix only with these, whatever happens to the generation.
//!
//! It rests on random tokens that are used once: each attempt to take a lease, and each attempt to replace a
//! generation, has one of its own, also when the same command is sent again.
//!
//! Not in the model: lives of entries and stale answers, the near cache, and callers that share a flight in one
//! process.

mod asking;
mod broken;
mod clearing;
mod faults;
mod model;
mod properties;
mod protocol;
mod state;

use properties::{NOTHING_CLEARED_IS_SERVED, NOTHING_CURRENT_IS_LOST, is_promised};
use protocol::{ClearKind, Faults, LateKinds, Protocol, Scope, SweepRule};
use stateright::{Checker, Expectation, Model};
use std::time::Instant;

/// Leases that expire and an origin that fails: what every day brings.
const EVERYDAY: Faults = Faults {
    expiry: true,
    origin_fails: true,
    crashes: 0,
    late: 0,
    late_kinds: LateKinds::Stores,
    losses: 0,
    rolled_back: None,
};

/// Visits every state, and asserts what is promised and what has to be possible.
#[track_caller]
fn explore(protocol: Protocol) -> impl Checker<Protocol> {
    let begun = Instant::now();
    let checker = protocol.checker().spawn_dfs().join();
    report(&checker, begun);
    for property in checker.model().properties() {
        if property.expectation == Expectation::Sometimes {
            checker.assert_any_discovery(property.name);
        } else if is_promised(checker.model(), property.name) {
            checker.assert_no_discovery(property.name);
        }
    }
    checker
}

#[expect(clippy::print_stdout, reason = "how much was checked is part of the result")]
fn report(checker: &impl Checker<Protocol>, begun: Instant) {
    let (states, steps, depth) = (checker.unique_state_count(), checker.state_count(), checker.max_depth());
    println!("{states} states, {steps} steps, depth {depth}, {:.1?}: {:?}", begun.elapsed(), checker.model());
}

#[test]
fn undisturbed_askers_cause_exactly_one_computation() {
    explore(Protocol { askers: 3, polls: 3, ..Protocol::default() });
}

fn crashes_and_late_writes(clear: ClearKind) -> Protocol {
    let faults = Faults { crashes: 1, late: 1, ..EVERYDAY };
    Protocol { clear, clears: 1, askers: 3, polls: 2, faults, ..Protocol::default() }
}

#[test]
fn a_category_clear_wins_over_three_askers_with_crashes_and_late_writes() {
    explore(crashes_and_late_writes(ClearKind::Category));
}

#[test]
fn deleting_a_key_wins_over_three_askers_with_crashes_and_late_writes() {
    explore(crashes_and_late_writes(ClearKind::Key));
}

#[test]
fn a_prefix_clear_wins_over_three_askers_with_crashes_and_late_writes() {
    explore(crashes_and_late_writes(ClearKind::Prefix));
}

fn two_clears(clear: ClearKind) -> Protocol {
    let faults = Faults { late: 1, ..EVERYDAY };
    Protocol { clear, clears: 2, sweep: SweepRule::OnlyReplaced, askers: 3, polls: 1, faults, ..Protocol::default() }
}

#[test]
fn two_clears_at_a_time_both_win() {
    for clear in ClearKind::ALL {
        explore(two_clears(clear));
    }
}

/// It costs one computation and never serves a wrong answer. In return this rule also erases what an interrupted sweep
/// has left, which deleting only what the clear replaced would not.
#[test]
fn sweeping_all_but_the_new_generation_may_delete_what_a_second_clear_made_current() {
    let faults = Faults { crashes: 1, late: 2, ..EVERYDAY };
    let checker = explore(Protocol { clears: 2, askers: 2, polls: 2, faults, ..Protocol::default() });
    checker.assert_any_discovery(NOTHING_CURRENT_IS_LOST);
}

#[test]
fn a_lease_that_is_taken_late_belongs_to_nobody() {
    for clear in ClearKind::ALL {
        let faults = Faults { crashes: 1, late: 2, late_kinds: LateKinds::StoresAndAcquires, ..EVERYDAY };
        explore(Protocol { clear, clears: 1, askers: 2, polls: 3, faults, ..Protocol::default() });
    }
}

fn clears_sent_again() -> Protocol {
    let faults = Faults { late: 1, late_kinds: LateKinds::Clears, ..EVERYDAY };
    Protocol { clears: 2, sweep: SweepRule::OnlyReplaced, askers: 2, polls: 1, faults, ..Protocol::default() }
}

#[test]
fn a_clear_that_is_sent_again_undoes_no_later_clear() {
    explore(clears_sent_again());
}

#[test]
fn a_failover_that_loses_values_costs_only_misses() {
    for clear in ClearKind::ALL {
        let faults = Faults { late: 1, losses: 2, ..EVERYDAY };
        explore(Protocol { clear, clears: 1, askers: 2, polls: 2, faults, ..Protocol::default() });
    }
}

fn rolled_back(clear: ClearKind, scope: Scope) -> Protocol {
    let faults = Faults { late: 1, rolled_back: Some(scope), ..EVERYDAY };
    Protocol { clear, clears: 1, askers: 2, polls: 2, faults, ..Protocol::default() }
}

#[test]
fn a_clear_survives_a_failover_that_brings_back_what_it_did_not_write() {
    explore(rolled_back(ClearKind::Category, Scope::EntriesAndLeases));
    explore(rolled_back(ClearKind::Key, Scope::Generation));
    explore(rolled_back(ClearKind::Prefix, Scope::Generation));
}

/// The exception: a store that forgets an acknowledged write cannot be told from one that never had it.
#[test]
fn a_clear_is_undone_by_a_failover_that_brings_back_what_it_wrote_and_by_nothing_else() {
    let (generation, entries) = (Scope::Generation, Scope::EntriesAndLeases);
    for (clear, scope) in [(ClearKind::Category, generation), (ClearKind::Key, entries), (ClearKind::Prefix, entries)] {
        let checker = explore(rolled_back(clear, scope));
        checker.assert_any_discovery(NOTHING_CLEARED_IS_SERVED);
    }
}
