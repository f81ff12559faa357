//! Debts in memory: of clients, where the store is in memory, and of origins while a shared store does not answer.

use super::{Charge, Decision};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How many debts may be kept before those that are paid are forgotten.
const TIDY_AT: usize = 10_000;

/// When each debt is paid.
#[derive(Debug, Default)]
pub(crate) struct Debts(HashMap<String, Instant>);

impl Debts {
    /// Lets one more request pass, or not.
    pub(crate) fn spend(&mut self, name: &str, charge: Charge, now: Instant) -> Decision {
        let decision = charge.decide(self.owed_ms(name, now));
        if let Decision::Pass { debt_ms } = decision {
            self.set(name, debt_ms, now);
        }
        decision
    }

    /// Raises or lowers a debt, whatever it is.
    pub(crate) fn change(&mut self, name: &str, by_ms: i64, now: Instant) {
        let debt_ms = self.owed_ms(name, now).saturating_add_signed(by_ms);
        self.set(name, debt_ms, now);
    }

    /// How long it takes until a debt is paid, in milliseconds.
    pub(crate) fn owed_ms(&self, name: &str, now: Instant) -> u64 {
        let paid_at = self.0.get(name).copied().unwrap_or(now);
        crate::clock::millis(paid_at.saturating_duration_since(now))
    }

    fn set(&mut self, name: &str, debt_ms: u64, now: Instant) {
        if self.0.len() >= TIDY_AT {
            self.0.retain(|_, paid_at| *paid_at > now);
        }
        self.0.insert(name.to_owned(), now + Duration::from_millis(debt_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::{Debts, TIDY_AT};
    use crate::budget::{Decision, Rate};
    use std::time::{Duration, Instant};

    #[test]
    fn a_debt_is_paid_by_waiting_and_forgotten_after_that() {
        let (mut budgets, rate, start) = (Debts::default(), Rate::new(60, 2), Instant::now());
        let passes = |budgets: &mut Debts, after_ms| {
            let now = start + Duration::from_millis(after_ms);
            matches!(budgets.spend("a", rate.charge(), now), Decision::Pass { .. })
        };
        let at = [0, 0, 0, 999, 1_000].map(|after_ms| passes(&mut budgets, after_ms));
        assert_eq!(at, [true, true, false, false, true]);
        for client in 0..TIDY_AT {
            budgets.spend(&client.to_string(), rate.charge(), start);
        }
        budgets.spend("b", rate.charge(), start + Duration::from_secs(3));
        assert_eq!(budgets.0.len(), 1);
    }

    #[test]
    fn a_debt_that_is_changed_is_never_less_than_nothing() {
        let (mut debts, now) = (Debts::default(), Instant::now());
        debts.change("a", 700, now);
        debts.change("a", -200, now);
        assert_eq!(debts.owed_ms("a", now), 500);
        debts.change("a", -900, now);
        assert_eq!((debts.owed_ms("a", now), debts.owed_ms("b", now)), (0, 0));
    }
}
