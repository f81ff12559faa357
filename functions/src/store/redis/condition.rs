//! How a database is doing, logged once when it changes and never for each request.

use crate::store::FailureReason;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) struct Condition {
    database: &'static str,
    known: Mutex<Known>,
}

#[derive(Clone, Copy, Default)]
struct Known {
    circuit_opened_for: Option<FailureReason>,
    refusal: Option<FailureReason>,
}

impl Condition {
    pub(super) fn of(database: &'static str) -> Self {
        Self { database, known: Mutex::default() }
    }

    pub(super) fn circuit_opened(&self, reason: FailureReason) {
        self.known().circuit_opened_for = Some(reason);
        tracing::warn!(database = self.database, reason = reason.as_str(), "the store is left alone for a while");
    }

    pub(super) fn circuit_closed(&self) {
        self.known().circuit_opened_for = None;
        tracing::info!(database = self.database, "the store is back");
    }

    /// Notes why the last counts or writes were refused, or that they were not.
    pub(super) fn refused(&self, refusal: Option<FailureReason>) {
        let before = std::mem::replace(&mut self.known().refusal, refusal);
        match (before, refusal) {
            (before, Some(reason)) if before != refusal => {
                tracing::warn!(database = self.database, reason = reason.as_str(), "the store refuses writes");
            }
            (Some(_), None) => tracing::info!(database = self.database, "the store takes writes again"),
            _ => {}
        }
    }

    /// Why the circuit opened, while it is open.
    pub(super) fn circuit_opened_for(&self) -> Option<FailureReason> {
        self.known().circuit_opened_for
    }

    /// Why writes are refused, while they are.
    pub(super) fn refusal(&self) -> Option<FailureReason> {
        self.known().refusal
    }

    /// What is known is replaced as a whole, so poisoning means nothing here.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
