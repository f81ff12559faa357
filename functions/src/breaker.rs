//! The circuit breaker: after failures in a row a store or an origin is left alone for a while.
//!
//! It reads no clock and makes no random numbers; both are arguments. Time is that of the wall, because a Lambda
//! environment is frozen between requests and its other clocks may stand still meanwhile.

use crate::clock::millis;
use medinsight_core::UnixMillis;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A pause is shortened by up to this share of it, so that processes do not probe in step.
const JITTER_PERCENT: u64 = 20;

/// How patient a circuit is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tempo {
    /// After so many failures in a row it opens.
    pub(crate) failures_to_open: u32,
    /// For how long it is open at first. It doubles with every probe that fails.
    pub(crate) first_pause: Duration,
    /// For how long it is open at most.
    pub(crate) longest_pause: Duration,
    /// A circuit that nobody has probed for so long after its pause tells nothing any more.
    pub(crate) forgetting: Duration,
    /// How long a probe may take before somebody else may try: its task may have been frozen or lost.
    pub(crate) probe_limit: Duration,
}

impl Tempo {
    /// A store is tried again soon, so that hits are back within a second and a half of it.
    pub(crate) const STORE: Self = Self {
        failures_to_open: 3,
        first_pause: Duration::from_millis(250),
        longest_pause: Duration::from_secs(1),
        forgetting: Duration::from_secs(5),
        probe_limit: Duration::from_secs(2),
    };

    /// An origin that is down is asked less often: each attempt costs a person time, and perhaps money.
    pub(crate) const ORIGIN: Self = Self {
        failures_to_open: 5,
        first_pause: Duration::from_secs(1),
        longest_pause: Duration::from_secs(10),
        forgetting: Duration::from_secs(60),
        probe_limit: Duration::from_secs(15),
    };
}

#[derive(Debug)]
pub(crate) struct Breaker {
    tempo: Tempo,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed { failures: u32 },
    Open { pause: Duration, until: UnixMillis },
    HalfOpen { pause: Duration, until: UnixMillis },
}

/// Whether something may be asked of the other side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Admission {
    /// It may.
    Pass,
    /// It is time to find out whether the other side is back: by the request itself, or in the background.
    Probe,
    /// It may not.
    Refuse,
}

/// What changed by an outcome.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Change {
    /// The circuit has opened.
    Opened,
    /// The circuit has closed.
    Closed,
    /// Nothing.
    Nothing,
}

/// How bad a failure is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Gravity {
    /// It may be this one connection's.
    Ordinary,
    /// No connection works: the circuit opens at once.
    Hopeless,
}

