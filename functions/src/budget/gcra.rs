//! The generic cell rate algorithm as a decision: may one more request pass now?
//!
//! What is kept of a client is its debt: how long it would have to be silent until its whole burst is there again. The
//! debt goes down as time goes by, so a key whose remaining life is the debt needs neither a value nor a clock.

use std::time::Duration;

/// How much later than it was decided a call may arrive where it goes. Calls are spread so far that as many as are allowed
/// arrive in a window even when one is as late as this and the next ones are not.
pub(crate) const DELIVERY: Duration = Duration::from_millis(250);

/// How many requests may pass: so many in the long run, and so many at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    interval_ms: u64,
    burst: u64,
}

/// How much may pass in a window where one request may be worth many units, such as tokens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Volume {
    window_ms: u64,
    count: u64,
    at_once: u64,
}

/// What a request costs: by how much it raises the debt, and how high the debt may be afterwards.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Charge {
    /// In milliseconds.
    pub cost_ms: u64,
    /// In milliseconds.
    pub limit_ms: u64,
}

/// What is to be done with a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// It may pass, and the debt is this from now on.
    Pass {
        /// The new debt, in milliseconds.
        debt_ms: u64,
    },
    /// It may not; the debt stays as it is.
    Refuse {
        /// How long the client has to wait until a request may pass.
        retry_after: Duration,
    },
}

impl Rate {
    /// `per_minute` requests a minute, of which `burst` may come at once. The time between two is rounded up to whole
    /// milliseconds; both numbers count as at least one.
    #[must_use]
    pub fn new(per_minute: u32, burst: u32) -> Self {
        Self { interval_ms: 60_000_u64.div_ceil(u64::from(per_minute.max(1))), burst: u64::from(burst.max(1)) }
    }

    /// As many as never make more than `count` in any span of `window`, wherever they arrive within 250 ms: a tenth of
    /// them may come at once, and the others are spread over the window. Both count as at least one.
    #[must_use]
    pub fn within(count: u32, window: Duration) -> Self {
        let (count, window_ms) = (u64::from(count.max(1)), crate::clock::millis(window).max(1));
        let burst = (count / 10).max(1);
        let spread = window_ms.div_ceil((count - burst).max(1));
        let spread_of_late_ones = (window_ms + crate::clock::millis(DELIVERY)).div_ceil(count + 1 - burst);
        Self { interval_ms: spread.max(spread_of_late_ones), burst }
    }

    /// By how much a request raises the debt, in milliseconds.
    #[must_use]
    pub const fn interval_ms(self) -> u64 {
        self.interval_ms
    }

    /// The highest debt, in milliseconds: that of a burst.
    #[must_use]
    pub const fn limit_ms(self) -> u64 {
        self.interval_ms.saturating_mul(self.burst)
    }

    /// What one request costs.
    #[must_use]
    pub const fn charge(self) -> Charge {
        Charge { cost_ms: self.interval_ms, limit_ms: self.limit_ms() }
    }
}

impl Volume {
    /// As many units as never make more than `count` in any span of `window`, as long as no request is worth more than a
    /// quarter of them: so many may come at once. A larger request waits until all debt is paid.
    pub(crate) fn within(count: u32, window: Duration) -> Self {
        let count = u64::from(count.max(4));
        Self { window_ms: crate::clock::millis(window).max(1), count, at_once: count / 4 }
    }

    /// What a request costs that is worth so many units.
    pub(crate) fn charge(self, units: u64) -> Charge {
        let cost_ms = self.millis(units);
        Charge { cost_ms, limit_ms: self.millis(self.at_once).max(cost_ms) }
    }

    /// The debt of so many units, in milliseconds.
    pub(crate) fn millis(self, units: u64) -> u64 {
        units.saturating_mul(self.window_ms).div_ceil(self.count - self.at_once)
    }
}

