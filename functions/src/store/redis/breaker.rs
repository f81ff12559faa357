//! The circuit breaker: after failures in a row the store is left alone for a while.
//!
//! It reads no clock and makes no random numbers; both are arguments. Time is that of the wall, because a Lambda
//! environment is frozen between requests and its other clocks may stand still meanwhile.

use crate::clock::millis;
use medinsight_core::UnixMillis;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// After so many failures in a row the circuit opens.
const FAILURES_TO_OPEN: u32 = 3;

/// For how long it is open at first. It doubles with every probe that fails.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// For how long it is open at most, so that hits are back within a second and a half of the store.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A pause is shortened by up to this share of it, so that processes do not probe in step.
const JITTER_PERCENT: u64 = 20;

/// A circuit that nobody has probed for so long after its pause tells nothing about the store any more.
const FORGETTING: Duration = Duration::from_secs(5);

/// How long a probe may take before somebody else may try: its task may have been frozen or lost.
const PROBE_LIMIT: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Clone, Copy, Debug)]
enum State {
    Closed { failures: u32 },
    Open { pause: Duration, until: UnixMillis },
    HalfOpen { pause: Duration, until: UnixMillis },
}

/// Whether a trip may be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Admission {
    /// It may.
    Pass,
    /// It may not, and the caller is to find out in the background whether the store is back.
    Probe,
    /// It may not.
    Refuse,
}

/// What changed by an outcome.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Change {
    /// The circuit has opened.
    Opened,
    /// The circuit has closed.
    Closed,
    /// Nothing.
    Nothing,
}

/// How bad a failure is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Gravity {
    /// It may be this one connection's.
    Ordinary,
    /// No connection works: the circuit opens at once.
    Hopeless,
}

impl Breaker {
    pub(super) fn admit(&self, now: UnixMillis) -> Admission {
        let mut state = self.state();
        match *state {
            State::Closed { .. } => Admission::Pass,
            State::Open { until, .. } | State::HalfOpen { until, .. } if now < until => Admission::Refuse,
            State::Open { pause, until } | State::HalfOpen { pause, until } => {
                *state = State::HalfOpen { pause, until: UnixMillis(now.0.saturating_add(millis(PROBE_LIMIT))) };
                if now.since(until) > FORGETTING { Admission::Pass } else { Admission::Probe }
            }
        }
    }

    pub(super) fn succeed(&self) -> Change {
        match std::mem::replace(&mut *self.state(), State::Closed { failures: 0 }) {
            State::Closed { .. } => Change::Nothing,
            State::Open { .. } | State::HalfOpen { .. } => Change::Closed,
        }
    }

    /// Counts a failure; `noise` is a random number for the jitter.
    pub(super) fn fail(&self, gravity: Gravity, now: UnixMillis, noise: u64) -> Change {
        let mut state = self.state();
        match *state {
            State::Closed { failures } if gravity == Gravity::Ordinary && failures + 1 < FAILURES_TO_OPEN => {
                *state = State::Closed { failures: failures + 1 };
                Change::Nothing
            }
            State::Closed { .. } => {
                *state = open(FIRST_PAUSE, now, noise);
                Change::Opened
            }
            State::HalfOpen { pause, .. } => {
                *state = open((pause * 2).min(LONGEST_PAUSE), now, noise);
                Change::Nothing
            }
            State::Open { .. } => Change::Nothing,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        !matches!(*self.state(), State::Closed { .. })
    }

    /// A state is replaced as a whole, so poisoning means nothing here.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

fn open(pause: Duration, now: UnixMillis, noise: u64) -> State {
    let shortened_by = millis(pause) * (noise % (JITTER_PERCENT + 1)) / 100;
    State::Open { pause, until: UnixMillis(now.0.saturating_add(millis(pause) - shortened_by)) }
}

#[cfg(test)]
mod tests {
    use super::{Admission, Breaker, Change, Gravity};
    use medinsight_core::UnixMillis;
    use proptest::prelude::*;

    fn fail(breaker: &Breaker, now: u64) -> Change {
        breaker.fail(Gravity::Ordinary, UnixMillis(now), 0)
    }

    fn opened_at(now: u64) -> Breaker {
        let breaker = Breaker::default();
        assert_eq!([fail(&breaker, now), fail(&breaker, now)], [Change::Nothing; 2]);
        assert_eq!(fail(&breaker, now), Change::Opened);
        breaker
    }

    #[test]
    fn three_failures_in_a_row_open_the_circuit_and_a_success_starts_the_count_anew() {
        let breaker = Breaker::default();
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
        assert_eq!(Breaker::default().fail(Gravity::Hopeless, UnixMillis(0), 0), Change::Opened);
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
            let breaker = Breaker::default();
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