impl Breaker {
    /// A closed circuit.
    pub(crate) const fn new(tempo: Tempo) -> Self {
        Self { tempo, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    pub(crate) fn admit(&self, now: UnixMillis) -> Admission {
        let mut state = self.state();
        match *state {
            State::Closed { .. } => Admission::Pass,
            State::Open { until, .. } | State::HalfOpen { until, .. } if now < until => Admission::Refuse,
            State::Open { pause, until } | State::HalfOpen { pause, until } => {
                *state =
                    State::HalfOpen { pause, until: UnixMillis(now.0.saturating_add(millis(self.tempo.probe_limit))) };
                if now.since(until) > self.tempo.forgetting { Admission::Pass } else { Admission::Probe }
            }
        }
    }

    pub(crate) fn succeed(&self) -> Change {
        match std::mem::replace(&mut *self.state(), State::Closed { failures: 0 }) {
            State::Closed { .. } => Change::Nothing,
            State::Open { .. } | State::HalfOpen { .. } => Change::Closed,
        }
    }

    /// Counts a failure; `noise` is a random number for the jitter.
    pub(crate) fn fail(&self, gravity: Gravity, now: UnixMillis, noise: u64) -> Change {
        let mut state = self.state();
        match *state {
            State::Closed { failures }
                if gravity == Gravity::Ordinary && failures + 1 < self.tempo.failures_to_open =>
            {
                *state = State::Closed { failures: failures + 1 };
                Change::Nothing
            }
            State::Closed { .. } => {
                *state = open(self.tempo.first_pause, now, noise);
                Change::Opened
            }
            State::HalfOpen { pause, .. } => {
                *state = open((pause * 2).min(self.tempo.longest_pause), now, noise);
                Change::Nothing
            }
            State::Open { .. } => Change::Nothing,
        }
    }

    /// Whether nothing may be asked now. It changes nothing, other than [`Breaker::admit`].
    pub(crate) fn refuses(&self, now: UnixMillis) -> bool {
        matches!(*self.state(), State::Open { until, .. } | State::HalfOpen { until, .. } if now < until)
    }

    pub(crate) fn is_open(&self) -> bool {
        !matches!(*self.state(), State::Closed { .. })
    }

    /// A state is replaced as a whole, so poisoning means nothing here.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(pause: Duration, now: UnixMillis, noise: u64) -> State {
    let shortened_by = millis(pause) * (noise % (JITTER_PERCENT + 1)) / 100;
    State::Open { pause, until: UnixMillis(now.0.saturating_add(millis(pause) - shortened_by)) }
}

#[cfg(test)]
mod tests {
    use super::{Admission, Breaker, Change, Gravity, Tempo};
    use medinsight_core::UnixMillis;
    use proptest::prelude::*;

    fn fail(breaker: &Breaker, now: u64) -> Change {
        breaker.fail(Gravity::Ordinary, UnixMillis(now), 0)
    }

    fn opened_at(now: u64) -> Breaker {
        let breaker = Breaker::new(Tempo::STORE);
        assert_eq!([fail(&breaker, now), fail(&breaker, now)], [Change::Nothing; 2]);
        assert_eq!(fail(&breaker, now), Change::Opened);
        breaker
    }

    #[test]
    fn three_failures_in_a_row_open_the_circuit_and_a_success_starts_the_count_anew() {
        let breaker = Breaker::new(Tempo::STORE);
        fail(&breaker, 0);
        fail(&breaker, 0);
        assert_eq!(breaker.succeed(), Change::Nothing);
        fail(&breaker, 0);
        fail(&breaker, 0);
        assert_eq!(breaker.admit(UnixMillis(0)), Admission::Pass);
        assert_eq!(fail(&breaker, 0), Change::Opened);
        assert_eq!(breaker.admit(UnixMillis(249)), Admission::Refuse);
    }

    #[test]
    fn a_failure_without_hope_opens_it_at_once() {
        assert_eq!(Breaker::new(Tempo::STORE).fail(Gravity::Hopeless, UnixMillis(0), 0), Change::Opened);
    }

    #[test]
    fn after_the_pause_one_caller_probes_and_the_others_are_still_refused() {
        let breaker = opened_at(0);
        assert_eq!(breaker.admit(UnixMillis(250)), Admission::Probe);
        assert_eq!(breaker.admit(UnixMillis(250)), Admission::Refuse);
        assert_eq!(breaker.succeed(), Change::Closed);
        assert_eq!(breaker.admit(UnixMillis(250)), Admission::Pass);
    }

    #[test]
    fn the_pause_doubles_with_every_failed_probe_up_to_a_second() {
        let breaker = opened_at(0);
        let mut now = 250;
        for pause in [500, 1_000, 1_000] {
            assert_eq!(breaker.admit(UnixMillis(now)), Admission::Probe);
            assert_eq!(fail(&breaker, now), Change::Nothing);
            assert_eq!(breaker.admit(UnixMillis(now + pause - 1)), Admission::Refuse);
            now += pause;
        }
    }

    #[test]
    fn a_probe_that_never_comes_back_does_not_keep_the_circuit_open_for_ever() {
        let breaker = opened_at(0);
        assert_eq!(breaker.admit(UnixMillis(250)), Admission::Probe);
        assert_eq!(breaker.admit(UnixMillis(2_250)), Admission::Probe);
    }

    #[test]
    fn after_a_long_freeze_the_request_itself_may_try() {
        assert_eq!(opened_at(0).admit(UnixMillis(60_000)), Admission::Pass);
    }

    proptest! {
        #[test]
        fn whatever_happens_the_store_is_tried_again_within_two_seconds(
            steps in prop::collection::vec((0..3_u8, 0..3_000_u64, any::<u64>()), 0..50),
        ) {
            let breaker = Breaker::new(Tempo::STORE);
            let mut now = 0;
            for (step, later, noise) in steps {
                now += later;
                match step {
                    0 => drop(breaker.fail(Gravity::Ordinary, UnixMillis(now), noise)),
                    1 => drop(breaker.succeed()),
                    _ => drop(breaker.admit(UnixMillis(now))),
                }
            }
            prop_assert_ne!(breaker.admit(UnixMillis(now + 2_000)), Admission::Refuse);
        }
    }
}
