//! What may go wrong at any instant: crashes, expiry, late commands, and a store that fails over.

use super::clearing::acknowledge_generation;
use super::protocol::{ASKERS, CLEARERS, ClearKind, Flaw, KEYS, LateKinds, Protocol, Scope};
use super::state::{Clearer, Late, Outcome, Replica, State, Step};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fault {
    /// The life of a lease is over, whether its holder is dead, frozen or slow.
    Expire(usize),
    Crash(usize),
    /// Step 4: the asker waits no longer for the reply to its store script, and answers its user.
    StoreTimesOut(usize),
    /// Step 2: the asker waits no longer for the reply to its pipeline, and sends it again.
    AcquireTimesOut(usize),
    /// The clearer waits no longer for the reply to `SET gen`, and sends it again.
    ClearTimesOut(usize),
    /// The store executes a late command. One that is lost is a late one in the runs where this has not happened yet.
    ExecuteLate(usize),
    LoseGeneration,
    LoseEntry(usize),
    LoseLease(usize),
    /// A replica stops following.
    FallBehind,
    /// That replica takes over.
    FailOver,
}

impl Protocol {
    pub(super) fn faults_of(&self, state: &State, faults: &mut Vec<Fault>) {
        faults.extend((0..KEYS).filter(|&key| self.may_expire(state, key)).map(Fault::Expire));
        faults.extend((0..ASKERS).filter(|&asker| may_crash(state, asker)).map(Fault::Crash));
        faults.extend((0..ASKERS).filter_map(|asker| self.time_out_of(state, asker)));
        faults
            .extend((0..CLEARERS).filter(|&clearer| self.clear_may_be_late(state, clearer)).map(Fault::ClearTimesOut));
        faults.extend((0..state.late.len()).filter(|&slot| state.late[slot].is_some()).map(Fault::ExecuteLate));
        losses_of(state, faults);
        failovers_of(state, faults);
    }

    pub(super) fn fail(&self, state: &mut State, fault: Fault) {
        match fault {
            Fault::Expire(key) => state.void_lease(key),
            Fault::Crash(asker) => self.crash(state, asker),
            Fault::StoreTimesOut(asker) => store_times_out(state, asker),
            Fault::AcquireTimesOut(asker) => self.acquire_times_out(state, asker),
            Fault::ClearTimesOut(clearer) => self.clear_times_out(state, clearer),
            Fault::ExecuteLate(slot) => self.execute_late(state, slot),
            Fault::LoseGeneration | Fault::LoseEntry(_) | Fault::LoseLease(_) => lose(state, fault),
            Fault::FallBehind => fall_behind(state),
            Fault::FailOver => self.fail_over(state),
        }
    }

    fn may_expire(&self, state: &State, key: usize) -> bool {
        self.faults.expiry && state.store.slots[key].lease.is_some()
    }

    fn crash(&self, state: &mut State, asker: usize) {
        state.budget.crashes -= 1;
        let lease = state.askers[asker].lease();
        let held_lease = lease.is_some() && lease == state.store.slots[self.key_of(asker)].lease;
        state.askers[asker].settle(Step::Crashed { held_lease });
    }

    fn time_out_of(&self, state: &State, asker: usize) -> Option<Fault> {
        let kinds = self.faults.late_kinds;
        let this = &state.askers[asker];
        match this.step {
            _ if state.budget.late == 0 => None,
            Step::Computing(_) if kinds != LateKinds::Clears => Some(Fault::StoreTimesOut(asker)),
            Step::Acquiring if kinds == LateKinds::StoresAndAcquires && this.attempt < self.polls => {
                Some(Fault::AcquireTimesOut(asker))
            }
            _ => None,
        }
    }

    fn clear_may_be_late(&self, state: &State, clearer: usize) -> bool {
        let kind = self.clear == ClearKind::Category && self.faults.late_kinds == LateKinds::Clears;
        kind && state.budget.late > 0 && state.clearers[clearer] == Clearer::Ready
    }

    fn acquire_times_out(&self, state: &mut State, asker: usize) {
        let token = self.token_of(state, asker);
        make_late(state, Late::Acquire(token));
        state.askers[asker].attempt += 1;
    }

    /// The second attempt makes a generation of its own: a late first one must not bring a replaced one back.
    fn clear_times_out(&self, state: &mut State, clearer: usize) {
        let first = state.mint();
        make_late(state, Late::Clear(first));
        let second = if self.has(Flaw::GenerationUsedTwice) { first } else { state.mint() };
        acknowledge_generation(state, clearer, second);
    }

    fn execute_late(&self, state: &mut State, slot: usize) {
        match state.late[slot].take() {
            Some(Late::Store { claim, lost }) => {
                let asker = usize::from(claim.token.asker);
                let stored = self.run_store_script(state, self.key_of(asker), claim, lost);
                let outcome = if stored { Outcome::StoredLate } else { Outcome::RefusedLate };
                state.askers[asker].settle(Step::Done(outcome));
            }
            Some(Late::Acquire(token)) => {
                let key = self.key_of(usize::from(token.asker));
                state.store.slots[key].lease.get_or_insert(token);
            }
            Some(Late::Clear(generation)) => state.store.generation = Some(generation),
            None => {}
        }
    }

    fn fail_over(&self, state: &mut State) {
        let Some(replica) = state.replica.take() else { return };
        state.harm.clear_undone |= replica.acknowledged < state.issued;
        match self.faults.rolled_back {
            Some(Scope::Generation) => state.store.generation = replica.store.generation,
            Some(Scope::EntriesAndLeases) => state.store.slots = replica.store.slots,
            None => {}
        }
    }
}

fn may_crash(state: &State, asker: usize) -> bool {
    let this = &state.askers[asker];
    state.budget.crashes > 0 && !this.is_settled() && this.step != Step::Idle
}

fn store_times_out(state: &mut State, asker: usize) {
    let Step::Computing(claim) = state.askers[asker].step else { return };
    make_late(state, Late::Store { claim, lost: state.askers[asker].lost });
    state.askers[asker].settle(Step::Done(Outcome::Unheard));
}

fn make_late(state: &mut State, command: Late) {
    state.budget.late -= 1;
    if let Some(slot) = state.late.iter_mut().find(|slot| slot.is_none()) {
        *slot = Some(command);
    }
}

fn losses_of(state: &State, faults: &mut Vec<Fault>) {
    if state.budget.losses == 0 {
        return;
    }
    faults.extend(state.store.generation.map(|_| Fault::LoseGeneration));
    for (key, slot) in state.store.slots.iter().enumerate() {
        faults.extend(slot.entry.map(|_| Fault::LoseEntry(key)));
        faults.extend(slot.lease.map(|_| Fault::LoseLease(key)));
    }
}

fn lose(state: &mut State, fault: Fault) {
    state.budget.losses -= 1;
    match fault {
        Fault::LoseGeneration => state.store.generation = None,
        Fault::LoseEntry(key) => state.store.slots[key].entry = None,
        Fault::LoseLease(key) => state.void_lease(key),
        _ => {}
    }
}

fn failovers_of(state: &State, faults: &mut Vec<Fault>) {
    if state.replica.is_some() {
        faults.push(Fault::FailOver);
    } else if state.budget.failovers > 0 {
        faults.push(Fault::FallBehind);
    }
}

fn fall_behind(state: &mut State) {
    state.budget.failovers -= 1;
    state.replica = Some(Replica { store: state.store, acknowledged: state.acknowledged });
}
