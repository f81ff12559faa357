//! What a process has gathered for one endpoint since its last batch.

use super::batch::{Batch, Event};
use medinsight_core::UnixMillis;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many events a batch has at most. A process that would gather more samples fewer keys.
pub(super) const MAX_EVENTS: usize = 256;

/// A batch with fewer events than this lets the next one sample more keys.
const FEW_EVENTS: usize = MAX_EVENTS / 8;

/// Requests for one key within this time are one event: for the shortest time to live that is looked at, a minute, they
/// are nearly the same moment, and a key that everybody asks for does not fill the batch.
const SAME_MOMENT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Gathering {
    /// The highest hash that is sampled. It is changed under the lock and read without.
    bound: AtomicU64,
    requests: AtomicU64,
    gathered: Mutex<Gathered>,
}

#[derive(Debug, Default)]
struct Gathered {
    halvings: u8,
    events: Vec<Event>,
}

impl Default for Gathering {
    fn default() -> Self {
        Self { bound: AtomicU64::new(u64::MAX), requests: AtomicU64::default(), gathered: Mutex::default() }
    }
}

impl Gathering {
    /// Counts a request, and says whether its key is sampled.
    pub(super) fn count_and_is_sampled(&self, hash: u64) -> bool {
        self.requests.fetch_add(1, Ordering::Relaxed);
        hash <= self.bound.load(Ordering::Relaxed)
    }

    pub(super) fn gather(&self, event: Event) {
        let mut gathered = self.gathered();
        gathered.add(event);
        while gathered.events.len() > MAX_EVENTS && gathered.halvings < u8::MAX {
            gathered.halve();
        }
        self.bound.store(Batch::bound_after(gathered.halvings), Ordering::Relaxed);
    }

    /// The batch so far; none without a request.
    pub(super) fn so_far(&self, tag: u64, started_at: UnixMillis) -> Option<Batch> {
        let gathered = self.gathered();
        let requests = counted(self.requests.load(Ordering::Relaxed))?;
        Some(Batch { tag, halvings: gathered.halvings, started_at, requests, events: gathered.events.clone() })
    }

    /// Takes the batch; none without a request.
    pub(super) fn take(&self, tag: u64, started_at: UnixMillis) -> Option<Batch> {
        let mut gathered = self.gathered();
        let requests = counted(self.requests.swap(0, Ordering::Relaxed))?;
        let (halvings, events) = (gathered.halvings, std::mem::take(&mut gathered.events));
        if events.len() < FEW_EVENTS {
            gathered.halvings = halvings.saturating_sub(1);
            self.bound.store(Batch::bound_after(gathered.halvings), Ordering::Relaxed);
        }
        Some(Batch { tag, halvings, started_at, requests, events })
    }

    /// What was gathered is right as far as it goes, so poisoning means nothing here.
    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn counted(requests: u64) -> Option<u32> {
    (requests > 0).then(|| u32::try_from(requests).unwrap_or(u32::MAX))
}

impl Gathered {
    fn add(&mut self, event: Event) {
        // It may have been halved since somebody looked at the bound.
        if event.hash > Batch::bound_after(self.halvings) {
            return;
        }
        let known = self.events.iter_mut().rfind(|known| known.hash == event.hash);
        match known {
            Some(known) if event.at.is_within(SAME_MOMENT, known.at) => known.count = known.count.saturating_add(1),
            _ => self.events.push(event),
        }
    }

    fn halve(&mut self) {
        self.halvings = self.halvings.saturating_add(1);
        let bound = Batch::bound_after(self.halvings);
        self.events.retain(|event| event.hash <= bound);
    }
}
