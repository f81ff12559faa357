//! What need not reach the store at once and rides along with the next trip: a hit is only known once its own trip is
//! over, and counting it must not cost a second one.

use super::counter::{Counter, MinuteCount, Usage};
use super::hottest::Hottest;
use super::latency::{Source, Stopwatch};
use super::minutes::{Minutes, UnixMinute};
use crate::store::Bucket;
use bytes::Bytes;
use foldhash::HashMap;
use medinsight_core::{CacheKey, DataClass, UnixMillis};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many payloads may wait. The server flushes every second; beyond this many the newest are worth less than the
/// memory, and they are summaries and inputs that the next question writes anew.
const MAX_WAITING_PAYLOADS: usize = 4_096;

/// How many payloads ride along with one trip. After an outage many wait, and a hit must not wait for all of them.
const MAX_RIDING_PAYLOADS: usize = 16;

/// How many go with one trip of a flush, for which nobody waits.
const MAX_FLUSHED_PAYLOADS: usize = 128;

/// How often counts ride along. A hit raises several counters, and a busy process would send several commands with each
/// trip that add up to the same in one.
const COUNTS_RIDE_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Deferred {
    waiting: Mutex<Waiting>,
    stopwatch: Stopwatch,
    /// Of entries that are the same for everybody, told with the minutes.
    public_hits: Hottest,
    /// Of entries about persons, whose keys are written nowhere: an erasure has to find all of them.
    personal_hits: Hottest,
}

#[derive(Debug, Default)]
struct Waiting {
    counts: HashMap<Counter, Due>,
    has_counts: bool,
    payloads: VecDeque<(CacheKey, Bytes)>,
    counts_rode_at: UnixMillis,
    /// Earlier minutes, and what did not get to the store of this one.
    minutes: Minutes,
    /// The minute that is counted in now; before the first trip what is counted waits for one.
    minute: UnixMinute,
    has_minutes: bool,
    minutes_rode_at: UnixMillis,
    /// Whether somebody wants to read the current minute, so that it has to be told as if it were over.
    is_wanted: bool,
}

/// By how much a counter is to be raised: the one that goes on for ever, and the one of the minute.
#[derive(Debug, Default)]
struct Due {
    ever: u64,
    minute: u64,
}

/// Which counts ride along with a trip.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Boarding {
    /// All but those of minutes, if none have ridden within the last second.
    Now(UnixMillis),
    /// All; those of minutes if none of them have ridden within the last second.
    All(UnixMillis),
}

/// What rides along with a trip.
#[derive(Debug, Default)]
pub(super) struct Riders {
    /// Counters and by how much they are to be raised.
    pub(super) counts: Vec<(Counter, u64)>,
    /// Payloads to be stored.
    pub(super) payloads: Vec<(CacheKey, Bytes)>,
    /// What is to be added to the buckets of minutes.
    pub(super) minutes: Vec<(UnixMinute, Bucket)>,
}

impl Deferred {
    /// Raises a counter, and that of the minute.
    pub(super) fn count(&self, counter: Counter, by: u64) {
        let mut waiting = self.waiting();
        let due = waiting.counts.entry(counter).or_default();
        due.ever += by;
        due.minute += by;
        (waiting.has_counts, waiting.has_minutes) = (true, true);
    }

    /// Raises a counter once more by what did not get to the store. It is in its minute already.
    pub(super) fn count_again(&self, counter: Counter, by: u64) {
        let mut waiting = self.waiting();
        waiting.counts.entry(counter).or_default().ever += by;
        waiting.has_counts = true;
    }

    /// Notes that an entry was hit.
    pub(super) fn hit(&self, key: &CacheKey) {
        match key.kind().data_class() {
            DataClass::Public => self.public_hits.note(key),
            DataClass::Personal => self.personal_hits.note(key),
            DataClass::Counter => {}
        }
    }

    /// Hits of entries about persons, which are told to nobody but who asks this process.
    pub(super) const fn personal_hits(&self) -> &Hottest {
        &self.personal_hits
    }

    /// Notes how long an answer took.
    pub(super) fn took(&self, source: Source, duration: Duration) {
        self.stopwatch.took(source, duration);
    }

    pub(super) fn store(&self, key: CacheKey, payload: Bytes) {
        let mut waiting = self.waiting();
        if waiting.payloads.len() < MAX_WAITING_PAYLOADS {
            waiting.payloads.push_back((key, payload));
        }
    }

    /// Takes what rides along with a trip that raises a counter itself, which is noted for its minute.
    pub(super) fn take(&self, boarding: Boarding, raised: Option<Counter>) -> Riders {
        let mut waiting = self.waiting();
        self.turn(&mut waiting, UnixMinute::of(boarding.now()));
        waiting.note(raised);
        let riding = waiting.payloads.len().min(boarding.most_payloads());
        let payloads = waiting.payloads.drain(..riding).collect();
        let minutes = self.take_minutes(&mut waiting, boarding);
        Riders { counts: waiting.take_counts(boarding), payloads, minutes }
    }

