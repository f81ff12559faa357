//! The steps of whoever clears.

use super::protocol::{CLEARERS, ClearKind, Flaw, KEYS, Protocol, SweepRule};
use super::state::{Clearer, Mark, Slot, State};

/// One atomic step of a clearer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Clear {
    /// `SET gen <new token>`, which is also the acknowledgment: nobody is promised less by an early one.
    ReplaceGeneration,
    /// The sweep's script: `DEL entry` if it is stamped with another generation than the new one.
    Sweep,
    /// The script that deletes one key: `DEL entry`, `DEL lease`.
    DeleteKey,
    /// A prefix clear is issued and its first pass begins.
    BeginPasses,
    /// The pass in progress has met this key, and unlinks it.
    Unlink(usize),
    /// The pass in progress is complete. The end of the second one is the acknowledgment.
    EndPass,
}

impl Protocol {
    pub(super) fn clears_of(&self, state: &State, clearer: usize) -> Vec<Clear> {
        match state.clearers[clearer] {
            Clearer::Idle => Vec::new(),
            Clearer::Ready => vec![self.first_clear()],
            Clearer::Sweeping { .. } => vec![Clear::Sweep],
            Clearer::FirstPass { marks, .. } => pass_steps(state, marks, self.first_pass()),
            Clearer::SecondPass { marks, .. } => pass_steps(state, marks, self.second_pass()),
        }
    }

    fn first_clear(&self) -> Clear {
        match self.clear {
            ClearKind::Category => Clear::ReplaceGeneration,
            ClearKind::Key => Clear::DeleteKey,
            ClearKind::Prefix => Clear::BeginPasses,
        }
    }

    pub(super) fn clear(&self, state: &mut State, clearer: usize, step: Clear) {
        match step {
            Clear::ReplaceGeneration => replace_generation(state, clearer),
            Clear::Sweep => self.sweep(state, clearer),
            Clear::DeleteKey => self.delete_key(state, clearer),
            Clear::BeginPasses => self.begin_passes(state, clearer),
            Clear::Unlink(key) => self.unlink(state, clearer, key),
            Clear::EndPass => self.end_pass(state, clearer),
        }
    }

    fn sweep(&self, state: &mut State, clearer: usize) {
        let Clearer::Sweeping { new, replaced } = state.clearers[clearer] else { return };
        state.clearers[clearer] = Clearer::Idle;
        let is_swept = |stamp| match self.sweep {
            _ if self.has(Flaw::SweepComparesNothing) => true,
            SweepRule::ExceptNew => stamp != new,
            SweepRule::OnlyReplaced => Some(stamp) == replaced,
        };
        let swept = state.store.slots[0].entry.take_if(|entry| is_swept(entry.stamp));
        state.harm.lost_current |= swept.is_some_and(|swept| state.store.generation == Some(swept.stamp));
    }

    fn delete_key(&self, state: &mut State, clearer: usize) {
        state.clearers[clearer] = Clearer::Idle;
        state.issued += 1;
        state.acknowledged = state.issued;
        state.store.slots[0].entry = None;
        if !self.has(Flaw::DeleteKeepsLease) {
            state.void_lease(0);
        }
    }

    fn first_pass(&self) -> Pass {
        if self.has(Flaw::EntriesBeforeLeases) { Pass::Entries } else { Pass::Leases }
    }

    fn second_pass(&self) -> Pass {
        if self.has(Flaw::EntriesBeforeLeases) { Pass::Leases } else { Pass::Entries }
    }

    fn begin_passes(&self, state: &mut State, clearer: usize) {
        state.issued += 1;
        let marks = self.first_pass().marks(state);
        state.clearers[clearer] = Clearer::FirstPass { number: state.issued, marks };
    }

    fn unlink(&self, state: &mut State, clearer: usize, key: usize) {
        let (Clearer::FirstPass { marks, .. } | Clearer::SecondPass { marks, .. }) = &mut state.clearers[clearer]
        else {
            return;
        };
        marks[key] = Mark::Deleted;
        match self.pass_of(state.clearers[clearer]) {
            Some(Pass::Leases) => state.void_lease(key),
            Some(Pass::Entries) => state.store.slots[key].entry = None,
            None => {}
        }
    }

    fn end_pass(&self, state: &mut State, clearer: usize) {
        state.clearers[clearer] = match state.clearers[clearer] {
            Clearer::FirstPass { number, .. } => Clearer::SecondPass { number, marks: self.second_pass().marks(state) },
            Clearer::SecondPass { number, .. } => {
                state.acknowledged = state.acknowledged.max(number);
                Clearer::Idle
            }
            other => other,
        };
    }

    fn pass_of(&self, clearer: Clearer) -> Option<Pass> {
        match clearer {
            Clearer::FirstPass { .. } => Some(self.first_pass()),
            Clearer::SecondPass { .. } => Some(self.second_pass()),
            Clearer::Idle | Clearer::Ready | Clearer::Sweeping { .. } => None,
        }
    }

    /// After every step: an element that is absent now has not been there during the whole pass.
    pub(super) fn watch_passes(&self, state: &mut State) {
        for clearer in 0..CLEARERS {
            let Some(pass) = self.pass_of(state.clearers[clearer]) else { continue };
            if let Clearer::FirstPass { marks, .. } | Clearer::SecondPass { marks, .. } = &mut state.clearers[clearer] {
                pass.forgive_absent(marks, &state.store.slots);
            }
        }
    }
}

/// What a pass deletes.
#[derive(Clone, Copy)]
enum Pass {
    Leases,
    Entries,
}

impl Pass {
    fn finds(self, slot: &Slot) -> bool {
        match self {
            Self::Leases => slot.lease.is_some(),
            Self::Entries => slot.entry.is_some(),
        }
    }

    fn marks(self, state: &State) -> [Mark; KEYS] {
        state.store.slots.map(|slot| if self.finds(&slot) { Mark::Present } else { Mark::Optional })
    }

    fn forgive_absent(self, marks: &mut [Mark; KEYS], slots: &[Slot; KEYS]) {
        for (mark, slot) in marks.iter_mut().zip(slots) {
            if *mark == Mark::Present && !self.finds(slot) {
                *mark = Mark::Optional;
            }
        }
    }
}

fn pass_steps(state: &State, marks: [Mark; KEYS], pass: Pass) -> Vec<Clear> {
    let owed = |key: &usize| marks[*key] != Mark::Deleted && pass.finds(&state.store.slots[*key]);
    let mut steps: Vec<_> = (0..KEYS).filter(owed).map(Clear::Unlink).collect();
    if !marks.contains(&Mark::Present) {
        steps.push(Clear::EndPass);
    }
    steps
}

fn replace_generation(state: &mut State, clearer: usize) {
    let new = state.mint();
    acknowledge_generation(state, clearer, new);
}

pub(super) fn acknowledge_generation(state: &mut State, clearer: usize, new: u8) {
    state.issued += 1;
    state.acknowledged = state.issued;
    let replaced = state.store.generation.replace(new);
    state.clearers[clearer] = Clearer::Sweeping { new, replaced };
}
