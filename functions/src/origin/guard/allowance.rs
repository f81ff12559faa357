//! The budget of an origin, which all processes share, and the line of those who wait for it.

use crate::budget::{Debts, Decision, Rate};
use crate::cache::{Cache, Counter, Deadline};
use crate::origin::failure::CallFailure;
use crate::store::Patience;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};

/// How long the store may take to tell.
const PATIENCE: Duration = Duration::from_millis(150);

/// One limit of an origin.
#[derive(Clone, Debug)]
pub(in crate::origin) struct Window {
    /// What it is called in the store.
    pub(in crate::origin) name: &'static str,
    /// How many calls it lets pass.
    pub(in crate::origin) rate: Rate,
}

/// The budget of an origin. Whoever has to wait for it does so in a line, and only the first one of a process asks for
/// it, so that a stampede costs the store no more than the calls that come of it.
pub(in crate::origin) struct Allowance {
    cache: Cache,
    windows: Vec<Window>,
    longest_wait: Duration,
    waiting: AtomicU32,
    turn: Semaphore,
    /// What was spent while the store did not tell.
    spent_alone: Mutex<Debts>,
}

impl Allowance {
    /// A budget of several limits, which all have to allow a call; without any there is no budget.
    pub(in crate::origin) fn new(cache: Cache, windows: Vec<Window>, longest_wait: Duration) -> Self {
        let (waiting, turn) = (AtomicU32::new(0), Semaphore::new(1));
        Self { cache, windows, longest_wait, waiting, turn, spent_alone: Mutex::default() }
    }

    /// Waits for the right to one call, for so long that there is time left to make it. While `is_hopeless` nothing is
    /// spent.
    pub(in crate::origin) async fn wait(
        &self,
        until: Deadline,
        is_hopeless: impl Fn() -> bool,
    ) -> Result<(), CallFailure> {
        if is_hopeless() {
            return Err(CallFailure::CircuitOpen);
        }
        if self.windows.is_empty() {
            return Ok(());
        }
        let patience = self.longest_wait.min(until.remaining() / 2);
        let give_up_at = Instant::now() + patience;
        let place = self.stand_in_line(patience).ok_or(CallFailure::OverBudget)?;
        let turn = timeout_at(give_up_at, self.turn.acquire()).await.ok().and_then(Result::ok);
        let _turn = turn.ok_or(CallFailure::OverBudget)?;
        let waiting = self.wait_as_first(give_up_at, is_hopeless).await;
        drop(place);
        waiting
    }

    async fn wait_as_first(&self, give_up_at: Instant, is_hopeless: impl Fn() -> bool) -> Result<(), CallFailure> {
        loop {
            if is_hopeless() {
                return Err(CallFailure::CircuitOpen);
            }
            match self.spend().await {
                Decision::Pass { .. } => return Ok(()),
                Decision::Refuse { retry_after } if Instant::now() + retry_after < give_up_at => {
                    sleep(retry_after).await;
                }
                Decision::Refuse { .. } => return Err(CallFailure::OverBudget),
            }
        }
    }

    /// The shorter limits first: what they let pass and a longer one refuses is lost for them only.
    async fn spend(&self) -> Decision {
        let mut decision = Decision::Pass { debt_ms: 0 };
        for Window { name, rate } in &self.windows {
            let told = self.cache.store().spend(name, *rate, Patience::of(PATIENCE)).await;
            decision = told.unwrap_or_else(|error| {
                self.cache.tally(Counter::Store(error.reason), 1);
                self.alone().spend(name, *rate, std::time::Instant::now())
            });
            if let Decision::Refuse { .. } = decision {
                return decision;
            }
        }
        decision
    }

    /// A place in the line, unless so many are before it that its turn would not come in time.
    fn stand_in_line(&self, patience: Duration) -> Option<Place<'_>> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let place = Place(&self.waiting);
        let interval = self.windows.iter().map(|window| window.rate.interval_ms()).min().unwrap_or_default();
        (u64::from(before).saturating_mul(interval) <= crate::clock::millis(patience)).then_some(place)
    }

    /// An entry is replaced as a whole, so poisoning means nothing here.
    fn alone(&self) -> MutexGuard<'_, Debts> {
        self.spent_alone.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Allowance").field("windows", &self.windows).finish_non_exhaustive()
    }
}

/// A place in the line, which is left in any case.
struct Place<'a>(&'a AtomicU32);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
