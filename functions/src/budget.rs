//! How much one client may have computed and may write, so that nobody can fill the cache or spend the origin's money
//! alone.

mod debts;
mod gcra;

pub(crate) use debts::Debts;
pub use gcra::{Charge, Decision, Rate};
pub(crate) use gcra::{DELIVERY, Volume};

use crate::cache::{Cache, Counter};
use crate::origin::OriginError;
use crate::store::Patience;
use medinsight_core::KeySecret;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the store may take to tell. It is asked on the way to a computation or a write, which takes longer.
const PATIENCE: Duration = Duration::from_millis(150);

/// How many refusals are remembered before those that are over are forgotten.
const TIDY_AT: usize = 1_000;

/// What a budget is spent on. Each has a budget of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expense {
    /// An answer that the origin has to be asked for.
    Computation,
    /// A value that the client has the store keep.
    Write,
}

/// The budget of every client, kept in the store.
#[derive(Clone, Debug)]
pub struct ClientBudget {
    cache: Cache,
    names: KeySecret,
    expense: Expense,
    rate: Option<Rate>,
    refused: Arc<Mutex<HashMap<String, Instant>>>,
}

/// A client with its budget.
#[derive(Clone, Copy, Debug)]
pub struct Payer<'a> {
    /// The client, if it can be told; else nobody is limited.
    pub client: Option<&'a str>,
    /// The budget.
    pub budget: &'a ClientBudget,
}

/// A client that has spent its budget.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the client has spent its budget")]
pub struct OverBudget {
    /// What it wanted too much of.
    pub expense: Expense,
    /// When it may try again.
    pub retry_after: Duration,
}

/// Why there is no answer for a client.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotAnswered {
    /// It has spent its budget.
    #[error(transparent)]
    OverBudget(#[from] OverBudget),
    /// The origin has none.
    #[error(transparent)]
    Origin(#[from] OriginError),
}

impl Payer<'_> {
    /// Takes one off the client's budget. When the store does not tell, the client may go on: the budget is there to
    /// protect the service, and must not be what takes it down.
    ///
    /// # Errors
    ///
    /// [`OverBudget`].
    pub async fn pay(self) -> Result<(), OverBudget> {
        self.budget.spend(self.client).await
    }

    /// Whether this process knows that the client has spent its budget. What such a client writes is not worth storing:
    /// somebody who floods the service must not push out what others have stored.
    #[must_use]
    pub fn is_broke(self) -> bool {
        self.budget.is_spent(self.client)
    }
}

impl Expense {
    /// What the client's pseudonym is made for, so that the budgets of one client lie under different keys.
    const fn purpose(self) -> &'static str {
        match self {
            Self::Computation => "client",
            Self::Write => "client that writes",
        }
    }
}

impl ClientBudget {
    /// A budget of `rate` for each client; without a rate none is limited. The store knows clients by pseudonyms.
    #[must_use]
    pub fn new(cache: Cache, names: KeySecret, expense: Expense, rate: Option<Rate>) -> Self {
        Self { cache, names, expense, rate, refused: Arc::default() }
    }

    async fn spend(&self, client: Option<&str>) -> Result<(), OverBudget> {
        let Some((client, rate)) = client.zip(self.rate) else { return Ok(()) };
        let key = self.key_of(client);
        // A box, so that the future of a request that spends nothing is small: it is moved several times.
        match Box::pin(self.cache.store().spend(&key, rate.charge(), Patience::of(PATIENCE))).await {
            Ok(Decision::Refuse { retry_after }) => {
                self.cache.tally(Counter::OverBudget, 1);
                self.remember(key, Instant::now() + retry_after);
                Err(OverBudget { expense: self.expense, retry_after })
            }
            Ok(Decision::Pass { .. }) => Ok(()),
            Err(error) => {
                self.cache.tally(Counter::Store(error.reason), 1);
                Ok(())
            }
        }
    }

    fn is_spent(&self, client: Option<&str>) -> bool {
        let Some(client) = client.filter(|_| self.rate.is_some()) else { return false };
        let mut refused = self.refused();
        if refused.is_empty() {
            return false;
        }
        let key = self.key_of(client);
        let is_spent = refused.get(&key).is_some_and(|until| *until > Instant::now());
        if !is_spent {
            refused.remove(&key);
        }
        is_spent
    }

    fn remember(&self, key: String, until: Instant) {
        let mut refused = self.refused();
        if refused.len() >= TIDY_AT {
            let now = Instant::now();
            refused.retain(|_, until| *until > now);
        }
        refused.insert(key, until);
    }

    fn key_of(&self, client: &str) -> String {
        format!("medinsight:budget:{{{}}}", self.names.pseudonym(self.expense.purpose(), client))
    }

    /// An entry is replaced as a whole, so poisoning means nothing here.
    fn refused(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
