//! The budget of an origin, which all processes share, and the line of those who wait for it.

use super::silence::Ledger;
use crate::budget::{Charge, DELIVERY, Decision, Rate, Volume};
use crate::cache::{Cache, Counter, Deadline};
use crate::origin::failure::CallFailure;
use crate::store::Patience;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};

/// How long the store may take to tell. What it told longer ago is no longer true: others may have gone before, and the
/// origin would see both at once.
const PATIENCE: Duration = Duration::from_millis(150);
const _: () = assert!(PATIENCE.as_millis() < DELIVERY.as_millis());

/// One limit of an origin.
#[derive(Clone, Debug)]
pub(in crate::origin) struct Window {
    /// What it is called in the store.
    pub(in crate::origin) name: &'static str,
    /// What it lets pass.
    pub(in crate::origin) limit: Limit,
}

/// What a limit lets pass.
#[derive(Clone, Copy, Debug)]
pub(in crate::origin) enum Limit {
    /// So many calls.
    Calls(Rate),
    /// So many tokens, of which a call is worth many.
    #[cfg_attr(not(feature = "bedrock"), expect(dead_code, reason = "only models count tokens"))]
    Tokens(Volume),
}

/// The budget of an origin. Whoever has to wait for it does so in a line, and only the first one of a process asks for
/// it, so that a stampede costs the store no more than the calls that come of it.
pub(in crate::origin) struct Allowance {
    cache: Cache,
    windows: Vec<Window>,
    longest_wait: Duration,
    waiting: AtomicU32,
    turn: Semaphore,
    ledger: Mutex<Ledger>,
}

impl Window {
    fn charge(&self, tokens: u64) -> Charge {
        match self.limit {
            Limit::Calls(rate) => rate.charge(),
            Limit::Tokens(volume) => volume.charge(tokens),
        }
    }

    /// Whether what passed then may still be used now. Tokens are an estimate, and are spent over the whole call.
    fn is_late(&self, asked_at: Instant) -> bool {
        match self.limit {
            Limit::Calls(_) => asked_at.elapsed() > PATIENCE,
            Limit::Tokens(_) => false,
        }
    }
}

impl Allowance {
    /// A budget of several limits, which all have to allow a call; without any there is no budget. The shorter ones come
    /// first: what they let pass and a longer one refuses is lost for them only.
    pub(in crate::origin) fn new(cache: Cache, windows: Vec<Window>, longest_wait: Duration) -> Self {
        let (waiting, turn) = (AtomicU32::new(0), Semaphore::new(1));
        Self { cache, windows, longest_wait, waiting, turn, ledger: Mutex::default() }
    }

    /// Waits for the right to one call that is worth so many tokens, for so long that there is time left to make it. While
    /// `is_hopeless` nothing is spent.
    pub(in crate::origin) async fn wait(
        &self,
        until: Deadline,
        tokens: u64,
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
        let place = self.stand_in_line(patience, tokens).ok_or(CallFailure::OverBudget)?;
        let turn = timeout_at(give_up_at, self.turn.acquire()).await.ok().and_then(Result::ok);
        let _turn = turn.ok_or(CallFailure::OverBudget)?;
        let waiting = self.wait_as_first(give_up_at, tokens, is_hopeless).await;
        drop(place);
        waiting
    }

    /// Corrects what a call was thought to be worth by what it was worth. A correction that is lost only makes the budget
    /// smaller or larger by it for as long as the debt would have lasted.
    pub(in crate::origin) async fn correct(&self, thought: u64, was: u64) {
        for Window { name, limit } in &self.windows {
            let Limit::Tokens(volume) = limit else { continue };
            let millis = |tokens| i64::try_from(volume.millis(tokens)).unwrap_or(i64::MAX);
            let by_ms = millis(was) - millis(thought);
            if by_ms != 0 {
                self.ledger().change(name, by_ms);
                let _ = self.cache.store().change_debt(name, by_ms, Patience::of(PATIENCE)).await;
            }
        }
    }

    /// Asks for one limit after the other, and again for what has become too old meanwhile.
    async fn wait_as_first(
        &self,
        give_up_at: Instant,
        tokens: u64,
        is_hopeless: impl Fn() -> bool,
    ) -> Result<(), CallFailure> {
        let mut passed_at = vec![None; self.windows.len()];
        let is_due = |window: &Window, passed_at: Option<Instant>| passed_at.is_none_or(|at| window.is_late(at));
        while let Some(next) = self.windows.iter().zip(&passed_at).position(|(window, at)| is_due(window, *at)) {
            if is_hopeless() {
                return Err(CallFailure::CircuitOpen);
            }
            let asked_at = Instant::now();
            match self.ask(&self.windows[next], tokens).await {
                Decision::Pass { .. } => passed_at[next] = Some(asked_at),
                Decision::Refuse { retry_after } if Instant::now() + retry_after < give_up_at => {
                    sleep(retry_after).await;
                }
                Decision::Refuse { .. } => return Err(CallFailure::OverBudget),
            }
        }
        Ok(())
    }

    async fn ask(&self, window: &Window, tokens: u64) -> Decision {
        let (name, charge) = (window.name, window.charge(tokens));
        let told = match self.pay_what_was_spent_alone(name).await {
            Ok(()) => self.cache.store().spend(name, charge, Patience::of(PATIENCE)).await,
            Err(error) => Err(error),
        };
        match told {
            Ok(decision) => {
                self.ledger().told(name, charge, decision);
                decision
            }
            Err(error) => {
                self.cache.tally(Counter::Store(error.reason), 1);
                self.ledger().decide_alone(name, charge)
            }
        }
    }

    /// What was spent while the store was down is owed to the others when it is back.
    async fn pay_what_was_spent_alone(&self, name: &'static str) -> Result<(), crate::store::StoreError> {
        let unpaid = self.ledger().unpaid_ms(name);
        if let Some(unpaid_ms) = unpaid {
            let by_ms = i64::try_from(unpaid_ms).unwrap_or(i64::MAX);
            self.cache.store().change_debt(name, by_ms, Patience::of(PATIENCE)).await?;
            self.ledger().paid(name);
        }
        Ok(())
    }

    /// A place in the line, unless so many are before it that its turn would not come in time.
    fn stand_in_line(&self, patience: Duration, tokens: u64) -> Option<Place<'_>> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let place = Place(&self.waiting);
        let interval = self.windows.iter().map(|window| window.charge(tokens).cost_ms).min().unwrap_or_default();
        (u64::from(before).saturating_mul(interval) <= crate::clock::millis(patience)).then_some(place)
    }

    /// What is in the ledger is an estimate in any case, so poisoning means nothing here.
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
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
