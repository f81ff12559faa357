//! What a process goes by while the store does not tell it of a budget that all processes share.
//!
//! A store that is slow is not down: others may reach it, and spend there. So nobody counts alone before the store has been
//! silent for a while, and whoever did pays what it spent into the shared budget when the store is back.

use crate::budget::{Charge, Debts, Decision};
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::Instant;

/// How long the store has to be silent until it counts as down. Shorter than a question waits in line by default, so that
/// the first ones of an outage are still answered.
const UNTIL_DOWN: Duration = Duration::from_millis(1_500);

/// After what pause the store is asked again.
const ASKED_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// What this process has spent, and since when the store has been silent.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// What this process has spent, with the store's leave or without it: it never has more than the budget by itself.
    spent: Debts,
    silence: Option<Silence>,
    /// The budgets of which something was spent without the store's leave.
    unpaid: HashSet<&'static str>,
}

/// Attempts in a row that failed.
#[derive(Clone, Copy, Debug)]
struct Silence {
    first: Instant,
    last: Instant,
}

impl Ledger {
    /// The store has decided.
    pub(super) fn told(&mut self, name: &'static str, charge: Charge, decision: Decision) {
        self.silence = None;
        if let Decision::Pass { .. } = decision {
            self.change(name, charge.cost_ms.try_into().unwrap_or(i64::MAX));
        }
    }

    /// The store has not decided.
    pub(super) fn decide_alone(&mut self, name: &'static str, charge: Charge) -> Decision {
        let now = Instant::now();
        if !self.note_silence(now) {
            return Decision::Refuse { retry_after: ASKED_AGAIN_AFTER };
        }
        let decision = self.spent.spend(name, charge, now.into_std());
        if let Decision::Pass { .. } = decision {
            self.unpaid.insert(name);
        }
        decision
    }

    /// What is still to be paid of what was spent without the store's leave, in milliseconds.
    pub(super) fn unpaid_ms(&self, name: &str) -> Option<u64> {
        self.unpaid.contains(name).then(|| self.spent.owed_ms(name, Instant::now().into_std()))
    }

    /// It was paid.
    pub(super) fn paid(&mut self, name: &str) {
        self.unpaid.remove(name);
    }

    /// Raises or lowers what this process has spent.
    pub(super) fn change(&mut self, name: &str, by_ms: i64) {
        self.spent.change(name, by_ms, Instant::now().into_std());
    }

    /// Notes an attempt that failed, and says whether the store counts as down. Attempts that lie far apart are no silence:
    /// nobody knows what was in between.
    fn note_silence(&mut self, now: Instant) -> bool {
        let running = self.silence.filter(|silence| now - silence.last < UNTIL_DOWN);
        let silence = Silence { first: running.map_or(now, |silence| silence.first), last: now };
        self.silence = Some(silence);
        now - silence.first >= UNTIL_DOWN
    }
}

#[cfg(test)]
mod tests {
    use super::{ASKED_AGAIN_AFTER, Ledger, UNTIL_DOWN};
    use crate::budget::{Charge, Decision, Rate};
    use std::time::Duration;
    use tokio::time::{Instant, advance};

    const NAME: &str = "a budget";

    /// One call at once, and one a second.
    fn charge() -> Charge {
        Rate::new(60, 1).charge()
    }

    fn passes(ledger: &mut Ledger) -> bool {
        matches!(ledger.decide_alone(NAME, charge()), Decision::Pass { .. })
    }

    /// Asks again and again until something passes; returns how long that took.
    async fn passes_after(ledger: &mut Ledger) -> Duration {
        let started = Instant::now();
        while !passes(ledger) {
            advance(ASKED_AGAIN_AFTER).await;
        }
        started.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_passes_alone_before_the_store_was_silent_for_a_while() {
        let mut ledger = Ledger::default();
        assert_eq!(passes_after(&mut ledger).await, UNTIL_DOWN);
        assert!(!passes(&mut ledger), "the budget is spent");
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_tells_now_and_then_is_not_down() {
        let mut ledger = Ledger::default();
        for _ in 0..100 {
            assert!(!passes(&mut ledger));
            advance(UNTIL_DOWN - ASKED_AGAIN_AFTER).await;
            assert!(!passes(&mut ledger));
            ledger.told(NAME, charge(), Decision::Refuse { retry_after: Duration::ZERO });
        }
        assert_eq!(ledger.unpaid_ms(NAME), None);
    }

    #[tokio::test(start_paused = true)]
    async fn two_failures_with_nothing_known_between_them_are_no_silence() {
        let mut ledger = Ledger::default();
        assert!(!passes(&mut ledger));
        advance(Duration::from_secs(3_600)).await;
        assert!(!passes(&mut ledger));
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_store_allowed_is_not_allowed_a_second_time_when_it_falls_silent() {
        let mut ledger = Ledger::default();
        assert!(!passes(&mut ledger));
        advance(UNTIL_DOWN - ASKED_AGAIN_AFTER).await;
        ledger.change(NAME, 1_000);
        advance(ASKED_AGAIN_AFTER).await;
        assert!(!passes(&mut ledger), "it was spent 100 ms ago");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_spent_alone_is_still_to_be_paid() {
        let mut ledger = Ledger::default();
        passes_after(&mut ledger).await;
        advance(Duration::from_millis(300)).await;
        assert_eq!(ledger.unpaid_ms(NAME), Some(700));
        ledger.paid(NAME);
        assert_eq!(ledger.unpaid_ms(NAME), None);
    }
}