    /// Takes back what the store did not take. Minutes that it may have taken are not among them: a bucket must not
    /// count anything twice.
    pub(super) fn put_back(&self, riders: Riders) {
        riders.counts.into_iter().for_each(|(counter, by)| self.count_again(counter, by));
        riders.payloads.into_iter().for_each(|(key, payload)| self.store(key, payload));
        let mut waiting = self.waiting();
        riders.minutes.into_iter().for_each(|(minute, bucket)| waiting.minutes.add(minute, bucket.counts));
    }

    /// Lets the minutes ride with the next flush, whenever they last did.
    pub(super) fn let_minutes_ride(&self) {
        let mut waiting = self.waiting();
        (waiting.minutes_rode_at, waiting.is_wanted) = (UnixMillis(0), true);
    }

    /// Whether nothing waits that would ride with a trip of its own now.
    pub(super) fn is_empty(&self, now: UnixMillis) -> bool {
        let waiting = self.waiting();
        !waiting.has_counts && waiting.payloads.is_empty() && !(waiting.has_minutes() && waiting.are_minutes_due(now))
    }

    pub(super) fn has_payloads(&self) -> bool {
        !self.waiting().payloads.is_empty()
    }

    /// Closes the books of a minute that is over. Which entries were hit most is told at its end only: of a second
    /// nearly every key is among the hottest.
    fn turn(&self, waiting: &mut Waiting, minute: UnixMinute) {
        if waiting.minute != UnixMinute::default() && waiting.minute != minute {
            self.close(waiting);
            self.tell_hottest(waiting);
            if waiting.minute.hour() != minute.hour() {
                self.personal_hits.age();
            }
        }
        waiting.minute = minute;
    }

    fn take_minutes(&self, waiting: &mut Waiting, boarding: Boarding) -> Vec<(UnixMinute, Bucket)> {
        match boarding {
            Boarding::All(now) if waiting.has_minutes() && waiting.are_minutes_due(now) => {
                self.close(waiting);
                if std::mem::take(&mut waiting.is_wanted) {
                    self.tell_hottest(waiting);
                }
                waiting.minutes_rode_at = now;
                waiting.minutes.take()
            }
            Boarding::All(_) | Boarding::Now(_) => Vec::new(),
        }
    }

    fn close(&self, waiting: &mut Waiting) {
        if !std::mem::take(&mut waiting.has_minutes) {
            return;
        }
        let counted = waiting.counts.iter_mut().filter(|(_, due)| due.minute > 0);
        let counts = counted.map(|(counter, due)| (counter.name(), std::mem::take(&mut due.minute)));
        let latencies = self.stopwatch.take();
        let latencies = latencies.map(|(source, class, answers)| (MinuteCount::Latency(source, class).name(), answers));
        waiting.minutes.add(waiting.minute, counts.chain(latencies));
    }

    fn tell_hottest(&self, waiting: &mut Waiting) {
        let hottest = self.public_hits.take();
        if !hottest.is_empty() {
            let hits = hottest.iter().map(|(key, hits)| (Counter::name_of_hits(key), *hits));
            waiting.minutes.add(waiting.minute, hits);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Boarding {
    const fn now(self) -> UnixMillis {
        match self {
            Self::Now(now) | Self::All(now) => now,
        }
    }

    const fn most_payloads(self) -> usize {
        match self {
            Self::Now(_) => MAX_RIDING_PAYLOADS,
            Self::All(_) => MAX_FLUSHED_PAYLOADS,
        }
    }
}

impl Waiting {
    fn take_counts(&mut self, boarding: Boarding) -> Vec<(Counter, u64)> {
        if let Boarding::Now(now) = boarding {
            if now.is_within(COUNTS_RIDE_EVERY, self.counts_rode_at) || !self.has_counts {
                return Vec::new();
            }
            self.counts_rode_at = now;
        }
        self.has_counts = false;
        let due = self.counts.iter_mut().filter(|(_, due)| due.ever > 0);
        let mut counts: Vec<_> = due.map(|(counter, due)| (*counter, std::mem::take(&mut due.ever))).collect();
        // Requests go before hits, so that nobody who reads in between sees more hits than requests.
        counts.sort_unstable_by_key(|(counter, _)| !matches!(counter, Counter::Usage(_, Usage::Requests)));
        counts
    }

    fn note(&mut self, raised: Option<Counter>) {
        if let Some(counter) = raised {
            self.counts.entry(counter).or_default().minute += 1;
            self.has_minutes = true;
        }
    }

    fn has_minutes(&self) -> bool {
        self.has_minutes || !self.minutes.is_empty()
    }

    fn are_minutes_due(&self, now: UnixMillis) -> bool {
        !now.is_within(COUNTS_RIDE_EVERY, self.minutes_rode_at)
    }
}
