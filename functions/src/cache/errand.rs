//! One trip to the store as the engine sees it: what it wants, together with what has been waiting for a trip.

use super::counter::Counter;
use super::deferred::{Boarding, Riders};
use super::generations::Known;
use super::measures;
use super::nonces::Nonces;
use super::substitute::Computed;
use super::{Cache, Stamp};
use crate::store::{Doubt, LeaseRequest, Patience, Reply, StoreError, Trip, Write};
use bytes::Bytes;
use medinsight_core::{CacheKey, Category, Generation, UnixMillis};
use std::time::Duration;
use tokio::time::Instant;

/// What the engine wants of one trip.
#[derive(Debug, Default)]
pub(super) struct Errand {
    /// The entry to read.
    pub(super) read: Option<CacheKey>,
    /// The lease to ask for on its key.
    pub(super) lease: Option<LeaseRequest>,
    /// Categories whose generations have to be read.
    pub(super) generations: Vec<Category>,
    /// The counter that this request raises.
    pub(super) counts: Option<Counter>,
    /// Payloads of this request, to be stored.
    pub(super) payloads: Vec<(CacheKey, Bytes)>,
}

/// Writes the entries of one trip.
pub(super) struct Pen {
    writes_at: UnixMillis,
    nonces: Nonces,
}

/// A payload that was sent, and the generation that it was stamped with.
struct Sent {
    key: CacheKey,
    payload: Bytes,
    generation: Generation,
    /// The size of the entry, to be counted once the store has it; none when it was not made one, or is counted already.
    bytes: Option<usize>,
}

/// Counts the sizes of what is sent with the same trip, so that a process that comes to rest needs no further one for
/// that. Busy processes add them up until their counts ride.
fn sizes(sent: &mut [Sent]) -> Vec<(CacheKey, u64)> {
    let mut sizes = Vec::<(Counter, u64)>::new();
    for Sent { key, bytes, .. } in sent {
        let counters = bytes.take().map(|bytes| Counter::of_stored(key.kind().category(), bytes));
        for (counter, by) in counters.into_iter().flatten() {
            match sizes.iter_mut().find(|(other, _)| *other == counter) {
                Some((_, sum)) => *sum += by,
                None => sizes.push((counter, by)),
            }
        }
    }
    sizes.into_iter().filter_map(|(counter, by)| Some((counter.key()?, by))).collect()
}

impl Errand {
    fn is_empty(&self) -> bool {
        self.read.is_none() && self.generations.is_empty() && self.counts.is_none() && self.payloads.is_empty()
    }
}

impl Cache {
    /// Makes a trip and learns from it. What did not get there waits for the next one.
    pub(super) async fn run(&self, errand: Errand, patience: Patience) -> Result<Reply, StoreError> {
        let started = self.0.clock.now();
        let boarding = if errand.is_empty() { Boarding::All(started) } else { Boarding::Now(started) };
        let mut riders = self.0.deferred.take(boarding, errand.counts);
        let Errand { read, lease, generations, counts, payloads } = errand;
        riders.payloads.extend(payloads);
        let mut trip = Trip { read, lease, generations, ..Trip::default() };
        let mut sent = self.pack(&mut trip, riders.payloads, started);
        let counted = counts.map(|counter| (counter, 1)).into_iter().chain(riders.counts.iter().copied());
        trip.counts = counted.filter_map(|(counter, by)| Some((counter.key()?, by))).collect();
        if let Boarding::All(_) = boarding {
            trip.counts.extend(sizes(&mut sent));
            trip.samples = self.due_samples(started);
        }
        trip.buckets = riders.minutes.iter().map(|(_, bucket)| bucket.clone()).collect();
        if trip.is_empty() {
            return Ok(Reply::default());
        }
        let sent_at = Instant::now();
        let category = trip.read.as_ref().map(|key| key.kind().category());
        // A box, so that the future of a request that needs no trip is small: it is moved several times.
        let result = Box::pin(self.0.store.run(trip, patience)).await;
        if let Some(category) = category {
            measures::store_took(category, sent_at);
        }
        match &result {
            Ok(reply) => self.learn(reply, started, counts, sent),
            Err(error) => self.put_back(error, counts, Riders { payloads: Vec::new(), ..riders }, sent),
        }
        result
    }

    /// Stamps payloads with the generations that are known, however old: it is right unless the category was cleared
    /// just now, and then the reply says so and the payload goes once more. One of a category that is not known at all
    /// waits for the next trip.
    fn pack(&self, trip: &mut Trip, payloads: Vec<(CacheKey, Bytes)>, now: UnixMillis) -> Vec<Sent> {
        let mut sent = Vec::with_capacity(payloads.len());
        let mut pen = self.pen(payloads.len(), now);
        for (key, payload) in payloads {
            let category = key.kind().category();
            let known = self.0.generations.known(category, now);
            if !matches!(known, Known::Current(_)) && !trip.generations.contains(&category) {
                trip.generations.push(category);
            }
            match known {
                Known::Current(generation) | Known::Earlier(generation) => {
                    let write = self.write(&key, &payload, generation, &mut pen);
                    let bytes = write.as_ref().map(|write| write.entry.len());
                    trip.writes.extend(write);
                    sent.push(Sent { key, payload, generation, bytes });
                }
                Known::Not => self.0.deferred.store(key, payload),
            }
        }
        sent
    }

