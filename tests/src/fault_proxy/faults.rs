//! What is done to replies.

use bytes::Bytes;
use std::time::Duration;

/// How a connection goes on after a reply that was cut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// It is closed (FIN).
    Close,
    /// It is reset (RST).
    Reset,
    /// It stays open and nothing more comes: the rest of the reply is never sent.
    Silence,
}

/// How much of a reply gets through before the cut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Keep {
    /// Half of it.
    Half,
    /// So many bytes, at most all but the last.
    Bytes(usize),
}

/// A fault of replies.
///
/// ```
/// use medinsight_tests::fault_proxy::{Ending, Keep, ReplyFault, replies};
///
/// let full = ReplyFault::replace(replies::OOM).on("SET");
/// let third_reply_in_half = ReplyFault::cut(Keep::Half, Ending::Reset).after(2).times(1);
/// ```
#[derive(Clone, Debug)]
pub struct ReplyFault {
    effect: Effect,
    command: Option<String>,
    skip: u64,
    left: u64,
}

/// What happens to a reply.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    Replace(Bytes),
    Cut(Keep, Ending),
    Swap,
}

/// The faults that are on.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) delay: Duration,
    list: Vec<ReplyFault>,
}

impl ReplyFault {
    /// The client gets these bytes in place of the reply.
    pub fn replace(bytes: impl Into<Bytes>) -> Self {
        Self::new(Effect::Replace(bytes.into()))
    }

    /// The client gets the beginning of the reply.
    #[must_use]
    pub fn cut(keep: Keep, ending: Ending) -> Self {
        Self::new(Effect::Cut(keep, ending))
    }

    /// The client gets the reply after the next one of its connection; one that waits for it alone waits for ever.
    #[must_use]
    pub fn swap() -> Self {
        Self::new(Effect::Swap)
    }

    /// Only replies to this command count, by its first word.
    #[must_use]
    pub fn on(mut self, command: &str) -> Self {
        self.command = Some(command.to_uppercase());
        self
    }

    /// So many replies go through first.
    #[must_use]
    pub fn after(mut self, replies: u64) -> Self {
        self.skip = replies;
        self
    }

    /// It happens so often; without this, until [`super::FaultProxy::heal`].
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.left = times;
        self
    }

    fn new(effect: Effect) -> Self {
        Self { effect, command: None, skip: 0, left: u64::MAX }
    }

    /// Whether it is this fault's turn; counts the reply.
    fn takes(&mut self, command: &str) -> bool {
        if self.left == 0 || self.command.as_deref().is_some_and(|only| only != command) {
            return false;
        }
        let is_due = self.skip == 0;
        self.skip = self.skip.saturating_sub(1);
        self.left -= u64::from(is_due);
        is_due
    }
}

impl Faults {
    pub(super) fn add(&mut self, fault: ReplyFault) {
        self.list.push(fault);
    }

    /// What happens to the reply to a command.
    pub(super) fn effect_on(&mut self, command: &str) -> Option<Effect> {
        self.list.iter_mut().find_map(|fault| fault.takes(command).then(|| fault.effect.clone()))
    }
}

impl Keep {
    /// The beginning of a reply that gets through.
    pub(super) fn beginning(self, reply: &Bytes) -> Bytes {
        let length = match self {
            Self::Half => reply.len() / 2,
            Self::Bytes(bytes) => bytes.min(reply.len().saturating_sub(1)),
        };
        reply.slice(..length)
    }
}

#[cfg(test)]
mod tests {
    use super::{Faults, ReplyFault};

    #[test]
    fn a_fault_waits_for_its_turn_and_ends_after_its_times() {
        let mut faults = Faults::default();
        faults.add(ReplyFault::swap().on("get").after(1).times(2));
        let commands = ["GET", "SET", "GET", "GET", "GET"];
        let hit: Vec<_> = commands.iter().map(|command| faults.effect_on(command).is_some()).collect();
        assert_eq!(hit, [false, false, true, true, false]);
    }
}
