//! What must always hold, what must come about in every run, and what must be possible lest the rest be empty words.

use super::protocol::{ClearKind, KEYS, LateKinds, Protocol, Scope, SweepRule};
use super::state::{Claim, Late, Outcome, State, Step};
use stateright::Property;

pub(super) const NOTHING_CLEARED_IS_SERVED: &str = "nothing that an acknowledged clear removed is served";
pub(super) const ONLY_FAILOVERS_UNDO_CLEARS: &str = "only a failover that undoes a clear brings cleared answers back";
pub(super) const LOST_LEASE_STORES_NOTHING: &str = "whoever lost the lease stores nothing";
pub(super) const ONE_HOLDER: &str = "at most one computation may be stored";
pub(super) const NOTHING_CURRENT_IS_LOST: &str = "no sweep and no older answer removes a current entry";
pub(super) const ONE_COMPUTATION: &str = "many ask and one computes";
pub(super) const SOMEBODY_STORES: &str = "somebody's answer is stored";
pub(super) const EVERYBODY_IS_ANSWERED: &str = "every asker that lives is answered";

type Condition = fn(&Protocol, &State) -> bool;

pub(super) fn of(protocol: &Protocol) -> Vec<Property<Protocol>> {
    let possible = possibilities(protocol).into_iter().filter(|(_, is_possible, _)| *is_possible);
    let mut properties = liveness();
    properties.extend(INVARIANTS.map(|(name, condition)| Property::always(name, condition)));
    properties.extend(possible.map(|(name, _, condition)| Property::sometimes(name, condition)));
    properties
}

/// Whether the protocol keeps this promise in this configuration. The exceptions have tests of their own.
pub(super) fn is_promised(protocol: &Protocol, name: &str) -> bool {
    let Protocol { clear, clears, sweep, faults, .. } = protocol;
    let one_generation_at_a_time = *clears < 2 && faults.losses == 0;
    match name {
        NOTHING_CLEARED_IS_SERVED => faults.rolled_back.is_none_or(|scope| clear.survives_rollback_of(scope)),
        LOST_LEASE_STORES_NOTHING => faults.rolled_back != Some(Scope::EntriesAndLeases),
        NOTHING_CURRENT_IS_LOST if faults.rolled_back.is_some() => false,
        NOTHING_CURRENT_IS_LOST => one_generation_at_a_time || *sweep == SweepRule::OnlyReplaced,
        ONE_COMPUTATION | SOMEBODY_STORES => protocol.is_quiet(),
        _ => true,
    }
}

/// The predicates stay true and the model has no cycles, so the checker's caveat about joining paths does not apply.
fn liveness() -> Vec<Property<Protocol>> {
    let settled: Condition = |_, state| state.askers.iter().all(|asker| asker.is_settled());
    let stored: Condition = |_, state| has(state, is_stored);
    vec![Property::eventually(EVERYBODY_IS_ANSWERED, settled), Property::eventually(SOMEBODY_STORES, stored)]
}

const INVARIANTS: [(&str, Condition); 6] = [
    (NOTHING_CLEARED_IS_SERVED, |_, state| !state.harm.served_cleared),
    (ONLY_FAILOVERS_UNDO_CLEARS, |_, state| !state.harm.served_cleared || state.harm.clear_undone),
    (LOST_LEASE_STORES_NOTHING, |_, state| !state.harm.stored_unentitled),
    (NOTHING_CURRENT_IS_LOST, |_, state| !state.harm.lost_current),
    (ONE_HOLDER, |protocol, state| (0..KEYS).all(|key| entitled(protocol, state, key) <= 1)),
    (ONE_COMPUTATION, |_, state| computations(state) <= 1),
];

/// What a configuration must be able to reach, and in which configurations.
fn possibilities(protocol: &Protocol) -> Vec<(&'static str, bool, Condition)> {
    let faults = &protocol.faults;
    let crowded = protocol.askers > 1;
    let loses_leases = faults.expiry || (protocol.clears > 0 && protocol.clear != ClearKind::Category);
    let taken_over = crowded && faults.expiry && faults.crashes > 0;
    let late_stores = faults.late > 0 && faults.late_kinds != LateKinds::Clears;
    vec![
        ("an answer is stored", true, |_, state| has(state, is_stored)),
        ("an answer is found", true, |_, state| has(state, |step| step == Step::Done(Outcome::Hit))),
        ("a waiter is answered with another's answer", crowded, |_, state| ends(state, Outcome::Shared)),
        ("a waiter's patience ends", crowded, |_, state| ends(state, Outcome::Alone)),
        ("a late write is refused", loses_leases, |_, state| ends(state, Outcome::Refused)),
        ("a delayed script is refused", late_stores && loses_leases, |_, state| ends(state, Outcome::RefusedLate)),
        ("a delayed script stores", late_stores, |_, state| ends(state, Outcome::StoredLate)),
        ("the origin fails", faults.origin_fails, |_, state| ends(state, Outcome::OriginFailed)),
        ("a dead holder's lease is taken over", taken_over, |protocol, state| {
            died(state) && entitled(protocol, state, 0) == 1
        }),
        ("a dead holder's waiter stores an answer", taken_over, |_, state| {
            died(state) && ends(state, Outcome::Stored { waited: true })
        }),
        ("a clear overtakes a computation", protocol.clears > 0, |_, state| has_overtaken(state)),
        ("a failover undoes a clear", faults.rolled_back.is_some(), |_, state| state.harm.clear_undone),
    ]
}

fn has(state: &State, condition: impl Fn(Step) -> bool) -> bool {
    state.askers.iter().any(|asker| condition(asker.step))
}

fn ends(state: &State, outcome: Outcome) -> bool {
    state.askers.iter().any(|asker| asker.step == Step::Done(outcome))
}

fn is_stored(step: Step) -> bool {
    matches!(step, Step::Done(Outcome::Stored { .. }))
}

fn is_computing(step: Step) -> bool {
    matches!(step, Step::Computing(_))
}

/// Without faults every computation under a lease is still under way or has been stored.
fn computations(state: &State) -> usize {
    state.askers.iter().filter(|asker| is_stored(asker.step) || is_computing(asker.step)).count()
}

fn died(state: &State) -> bool {
    has(state, |step| step == Step::Crashed { held_lease: true })
}

fn has_overtaken(state: &State) -> bool {
    has(state, |step| matches!(step, Step::Computing(claim) if claim.entry.began < state.acknowledged))
}

/// How many computations the store would take now for this key, those included whose script is late.
fn entitled(protocol: &Protocol, state: &State, key: usize) -> usize {
    let computing = state.askers.iter().filter_map(|asker| match asker.step {
        Step::Computing(claim) => Some(claim),
        _ => None,
    });
    let late = state.late.iter().flatten().filter_map(|late| match late {
        Late::Store { claim, .. } => Some(*claim),
        Late::Acquire(_) | Late::Clear(_) => None,
    });
    let of_key = |claim: &Claim| protocol.key_of(usize::from(claim.token.asker)) == key;
    computing.chain(late).filter(of_key).filter(|claim| protocol.is_entitled(state, key, *claim)).count()
}
