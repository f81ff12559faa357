//! What the model knows at one instant: the store, the askers, the clearers, commands under way, and what went wrong.

use super::protocol::{ASKERS, CLEARERS, ClearKind, KEYS, Protocol};

/// A random token in reality; a number that is never used again here.
pub(super) type Generation = u8;

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct State {
    pub(super) store: Store,
    /// What a replica knew when it stopped following.
    pub(super) replica: Option<Replica>,
    pub(super) askers: [Asker; ASKERS],
    pub(super) clearers: [Clearer; CLEARERS],
    pub(super) late: [Option<Late>; 2],
    pub(super) budget: Budget,
    /// How many generations there have been.
    pub(super) minted: Generation,
    /// How many clears have been issued: the model's clock, since only clears make an answer old.
    pub(super) issued: u8,
    /// The latest clear that has been acknowledged.
    pub(super) acknowledged: u8,
    pub(super) harm: Harm,
}

#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Store {
    pub(super) generation: Option<Generation>,
    pub(super) slots: [Slot; KEYS],
}

#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Slot {
    pub(super) entry: Option<Entry>,
    pub(super) lease: Option<Token>,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Entry {
    pub(super) stamp: Generation,
    /// How many clears had been issued when the computation of this answer began.
    pub(super) began: u8,
}

/// An entry that was read, and the latest clear that was acknowledged when the store read it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Sighting {
    pub(super) entry: Entry,
    pub(super) acknowledged: u8,
}

/// The random token of one attempt to take a lease.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Token {
    pub(super) asker: u8,
    pub(super) attempt: u8,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Replica {
    pub(super) store: Store,
    pub(super) acknowledged: u8,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Asker {
    pub(super) step: Step,
    pub(super) copy: GenerationCopy,
    /// Which attempt to take the lease this is; it makes its token.
    pub(super) attempt: u8,
    /// The lease it took was taken from it: it expired, was voided, or was lost.
    pub(super) lost: bool,
}

/// This process's copy of the generation, and the latest clear that was acknowledged when it was read.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct GenerationCopy {
    pub(super) generation: Generation,
    pub(super) acknowledged: u8,
}

/// Where an asker is in the protocol.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Step {
    /// Before step 1.
    Idle,
    /// Within step 1: it has read the entry, and the generation comes next.
    LookedUp(Option<Sighting>),
    /// Before step 2, for the first time or after a pause.
    Acquiring,
    /// Within step 2, after `SET NX`: with the lease, or without.
    Tried(Option<Token>),
    /// Within step 2, after `GET entry`.
    Peeked(Option<Token>, Option<Sighting>),
    /// Only with [`Flaw::WaitForWakeUp`](super::protocol::Flaw::WaitForWakeUp).
    Asleep,
    /// Step 3, and the store script of step 4 is what comes next.
    Computing(Claim),
    /// It gives back its lease: step 5, or step 2 when the answer was there already.
    Releasing(Token, Outcome),
    Done(Outcome),
    Crashed {
        held_lease: bool,
    },
}

/// What a holder hands to the store script.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Claim {
    pub(super) token: Token,
    pub(super) entry: Entry,
}

/// How an asker got its answer, and what became of what it computed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Outcome {
    /// There is no such asker in this configuration.
    Absent,
    /// Served from the store at once.
    Hit,
    /// Served from the store after it had waited for another's computation.
    Shared,
    Stored {
        waited: bool,
    },
    /// The store script found that the lease was no longer its sender's.
    Refused,
    /// The store script is still under way and its sender waits no longer.
    Unheard,
    StoredLate,
    RefusedLate,
    /// Its patience ended: it computed without a lease and stored nothing.
    Alone,
    OriginFailed,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Clearer {
    /// It will not clear, or has finished.
    Idle,
    Ready,
    /// Its category clear is acknowledged, and the bytes are still to be swept.
    Sweeping {
        new: Generation,
        replaced: Option<Generation>,
    },
    FirstPass {
        number: u8,
        marks: [Mark; KEYS],
    },
    SecondPass {
        number: u8,
        marks: [Mark; KEYS],
    },
}

/// What a pass of `SCAN` owes to one element: all that it promises is to return what was there from its start to its
/// end.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Mark {
    /// Present since the pass began: the pass cannot end before it has returned the element.
    Present,
    /// Absent at some instant of the pass: returning it is up to the store.
    Optional,
    Deleted,
}

