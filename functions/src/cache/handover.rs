//! Handing over a refresh that this process has no time to finish.

use super::{Cache, Deadline, Stamp};
use base64ct::{Base64, Encoding};
use medinsight_core::Generation;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// How much of a refresh's time is kept for handing it over.
const TIME_TO_HAND_OVER: Duration = Duration::from_millis(300);

/// A job of the worker that computes an answer, as JSON. It may be a question of a person.
pub struct Job(String);

/// Somebody who does what this process has no time for.
pub trait Successor: fmt::Debug + Send + Sync {
    /// Takes a message with a job over, if that can be done by the deadline; says whether it was.
    fn take_over(&self, message: String, until: Deadline) -> Pin<Box<dyn Future<Output = bool> + Send + '_>>;
}

impl Job {
    /// A job with this text.
    #[must_use]
    pub(crate) const fn new(json: String) -> Self {
        Self(json)
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Job(..)")
    }
}

impl Cache {
    /// Whether there is somebody to hand over to.
    #[must_use]
    pub fn has_successor(&self) -> bool {
        self.0.successor.is_some()
    }

    /// By when a refresh has to end that begins now and may go on until `deadline`, so that there is time to hand it over.
    /// It is handed over only when the request's time is shorter than the origin's: an origin that is down or too slow
    /// would be so for the successor, too.
    pub(super) fn time_to_finish(&self, job: Option<&Job>, deadline: Deadline) -> Deadline {
        let is_short = deadline.remaining() < self.0.timing.origin_timeout;
        match (job, &self.0.successor) {
            (Some(_), Some(_)) if is_short => Deadline::after(deadline.remaining().saturating_sub(TIME_TO_HAND_OVER)),
            _ => deadline,
        }
    }

    pub(super) async fn hand_over(&self, job: Option<Job>, until: Deadline) {
        let Some((job, successor)) = job.zip(self.0.successor.as_ref()) else { return };
        let Some(message) = self.sealed(&job) else { return };
        let was_taken = successor.take_over(message, until).await;
        tracing::info!(was_taken, "a refresh that could not be finished was handed over");
    }

    /// A message with the job, which only those can read who can read entries. It is bound to a name of its own, so that it
    /// passes for no entry of the store, and no entry for it.
    fn sealed(&self, job: &Job) -> Option<String> {
        let name = format!("{:016x}{:016x}", getrandom::u64().ok()?, getrandom::u64().ok()?);
        let written_at = self.0.clock.now();
        let stamp = Stamp { written_at, fresh_for_secs: 0, origin_cost_ms: 0, generation: Generation(0) };
        let envelope = &self.0.envelope;
        let entry = envelope.wrap_as(&sealed_as(&name), &stamp, job.text().as_bytes(), &mut envelope.nonces(1)).ok()?;
        Some(format!(r#"{{"kind":"sealed","name":"{name}","job":"{}"}}"#, Base64::encode_string(&entry)))
    }

    /// The job in a message with this name; none when it cannot be read.
    #[must_use]
    pub fn unsealed(&self, name: &str, job: &str) -> Option<String> {
        let entry = Base64::decode_vec(job).ok()?;
        let opened = self.0.envelope.open_as(&sealed_as(name), entry.into()).ok()?;
        let super::Opened::Entry(_, payload) = opened else { return None };
        String::from_utf8(payload.into()).ok()
    }
}

/// No key of an entry is like it.
fn sealed_as(name: &str) -> String {
    format!("medinsight job {name}")
}
