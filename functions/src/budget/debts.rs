//! Debts in memory: of clients, where the store is in memory, and of origins while a shared store does not answer.

use super::{Decision, Rate};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How many debts may be kept before those that are paid are forgotten.
const TIDY_AT: usize = 10_000;

/// When each debt is paid.
#[derive(Debug, Default)]
pub(crate) struct Debts(HashMap<String, Instant>);

impl Debts {
    /// Lets one more request pass, or not.
    pub(crate) fn spend(&mut self, name: &str, rate: Rate, now: Instant) -> Decision {
        let paid_at = self.0.get(name).copied().unwrap_or(now);
        let decision = rate.decide(crate::clock::millis(paid_at.saturating_duration_since(now)));
        if let Decision::Pass { debt_ms } = decision {
            if self.0.len() >= TIDY_AT {
                self.0.retain(|_, paid_at| *paid_at > now);
            }
            self.0.insert(name.to_owned(), now + Duration::from_millis(debt_ms));
        }
        decision
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
            matches!(budgets.spend("a", rate, now), Decision::Pass { .. })
        };
        let at = [0, 0, 0, 999, 1_000].map(|after_ms| passes(&mut budgets, after_ms));
        assert_eq!(at, [true, true, false, false, true]);
        for client in 0..TIDY_AT {
            budgets.spend(&client.to_string(), rate, start);
        }
        budgets.spend("b", rate, start + Duration::from_secs(3));
        assert_eq!(budgets.0.len(), 1);
    }
}
