//! What happens when, all of it decided by a seed before anything happens.

use std::time::Duration;

/// How many servers there are.
pub(crate) const SERVERS: usize = 3;

/// How many persons ask.
pub(crate) const PERSONS: u64 = 60;

/// What happens, on three tracks beside each other; the things of one track happen one after the other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Schedule {
    pub(crate) troubles: Vec<(Duration, Trouble)>,
    pub(crate) turns: Vec<(Duration, Turn)>,
    pub(crate) orders: Vec<(Duration, Order)>,
}

/// A fault of Redis or of the network before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Trouble {
    /// Redis is killed, and comes back empty.
    Kill(Duration),
    Freeze(Duration),
    /// The connections that are open are reset.
    Reset(Reach),
    /// They are closed.
    Close(Reach),
    /// They swallow every byte, and new ones do not.
    Swallow(Reach),
    /// Every connection swallows every byte.
    Isolate(Reach, Duration),
    /// Connections are reset, and new ones refused.
    Refuse(Reach, Duration),
    /// Replies come later.
    Slow(Reach, Duration, Duration),
}

/// Which servers feel a fault of the network.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reach {
    One(usize),
    All,
}

/// What happens to the server processes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Turn {
    /// One is killed and replaced.
    Kill(usize),
    Freeze(usize, Duration),
    /// All are replaced in turn, with the next list of encryption keys.
    Rotate,
}

/// What an operator orders, of which server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Order {
    pub(crate) server: usize,
    pub(crate) clear: Clear,
}

/// What is to be cleared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Clear {
    Category,
    Everything,
    /// The entries whose digests begin with this hexadecimal digit.
    Prefix(u8),
    /// The entry of one person.
    Entry(u64),
}

impl Schedule {
    /// What a seed makes of so much time.
    pub(crate) fn new(seed: u64, duration: Duration) -> Self {
        let mut random = Random(seed);
        Self {
            troubles: track(duration, &mut random, 2_000..7_000, Random::trouble),
            turns: track(duration, &mut random, 3_000..9_000, Random::turn),
            orders: track(duration, &mut random, 100..1_000, Random::order),
        }
    }
}

/// One thing after the other, each some time after the one before it began.
fn track<T>(
    duration: Duration,
    random: &mut Random,
    pause: std::ops::Range<u64>,
    mut next: impl FnMut(&mut Random) -> T,
) -> Vec<(Duration, T)> {
    let (mut things, mut at) = (Vec::new(), random.millis(pause.clone()));
    while at < duration {
        things.push((at, next(random)));
        at += random.millis(pause.clone());
    }
    things
}

/// Random numbers that a seed decides (`SplitMix64`).
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    pub(crate) fn millis(&mut self, range: std::ops::Range<u64>) -> Duration {
        Duration::from_millis(range.start + self.below(range.end - range.start))
    }

    fn server(&mut self) -> usize {
        usize::try_from(self.below(SERVERS as u64)).expect("a small number")
    }

    fn reach(&mut self) -> Reach {
        if self.below(3) == 0 { Reach::All } else { Reach::One(self.server()) }
    }

    fn trouble(&mut self) -> Trouble {
        match self.below(8) {
            0 => Trouble::Kill(self.millis(100..3_000)),
            1 => Trouble::Freeze(self.millis(50..3_000)),
            2 => Trouble::Reset(self.reach()),
            3 => Trouble::Close(self.reach()),
            4 => Trouble::Swallow(self.reach()),
            5 => Trouble::Isolate(self.reach(), self.millis(100..4_000)),
            6 => Trouble::Refuse(self.reach(), self.millis(100..4_000)),
            _ => Trouble::Slow(self.reach(), self.millis(5..150), self.millis(200..4_000)),
        }
    }

    fn turn(&mut self) -> Turn {
        match self.below(4) {
            0 => Turn::Rotate,
            1 => Turn::Freeze(self.server(), self.millis(100..3_000)),
            _ => Turn::Kill(self.server()),
        }
    }

    fn order(&mut self) -> Order {
        let server = self.server();
        let clear = match self.below(16) {
            0 => Clear::Everything,
            1..=4 => Clear::Category,
            5..=7 => Clear::Prefix(u8::try_from(self.below(16)).expect("a digit")),
            _ => Clear::Entry(self.below(PERSONS)),
        };
        Order { server, clear }
    }
}

#[cfg(test)]
mod tests {
    use super::Schedule;
    use std::time::Duration;

    #[test]
    fn a_seed_decides_everything_and_another_one_decides_otherwise() {
        let schedule = |seed| Schedule::new(seed, Duration::from_secs(600));
        assert_eq!(schedule(7), schedule(7));
        assert_ne!(schedule(7), schedule(8));
        let Schedule { troubles, turns, orders } = schedule(7);
        assert!(troubles.len() > 100 && turns.len() > 80 && orders.len() > 800);
        let last = [troubles.last().map(|(at, _)| *at), turns.last().map(|(at, _)| *at)];
        assert!(last.iter().all(|at| *at < Some(Duration::from_secs(600))));
    }
}