    fn learn(&self, reply: &Reply, started: UnixMillis, counts: Option<Counter>, sent: Vec<Sent>) {
        self.0.generations.learn(&reply.generations, started);
        if let Some(reason) = reply.refusal {
            self.tally(Counter::Store(reason), 1);
        }
        if reply.has_lost_counts {
            self.count_again(counts);
        }
        for Sent { key, payload, generation, bytes } in sent {
            let category = key.kind().category();
            if reply.generation(category).is_some_and(|current| current != generation) {
                self.0.deferred.store(key, payload);
            } else if let (Some(bytes), None) = (bytes, reply.refusal) {
                self.count_stored(category, bytes);
            }
        }
    }

    fn put_back(&self, error: &StoreError, counts: Option<Counter>, riding: Riders, sent: Vec<Sent>) {
        self.tally(Counter::Store(error.reason), 1);
        self.count_again(counts);
        let payloads = sent.into_iter().map(|sent| (sent.key, sent.payload)).collect();
        self.0.deferred.put_back(match error.doubt {
            Doubt::NothingDone => Riders { payloads, ..riding },
            Doubt::InDoubt => Riders { payloads, ..Riders::default() },
        });
    }

    /// Counts the request of a trip once more, although it may have been counted. Hits in doubt are not: an error
    /// then makes the hit rate too low and never too high.
    fn count_again(&self, counts: Option<Counter>) {
        counts.into_iter().for_each(|counter| self.0.deferred.count_again(counter, 1));
    }

    /// The entry of what a person wrote; `None` when it is not to be stored.
    fn write(&self, key: &CacheKey, payload: &Bytes, generation: Generation, pen: &mut Pen) -> Option<Write> {
        let as_usual = Computed { body: payload.clone(), fresh_for_at_most: None };
        self.write_computed(key, &as_usual, Duration::ZERO, generation, pen)
    }

    /// The entry of a computed answer; `None` when it is not to be stored.
    pub(super) fn write_computed(
        &self,
        key: &CacheKey,
        computed: &Computed,
        cost: Duration,
        generation: Generation,
        pen: &mut Pen,
    ) -> Option<Write> {
        let usual = self.lifetime(key)?.jittered_secs(key);
        let at_most = computed.fresh_for_at_most.and_then(|life| u32::try_from(life.as_secs()).ok());
        let fresh_for_secs = at_most.map_or(usual, |at_most| usual.min(at_most));
        let origin_cost_ms = u32::try_from(crate::clock::millis(cost)).unwrap_or(u32::MAX);
        let stamp = Stamp { written_at: pen.writes_at, fresh_for_secs, origin_cost_ms, generation };
        self.frame(key, &computed.body, &stamp, &mut pen.nonces)
    }

    /// A pen for so many entries, or for more of them.
    pub(super) fn pen(&self, entries: usize, now: UnixMillis) -> Pen {
        Pen { writes_at: now, nonces: self.0.envelope.nonces(entries) }
    }

    /// Makes an entry; `None` when it is not to be stored.
    pub(super) fn frame(&self, key: &CacheKey, payload: &[u8], stamp: &Stamp, nonces: &mut Nonces) -> Option<Write> {
        let keep_for = self.lifetime(key)?.retention(stamp.fresh_for_secs);
        match self.0.envelope.wrap_as(key.as_str(), stamp, payload, nonces) {
            Ok(entry) => Some(Write { key: key.clone(), entry, keep_for }),
            Err(reason) => {
                self.tally(Counter::NotWrapped(reason), 1);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Sent, sizes};
    use bytes::Bytes;
    use medinsight_core::{CacheKey, Generation};
    use std::collections::HashMap;

    #[test]
    fn the_sizes_of_what_goes_with_one_trip_are_counted_once_and_together() {
        let sent = |bytes| {
            let key = CacheKey::build("symptom", "invented-session", Some("inputs")).expect("a key");
            Sent { key, payload: Bytes::new(), generation: Generation(1), bytes }
        };
        let mut sent = [sent(Some(100)), sent(None), sent(Some(200))];
        let counted: HashMap<_, _> = sizes(&mut sent).into_iter().map(|(key, by)| (key.to_string(), by)).collect();
        assert_eq!(counted.get("medinsight:usage:symptom:stored-bytes"), Some(&300));
        assert_eq!(counted.get("medinsight:usage:symptom:stored-1k"), Some(&2));
        assert!(sizes(&mut sent).is_empty());
    }
}
