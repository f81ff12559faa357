//! In which order origins are asked.

use super::revisions::{Revisions, unknown_to};
use super::{Answering, Origin, OriginError};
use crate::cache::Deadline;
use medinsight_core::{AnalyzerRevision, DrugName};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout_at;

/// The share of the time that an origin may take when others are to be asked after it, in quarters.
const QUARTERS_FOR_EACH: u32 = 3;

/// Origins of one kind of answer, in the order in which they are asked. The first one is whose answers are wanted: its
/// revision names them. The others stand in for it, and what they say is kept for a short time only.
#[derive(Clone, Debug)]
pub struct Chain {
    first: Arc<dyn Origin>,
    others: Arc<[Arc<dyn Origin>]>,
    substitute_life: Duration,
    revisions: Revisions,
}

/// An answer, and the revision that it is of.
#[derive(Clone, Debug)]
pub(crate) struct Given<T> {
    pub(crate) answer: T,
    pub(crate) revision: String,
}

impl Chain {
    /// `first`, and when it fails `others`, whose answers are fresh for `substitute_life`.
    #[must_use]
    pub fn new(first: Arc<dyn Origin>, others: Vec<Arc<dyn Origin>>, substitute_life: Duration) -> Self {
        let revisions = Revisions::new(first.revision(), others.iter().map(|other| other.revision()), substitute_life);
        Self { first, others: others.into(), substitute_life, revisions }
    }

    /// The revision of the first origin; part of every digest.
    #[must_use]
    pub fn revision(&self) -> &AnalyzerRevision {
        self.first.revision()
    }

    /// The revisions that its answers are of.
    #[must_use]
    pub const fn revisions(&self) -> &Revisions {
        &self.revisions
    }

    /// The name under which the answers about a drug are kept.
    #[must_use]
    pub fn generic_name(&self, drug: &DrugName) -> DrugName {
        self.first.generic_name(drug)
    }

    /// Whether every origin is certain that there is no such drug.
    #[must_use]
    pub fn rules_out(&self, drug: &DrugName) -> bool {
        self.all().all(|origin| origin.rules_out(drug))
    }

    /// Whether there is somebody to stand in for the first origin.
    #[must_use]
    pub fn has_substitutes(&self) -> bool {
        !self.others.is_empty()
    }

    /// For how long an answer of a substitute is fresh.
    #[must_use]
    pub const fn substitute_life(&self) -> Duration {
        self.substitute_life
    }

    /// Asks the first origin, and leaves the others some of the time. When it does not know a drug that another one
    /// knows, that one's answer is as good.
    pub(crate) async fn ask_first<'a, T>(
        &'a self,
        until: Deadline,
        ask: impl Fn(&'a Arc<dyn Origin>, Deadline) -> Answering<'a, T>,
    ) -> Result<Given<T>, OriginError> {
        let first = &self.first;
        match ask_within(first, self.share_of(until, self.others.len()), &ask).await {
            Err(OriginError::UnknownDrug) => {
                let (answer, other) =
                    self.ask_from(&self.others, until, &ask).await.map_err(|_| OriginError::UnknownDrug)?;
                Ok(Given { answer, revision: unknown_to(first.revision(), other) })
            }
            result => result.map(|answer| Given { answer, revision: first.revision().to_string() }),
        }
    }

    /// Asks the others, one after the other, until one answers.
    pub(crate) async fn ask_others<'a, T>(
        &'a self,
        until: Deadline,
        ask: impl Fn(&'a Arc<dyn Origin>, Deadline) -> Answering<'a, T>,
    ) -> Result<Given<T>, OriginError> {
        let (answer, other) = self.ask_from(&self.others, until, &ask).await?;
        Ok(Given { answer, revision: other.to_string() })
    }

    async fn ask_from<'a, T>(
        &self,
        origins: &'a [Arc<dyn Origin>],
        until: Deadline,
        ask: &impl Fn(&'a Arc<dyn Origin>, Deadline) -> Answering<'a, T>,
    ) -> Result<(T, &'a AnalyzerRevision), OriginError> {
        let mut failure = OriginError::Unavailable;
        for (at, origin) in origins.iter().enumerate() {
            match ask_within(origin, self.share_of(until, origins.len() - at - 1), ask).await {
                Ok(answer) => return Ok((answer, origin.revision())),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// By when an origin has to be done after which so many others may have to be asked.
    fn share_of(&self, until: Deadline, others: usize) -> Deadline {
        match others {
            0 => until,
            _ => Deadline::after(until.remaining() * QUARTERS_FOR_EACH / 4),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Arc<dyn Origin>> {
        std::iter::once(&self.first).chain(self.others.iter())
    }
}

impl From<Arc<dyn Origin>> for Chain {
    /// An origin that nobody stands in for.
    fn from(first: Arc<dyn Origin>) -> Self {
        Self::new(first, Vec::new(), Duration::ZERO)
    }
}

async fn ask_within<'a, T>(
    origin: &'a Arc<dyn Origin>,
    until: Deadline,
    ask: &impl Fn(&'a Arc<dyn Origin>, Deadline) -> Answering<'a, T>,
) -> Result<T, OriginError> {
    timeout_at(until.0, ask(origin, until)).await.unwrap_or(Err(OriginError::TimedOut))
}
