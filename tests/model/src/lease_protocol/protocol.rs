//! What is checked: the kind of clear, who takes part, which faults may happen, and what is broken on purpose.

/// How many askers a state has room for; those that a configuration does not need never ask.
pub(super) const ASKERS: usize = 3;
/// How many keys a state has room for; only a prefix clear needs the second one.
pub(super) const KEYS: usize = 2;
/// How many people may clear.
pub(super) const CLEARERS: usize = 2;

/// One configuration of the protocol. The default has one asker and nothing that disturbs it.
#[derive(Clone, Debug, Default)]
pub(super) struct Protocol {
    pub(super) clear: ClearKind,
    /// How many people clear, each of them once, at times of their own.
    pub(super) clears: u8,
    pub(super) sweep: SweepRule,
    pub(super) askers: u8,
    /// How often a waiter asks for the lease again before its patience ends for certain.
    pub(super) polls: u8,
    pub(super) faults: Faults,
    pub(super) flaw: Option<Flaw>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum ClearKind {
    /// Replaces the generation, acknowledges, and sweeps the bytes afterwards.
    #[default]
    Category,
    /// Deletes an entry and its lease in one script.
    Key,
    /// Deletes all leases in one pass, all entries in a second one, and acknowledges then.
    Prefix,
}

/// Which entries the sweep after a category clear deletes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum SweepRule {
    /// Every entry of another generation than the one that this clear made.
    #[default]
    ExceptNew,
    /// Only entries of the generation that this clear replaced.
    OnlyReplaced,
}

/// How often each fault may happen in one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    /// Leases expire at any time, also while their holder still computes.
    pub(super) expiry: bool,
    pub(super) origin_fails: bool,
    pub(super) crashes: u8,
    /// Commands whose sender stops waiting and which the store executes at any later time.
    pub(super) late: u8,
    pub(super) late_kinds: LateKinds,
    /// Values that a failover loses, one at a time.
    pub(super) losses: u8,
    /// A failover to a replica that had fallen behind, and what that replica serves.
    pub(super) rolled_back: Option<Scope>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum LateKinds {
    /// Only the script that stores an answer.
    #[default]
    Stores,
    /// Also the command that takes a lease; its sender takes it again.
    StoresAndAcquires,
    /// Only the command that replaces a generation; its sender sends it again.
    Clears,
}

/// In a cluster the generation and the entries live on different nodes, and one of them can fail over alone.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Scope {
    Generation,
    EntriesAndLeases,
}

/// A rule of the protocol that is broken on purpose, to prove that the checker would notice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Flaw {
    /// The store script sets the entry whoever holds the lease.
    StoreWithoutLease,
    /// The entry is stamped with the generation of the time when it is stored.
    StampWhenStored,
    /// Deleting a key leaves its lease alone.
    DeleteKeepsLease,
    /// A prefix clear deletes entries in its first pass and leases in its second.
    EntriesBeforeLeases,
    /// The sweep deletes without comparing generations.
    SweepComparesNothing,
    /// Whoever takes the lease computes without reading the entry once more.
    NoSecondLook,
    /// Waiters sleep until the holder wakes them instead of asking again.
    WaitForWakeUp,
    /// An asker keeps its lease token for a second attempt.
    LeaseTokenUsedTwice,
    /// A clear that is sent again carries the generation of the first attempt.
    GenerationUsedTwice,
}

impl ClearKind {
    pub(super) const ALL: [Self; 3] = [Self::Category, Self::Key, Self::Prefix];

    /// A category clear is a generation, the others are deletions of entries and leases: each survives a failover that
    /// loses the other's writes.
    pub(super) fn survives_rollback_of(self, scope: Scope) -> bool {
        match self {
            Self::Category => scope == Scope::EntriesAndLeases,
            Self::Key | Self::Prefix => scope == Scope::Generation,
        }
    }
}

impl Protocol {
    pub(super) fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// With a prefix clear the third asker asks for another key, else all for the same one.
    pub(super) fn key_of(&self, asker: usize) -> usize {
        match self.clear {
            ClearKind::Prefix => asker / 2,
            ClearKind::Category | ClearKind::Key => 0,
        }
    }

    pub(super) fn is_quiet(&self) -> bool {
        let Faults { expiry, origin_fails, crashes, late, losses, rolled_back, .. } = &self.faults;
        let faults = *expiry || *origin_fails || rolled_back.is_some() || crashes + late + losses > 0;
        !faults && self.clears == 0
    }
}
