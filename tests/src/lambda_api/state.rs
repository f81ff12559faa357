//! What the emulated environment knows.

use super::Extensions;
use bytes::Bytes;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::Notify;
use tokio::time::Instant;

/// A call of the function.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Call {
    /// An extension registered, for these events.
    Registered(String),
    /// The runtime asked for an invocation.
    RuntimeNext,
    /// The extension asked for an event.
    ExtensionNext,
    /// The answer to an invocation, by its number.
    Answered(u64),
    /// The failure of an invocation, by its number.
    Failed(u64),
    /// The extension gave up.
    ExtensionFailed,
    /// The function cannot start.
    InitFailed,
}

/// What came of an invocation.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The answer, or the error.
    pub payload: Result<Value, Value>,
    /// How long it took.
    pub took: Duration,
    /// The invocation's number.
    pub number: u64,
}

impl Outcome {
    /// The HTTP status of the answer; 0 for an error.
    #[must_use]
    pub fn status(&self) -> u64 {
        self.payload.as_ref().ok().and_then(|answer| answer["statusCode"].as_u64()).unwrap_or(0)
    }

    /// A header of the answer, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let Ok(answer) = &self.payload else { return "" };
        let single = answer["headers"][name].as_str();
        single.or_else(|| answer["multiValueHeaders"][name][0].as_str()).unwrap_or_default()
    }

    /// The body of the answer as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let body = self.payload.as_ref().ok().and_then(|answer| answer["body"].as_str());
        body.and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default()
    }
}

/// An invocation on its way.
#[derive(Clone, Debug)]
pub(super) struct Invocation {
    pub(super) number: u64,
    pub(super) event: Bytes,
    pub(super) sent_at: Instant,
    pub(super) deadline_ms: u128,
}

impl Invocation {
    pub(super) fn of(event: &Value, time: Duration) -> Self {
        let now = SystemTime::UNIX_EPOCH.elapsed().expect("a clock after 1970");
        let deadline_ms = (now + time).as_millis();
        Self { number: 0, event: event.to_string().into(), sent_at: Instant::now(), deadline_ms }
    }

    /// The id, in the form of Lambda's.
    pub(super) fn id(&self) -> String {
        id_of(self.number)
    }
}

pub(super) fn id_of(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

pub(super) fn number_of(id: &str) -> Option<u64> {
    u64::from_str_radix(id.rsplit('-').next()?, 16).ok()
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) calls: Vec<Call>,
    pub(super) invocations: VecDeque<Invocation>,
    pub(super) events: VecDeque<Invocation>,
    pub(super) under_way: BTreeMap<u64, Instant>,
    pub(super) outcomes: BTreeMap<u64, Outcome>,
    pub(super) init_error: Option<Value>,
    pub(super) has_extension: bool,
    /// Whether the extension wants to hear of invocations.
    pub(super) takes_invocations: bool,
    /// How many calls for the next invocation, and for the next event, are waiting.
    pub(super) runtimes_waiting: usize,
    pub(super) extensions_waiting: usize,
    next_number: u64,
}

impl State {
    pub(super) fn is_idle(&self) -> bool {
        let is_extension_idle = !self.has_extension || self.extensions_waiting > 0;
        self.runtimes_waiting > 0 && is_extension_idle && self.invocations.is_empty() && self.events.is_empty()
    }
}

/// The state, and whoever waits for it to change.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) extensions: Extensions,
    state: Mutex<State>,
    changed: Notify,
}

impl Shared {
    pub(super) fn new(extensions: Extensions) -> Self {
        Self { extensions, state: Mutex::default(), changed: Notify::new() }
    }

    /// Sends an invocation to the runtime and its event to the extension.
    pub(super) fn submit(&self, mut invocation: Invocation) -> u64 {
        self.change(|state| {
            state.next_number += 1;
            invocation.number = state.next_number;
            state.under_way.insert(invocation.number, invocation.sent_at);
            if state.takes_invocations {
                state.events.push_back(invocation.clone());
            }
            state.invocations.push_back(invocation);
            state.next_number
        })
    }

    pub(super) fn finish(&self, number: u64, payload: Result<Value, Value>) {
        self.change(|state| {
            let call = if payload.is_ok() { Call::Answered(number) } else { Call::Failed(number) };
            state.calls.push(call);
            if let Some(sent_at) = state.under_way.remove(&number) {
                state.outcomes.insert(number, Outcome { payload, took: sent_at.elapsed(), number });
            }
        });
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_waiters();
        result
    }

    /// Waits until something is found in the state.
    pub(super) async fn when<T>(&self, mut find: impl FnMut(&mut State) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let found = find(&mut self.lock());
            if let Some(found) = found {
                return found;
            }
            changed.await;
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