impl Charge {
    /// Decides on a request of a client with a debt.
    #[must_use]
    pub fn decide(self, debt_ms: u64) -> Decision {
        let raised = debt_ms.saturating_add(self.cost_ms);
        match raised.checked_sub(self.limit_ms) {
            None | Some(0) => Decision::Pass { debt_ms: raised },
            Some(excess) => Decision::Refuse { retry_after: Duration::from_millis(excess) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DELIVERY, Decision, Rate, Volume};
    use proptest::prelude::*;
    use std::time::Duration;

    /// Lets requests come after the given pauses; returns at which times they passed.
    fn passed(rate: Rate, pauses: &[u64]) -> Vec<u64> {
        let (mut now, mut debt, mut passed) = (0, 0_u64, Vec::new());
        for pause in pauses {
            now += pause;
            debt = debt.saturating_sub(*pause);
            if let Decision::Pass { debt_ms } = rate.charge().decide(debt) {
                debt = debt_ms;
                passed.push(now);
            }
        }
        passed
    }

    prop_compose! {
        fn any_rate()(per_minute in 1..=6_000_u32, burst in 1..=50_u32) -> (Rate, u32) {
            (Rate::new(per_minute, burst), burst)
        }
    }

    proptest! {
        #[test]
        fn a_burst_passes_at_once_and_not_one_more((rate, burst) in any_rate()) {
            prop_assert_eq!(passed(rate, &vec![0; burst as usize + 5]).len(), burst as usize);
        }

        #[test]
        fn in_no_span_of_time_does_more_pass_than_the_burst_and_the_rate_allow(
            (rate, burst) in any_rate(),
            pauses in prop::collection::vec(0..5_000_u64, 1..300),
        ) {
            let passed = passed(rate, &pauses);
            for (first, from) in passed.iter().enumerate() {
                for (last, until) in passed.iter().enumerate().skip(first) {
                    let allowed = u64::from(burst) + (until - from) / rate.interval_ms();
                    prop_assert!((last - first + 1) as u64 <= allowed);
                }
            }
        }

        #[test]
        fn in_no_window_do_more_arrive_than_the_window_allows_however_late_each_one_is(
            count in 1..=300_u32,
            window_secs in prop::sample::select(vec![1_u64, 60]),
            pauses in prop::collection::vec((0..2_000_u64, 0..=crate::clock::millis(DELIVERY)), 1..400),
        ) {
            let (pauses, late): (Vec<_>, Vec<_>) = pauses.into_iter().unzip();
            let passed = passed(Rate::within(count, Duration::from_secs(window_secs)), &pauses);
            let mut arrived: Vec<_> = passed.iter().zip(late).map(|(at, late)| at + late).collect();
            arrived.sort_unstable();
            for (first, from) in arrived.iter().enumerate() {
                let in_window = arrived[first..].iter().take_while(|at| **at - from < window_secs * 1_000).count();
                prop_assert!(in_window <= count as usize);
            }
        }

        #[test]
        fn in_no_window_do_more_units_pass_than_the_window_allows(
            count in 1_000..=1_000_000_u32,
            requests in prop::collection::vec((0..20_000_u64, 1..=25_u64), 1..200),
        ) {
            let volume = Volume::within(count, Duration::from_secs(60));
            let (mut now, mut debt, mut passed) = (0, 0_u64, Vec::new());
            for (pause, percent) in requests {
                let units = u64::from(count) * percent / 100;
                now += pause;
                debt = debt.saturating_sub(pause);
                if let Decision::Pass { debt_ms } = volume.charge(units).decide(debt) {
                    debt = debt_ms;
                    passed.push((now, units));
                }
            }
            for (first, (from, _)) in passed.iter().enumerate() {
                let in_window = passed[first..].iter().take_while(|(at, _)| at - from < 60_000);
                prop_assert!(in_window.map(|(_, units)| units).sum::<u64>() <= u64::from(count));
            }
        }

        #[test]
        fn a_request_of_any_size_passes_when_nothing_is_owed(count in 1..=1_000_000_u32, units in 0..=10_000_000_u64) {
            let charge = Volume::within(count, Duration::from_secs(60)).charge(units);
            let passes = matches!(charge.decide(0), Decision::Pass { .. });
            prop_assert!(passes);
        }

        #[test]
        fn who_keeps_to_the_rate_is_never_refused((rate, _) in any_rate(), extra in prop::collection::vec(0..100_u64, 1..100)) {
            let pauses: Vec<u64> = extra.iter().map(|extra| rate.interval_ms() + extra).collect();
            prop_assert_eq!(passed(rate, &pauses).len(), pauses.len());
        }

        #[test]
        fn who_waits_as_long_as_told_passes_and_who_waits_less_does_not((rate, _) in any_rate(), debt in 0..10_000_000_u64) {
            if let Decision::Refuse { retry_after } = rate.charge().decide(debt) {
                let wait = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
                let too_early = matches!(rate.charge().decide(debt - (wait - 1)), Decision::Refuse { .. });
                let in_time = matches!(rate.charge().decide(debt - wait), Decision::Pass { .. });
                prop_assert!(too_early && in_time);
            }
        }

        #[test]
        fn being_refused_costs_nothing((rate, burst) in any_rate(), attempts in 0..200_usize) {
            let mut pauses = vec![0; burst as usize + attempts];
            pauses.push(rate.interval_ms());
            prop_assert_eq!(passed(rate, &pauses).len(), burst as usize + 1);
        }
    }
}
