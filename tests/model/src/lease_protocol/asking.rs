//! The steps of a process that answers a question.
//!
//! 1. It reads the entry, and the generation too unless its copy of that is younger than a second. An entry of that
//!    generation is the answer.
//! 2. In one pipeline it tries to take the lease, reads the entry, and reads the generation. An entry that has become
//!    current is the answer, and a lease that was just taken is released. Without entry and lease it pauses and
//!    repeats this step, until its time is over and it computes for itself alone.
//! 3. The holder of the lease computes.
//! 4. A script stores the answer, stamped with the generation of step 2, if the lease is still the holder's.
//! 5. If the origin fails, the holder releases the lease.

use super::protocol::{Flaw, Protocol};
use super::state::{Claim, Entry, GenerationCopy, Harm, Outcome, Sighting, State, Step, Token};

/// One atomic step of an asker. A pipeline is not atomic: each of its commands is a step of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ask {
    /// Another question made this process read the generation: its copy is young again.
    RenewCopy,
    /// Step 1 with a copy younger than one second: `GET entry`.
    LookUpWithCopy,
    /// Step 1 with a copy that has aged out: `GET entry` ...
    LookUp,
    /// ... and `GET gen`.
    LookUpGeneration,
    /// `SET gen <random> NX`, because a failover lost the generation. The caller reads it back as its next step.
    CreateGeneration,
    /// Step 2: `SET lease <random token> NX PX <life>` ...
    TakeLease,
    /// ... `GET entry` ...
    Peek,
    /// ... `GET gen`; the asker has the reply to the pipeline now, and serves, computes or waits.
    Decide,
    /// Step 2: the bounded time of waiting is over.
    PatienceEnds,
    /// Step 4: the computation of step 3 ends, and the store script runs.
    Store,
    /// Step 5: the origin fails.
    OriginFails,
    /// Steps 2 and 5: the release script, `DEL lease` if it is ours.
    Release,
}