/// A command whose sender has stopped waiting for it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Late {
    Store { claim: Claim, lost: bool },
    Acquire(Token),
    Clear(Generation),
}

/// What may still happen in this run.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Budget {
    pub(super) crashes: u8,
    pub(super) late: u8,
    pub(super) losses: u8,
    pub(super) failovers: u8,
}

/// What must never come true.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Harm {
    /// An answer that a clear should have removed was served.
    pub(super) served_cleared: bool,
    /// The store took a value from a process that had lost its lease.
    pub(super) stored_unentitled: bool,
    /// A sweep, or an older answer, removed an entry that was current.
    pub(super) lost_current: bool,
    /// Not a harm but an excuse: a failover went back to before the end of a clear that had been issued.
    pub(super) clear_undone: bool,
}

impl State {
    pub(super) fn initial(protocol: &Protocol, entry: Option<Entry>) -> Self {
        let slots = [Slot { entry, lease: None }; KEYS];
        let faults = &protocol.faults;
        let failovers = u8::from(faults.rolled_back.is_some());
        Self {
            store: Store { generation: Some(0), slots },
            replica: None,
            askers: std::array::from_fn(|asker| Asker::initial(asker < usize::from(protocol.askers))),
            clearers: std::array::from_fn(|clearer| Clearer::initial(clearer < usize::from(protocol.clears))),
            late: [None; 2],
            budget: Budget { crashes: faults.crashes, late: faults.late, losses: faults.losses, failovers },
            minted: 1,
            issued: 0,
            acknowledged: 0,
            harm: Harm::default(),
        }
    }

    pub(super) fn mint(&mut self) -> Generation {
        let generation = self.minted;
        self.minted += 1;
        generation
    }

    /// Takes the lease of a key away from its holder, whatever is still under way for it.
    pub(super) fn void_lease(&mut self, key: usize) {
        let Some(token) = self.store.slots[key].lease.take() else { return };
        let holder = &mut self.askers[usize::from(token.asker)];
        holder.lost |= holder.lease() == Some(token);
        for late in self.late.iter_mut().flatten() {
            if let Late::Store { claim, lost } = late {
                *lost |= claim.token == token;
            }
        }
    }

    /// `GET entry` at this instant.
    pub(super) fn sight(&self, key: usize) -> Option<Sighting> {
        let acknowledged = self.acknowledged;
        self.store.slots[key].entry.map(|entry| Sighting { entry, acknowledged })
    }

    /// `GET gen` at this instant.
    pub(super) fn fresh_copy(&self) -> Option<GenerationCopy> {
        let acknowledged = self.acknowledged;
        self.store.generation.map(|generation| GenerationCopy { generation, acknowledged })
    }
}

impl Sighting {
    /// Whether a clear that was acknowledged in time should have kept this answer from being served: before the
    /// generation was read where the generation tells, before the entry was read where deletion does.
    pub(super) fn is_cleared(&self, clear: ClearKind, known: GenerationCopy) -> bool {
        let acknowledged = match clear {
            ClearKind::Category => known.acknowledged,
            ClearKind::Key | ClearKind::Prefix => self.acknowledged,
        };
        self.entry.began < acknowledged
    }
}

impl Asker {
    fn initial(asks: bool) -> Self {
        let step = if asks { Step::Idle } else { Step::Done(Outcome::Absent) };
        Self { step, copy: GenerationCopy::default(), attempt: 0, lost: false }
    }

    pub(super) fn is_settled(&self) -> bool {
        matches!(self.step, Step::Done(_) | Step::Crashed { .. })
    }

    /// The lease that it believes to hold.
    pub(super) fn lease(&self) -> Option<Token> {
        match self.step {
            Step::Tried(lease) | Step::Peeked(lease, _) => lease,
            Step::Computing(Claim { token, .. }) | Step::Releasing(token, _) => Some(token),
            Step::Idle | Step::LookedUp(_) | Step::Acquiring | Step::Asleep => None,
            Step::Done(_) | Step::Crashed { .. } => None,
        }
    }

    /// What is no longer needed is forgotten, so that histories which differ in nothing else are one state.
    pub(super) fn settle(&mut self, step: Step) {
        *self = Self { step, copy: GenerationCopy::default(), attempt: 0, lost: false };
    }
}

impl Clearer {
    fn initial(clears: bool) -> Self {
        if clears { Self::Ready } else { Self::Idle }
    }
}
