//! What happened in a drill: who asked what when and what came of it, what was computed, what was cleared, who died.
//!
//! All times are from the start of the load, by the one clock of the process that asks, clears and computes.

use medinsight_tests::load::XCache;
use std::collections::BTreeSet;
use std::time::Duration;

/// A person, who asks one question of their own again and again.
pub(crate) type Person = u64;

/// A server process, by its port.
pub(crate) type Process = u16;

/// Everything that happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) asked: Vec<Asked>,
    /// The number of a computation is its place here.
    pub(crate) computed: Vec<Computed>,
    pub(crate) cleared: Vec<Cleared>,
    pub(crate) deaths: Vec<Death>,
}

/// A request and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) person: Person,
    pub(crate) process: Process,
    pub(crate) sent: Duration,
    /// When the answer was complete, or was given up.
    pub(crate) over: Duration,
    pub(crate) outcome: Outcome,
}

/// What came of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// No answer.
    Nothing,
    /// Another status than 200.
    Refused(u16),
    /// An answer.
    Answered(Answer),
}

/// What an answer says of itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Answer {
    pub(crate) x_cache: XCache,
    pub(crate) age: Option<Duration>,
    /// Whose question it answers and which computation it is of; nothing when it does not say.
    pub(crate) content: Option<(Person, usize)>,
}

/// A computation at the origin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Computed {
    pub(crate) person: Person,
    /// When the origin was asked.
    pub(crate) begun: Duration,
    /// When it answered.
    pub(crate) replied: Duration,
}

/// A clear that was acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Cleared {
    pub(crate) extent: Extent,
    /// The process that was told to.
    pub(crate) process: Process,
    pub(crate) begun: Duration,
    pub(crate) acknowledged: Duration,
}

/// What a clear was about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Extent {
    /// The category.
    Category,
    /// Some entries: one, or those whose keys begin alike.
    Entries(BTreeSet<Person>),
}

/// A process that was killed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Death {
    pub(crate) process: Process,
    pub(crate) killed: Duration,
    /// When nobody asked it any more.
    pub(crate) withdrawn: Duration,
}

impl Asked {
    /// Whether the process died while it had the request, which no process can make good.
    pub(crate) fn is_bereaved(&self, deaths: &[Death]) -> bool {
        let is_own = |death: &&Death| death.process == self.process;
        deaths.iter().filter(is_own).any(|death| self.sent <= death.withdrawn && self.over >= death.killed)
    }
}

impl Extent {
    pub(crate) fn has(&self, person: Person) -> bool {
        match self {
            Self::Category => true,
            Self::Entries(persons) => persons.contains(&person),
        }
    }
}