impl Protocol {
    /// What the asker may do next; a step that its state does not allow is left out.
    pub(super) fn steps_of(&self, state: &State, asker: usize) -> &'static [Ask] {
        let generation_known = state.store.generation.is_some();
        let this = &state.askers[asker];
        match this.step {
            Step::Idle if state.fresh_copy().is_some_and(|fresh| fresh != this.copy) => {
                &[Ask::RenewCopy, Ask::LookUpWithCopy, Ask::LookUp]
            }
            Step::Idle => &[Ask::LookUpWithCopy, Ask::LookUp],
            Step::LookedUp(_) | Step::Peeked(..) if !generation_known => &[Ask::CreateGeneration],
            Step::LookedUp(_) => &[Ask::LookUpGeneration],
            Step::Acquiring if this.attempt == 0 => &[Ask::TakeLease],
            Step::Acquiring if this.attempt <= self.polls => &[Ask::TakeLease, Ask::PatienceEnds],
            Step::Acquiring => &[Ask::PatienceEnds],
            Step::Tried(_) => &[Ask::Peek],
            Step::Peeked(..) => &[Ask::Decide],
            Step::Computing(_) if self.faults.origin_fails => &[Ask::Store, Ask::OriginFails],
            Step::Computing(_) => &[Ask::Store],
            Step::Releasing(..) => &[Ask::Release],
            Step::Asleep | Step::Done(_) | Step::Crashed { .. } => &[],
        }
    }

    pub(super) fn ask(&self, state: &mut State, asker: usize, step: Ask) {
        match step {
            Ask::RenewCopy => renew_copy(state, asker),
            Ask::LookUpWithCopy => self.look_up_with_copy(state, asker),
            Ask::LookUp => state.askers[asker].step = Step::LookedUp(state.sight(self.key_of(asker))),
            Ask::LookUpGeneration => self.look_up_generation(state, asker),
            Ask::CreateGeneration => state.store.generation = Some(state.mint()),
            Ask::TakeLease => self.take_lease(state, asker),
            Ask::Peek => self.peek(state, asker),
            Ask::Decide => self.decide(state, asker),
            Ask::PatienceEnds => state.askers[asker].settle(Step::Done(Outcome::Alone)),
            Ask::Store => self.store_computed(state, asker),
            Ask::OriginFails => self.origin_fails(state, asker),
            Ask::Release => self.release(state, asker),
        }
    }

    fn look_up_with_copy(&self, state: &mut State, asker: usize) {
        let copy = state.askers[asker].copy;
        let seen = state.sight(self.key_of(asker));
        self.end_look_up(state, asker, seen, copy);
    }

    fn look_up_generation(&self, state: &mut State, asker: usize) {
        let Step::LookedUp(seen) = state.askers[asker].step else { return };
        let Some(known) = state.fresh_copy() else { return };
        self.end_look_up(state, asker, seen, known);
    }

    /// From here on the copy is not used again: step 2 reads the generation itself.
    fn end_look_up(&self, state: &mut State, asker: usize, seen: Option<Sighting>, known: GenerationCopy) {
        state.askers[asker].copy = GenerationCopy::default();
        match current(seen, known) {
            Some(seen) => self.serve(state, asker, seen, known, Outcome::Hit),
            None => state.askers[asker].step = Step::Acquiring,
        }
    }

    fn serve(&self, state: &mut State, asker: usize, seen: Sighting, known: GenerationCopy, outcome: Outcome) {
        state.harm.served_cleared |= seen.is_cleared(self.clear, known);
        state.askers[asker].settle(Step::Done(outcome));
    }

    fn take_lease(&self, state: &mut State, asker: usize) {
        let token = self.token_of(state, asker);
        let lease = &mut state.store.slots[self.key_of(asker)].lease;
        let won = lease.is_none();
        lease.get_or_insert(token);
        state.askers[asker].lost = false;
        state.askers[asker].step = Step::Tried(won.then_some(token));
    }

    /// A new token for each attempt: a late `SET NX` of an earlier one must not bring a voided lease back.
    pub(super) fn token_of(&self, state: &State, asker: usize) -> Token {
        let attempt = if self.has(Flaw::LeaseTokenUsedTwice) { 0 } else { state.askers[asker].attempt };
        Token { asker: u8::try_from(asker).unwrap_or(u8::MAX), attempt }
    }

    fn peek(&self, state: &mut State, asker: usize) {
        let Step::Tried(lease) = state.askers[asker].step else { return };
        let looks = lease.is_none() || !self.has(Flaw::NoSecondLook);
        let seen = state.sight(self.key_of(asker)).filter(|_| looks);
        state.askers[asker].step = Step::Peeked(lease, seen);
    }

    fn decide(&self, state: &mut State, asker: usize) {
        let Step::Peeked(lease, seen) = state.askers[asker].step else { return };
        let Some(known) = state.fresh_copy() else { return };
        match (current(seen, known), lease) {
            (Some(seen), lease) => self.serve_after_all(state, asker, seen, known, lease),
            (None, Some(token)) => compute(state, asker, token, known),
            (None, None) => self.wait(state, asker),
        }
    }

    fn serve_after_all(
        &self,
        state: &mut State,
        asker: usize,
        seen: Sighting,
        known: GenerationCopy,
        lease: Option<Token>,
    ) {
        let outcome = if state.askers[asker].attempt > 0 { Outcome::Shared } else { Outcome::Hit };
        self.serve(state, asker, seen, known, outcome);
        if let Some(token) = lease {
            state.askers[asker].step = Step::Releasing(token, outcome);
        }
    }

    fn wait(&self, state: &mut State, asker: usize) {
        let this = &mut state.askers[asker];
        this.attempt += 1;
        this.step = if self.has(Flaw::WaitForWakeUp) { Step::Asleep } else { Step::Acquiring };
    }

    fn store_computed(&self, state: &mut State, asker: usize) {
        let Step::Computing(claim) = state.askers[asker].step else { return };
        let (waited, lost) = (state.askers[asker].attempt > 0, state.askers[asker].lost);
        let stored = self.run_store_script(state, self.key_of(asker), claim, lost);
        let outcome = if stored { Outcome::Stored { waited } } else { Outcome::Refused };
        state.askers[asker].settle(Step::Done(outcome));
    }

    /// Step 4, the script: if the lease holds the token then `SET entry`, `DEL lease`, 1, else 0.
    pub(super) fn run_store_script(&self, state: &mut State, key: usize, claim: Claim, lost: bool) -> bool {
        let ours = state.store.slots[key].lease == Some(claim.token);
        if !ours && !self.has(Flaw::StoreWithoutLease) {
            return false;
        }
        let entry = self.stamped(state, claim.entry);
        state.harm = harm_of_storing(state, key, entry, lost || !ours);
        state.store.slots[key].entry = Some(entry);
        self.free_lease(state, key, claim.token);
        true
    }

    /// Whether the script would store this value now.
    pub(super) fn is_entitled(&self, state: &State, key: usize, claim: Claim) -> bool {
        state.store.slots[key].lease == Some(claim.token) || self.has(Flaw::StoreWithoutLease)
    }

    fn stamped(&self, state: &State, entry: Entry) -> Entry {
        let now = state.store.generation.filter(|_| self.has(Flaw::StampWhenStored));
        Entry { stamp: now.unwrap_or(entry.stamp), ..entry }
    }

    fn origin_fails(&self, state: &mut State, asker: usize) {
        let Step::Computing(claim) = state.askers[asker].step else { return };
        state.askers[asker].settle(Step::Releasing(claim.token, Outcome::OriginFailed));
    }

    fn release(&self, state: &mut State, asker: usize) {
        let Step::Releasing(token, outcome) = state.askers[asker].step else { return };
        self.free_lease(state, self.key_of(asker), token);
        state.askers[asker].settle(Step::Done(outcome));
    }

    /// `DEL lease` if it is ours. Sleepers exist only in a broken protocol, and only a living holder wakes them.
    fn free_lease(&self, state: &mut State, key: usize, token: Token) {
        let lease = &mut state.store.slots[key].lease;
        if *lease == Some(token) {
            *lease = None;
        }
        for asker in state.askers.iter_mut().filter(|asker| asker.step == Step::Asleep) {
            asker.step = Step::Acquiring;
        }
    }
}

fn renew_copy(state: &mut State, asker: usize) {
    if let Some(copy) = state.fresh_copy() {
        state.askers[asker].copy = copy;
    }
}

fn current(seen: Option<Sighting>, known: GenerationCopy) -> Option<Sighting> {
    seen.filter(|seen| seen.entry.stamp == known.generation)
}

/// Step 3 begins as early as it can, at the last command of step 2: an answer is as old as it may be.
fn compute(state: &mut State, asker: usize, token: Token, known: GenerationCopy) {
    let entry = Entry { stamp: known.generation, began: state.issued };
    state.askers[asker].step = Step::Computing(Claim { token, entry });
}

fn harm_of_storing(state: &State, key: usize, entry: Entry, unentitled: bool) -> Harm {
    let is_current = |stamp| state.store.generation == Some(stamp);
    let old = state.store.slots[key].entry;
    let worsens = old.is_some_and(|old| is_current(old.stamp)) && !is_current(entry.stamp);
    Harm {
        stored_unentitled: state.harm.stored_unentitled || unentitled,
        lost_current: state.harm.lost_current || worsens,
        ..state.harm
    }
}
