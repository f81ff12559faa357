//! Audit records: who did what to which data, with what outcome. One for each action of an operator on personal data
//! and for each clear, written before the answer, whatever the log level is.

use super::Problem;
use super::access::Actor;
use medinsight_core::{CacheKey, Category, KeySecret, Pattern};

/// What an operator did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Action {
    ListKeys,
    ListHottest,
    InspectEntry,
    ReadEntry,
    DeleteEntry,
    ClearPattern,
    CountPattern,
    ReadSession,
    EraseSession,
    ClearAll,
    WarmCache,
    StoreAnalysis,
    FollowLive,
    ReadHealth,
    ReadHistory,
    ReadStatistics,
    ReadPerformance,
    ReadAdvice,
}

impl Action {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ListKeys => "list_keys",
            Self::ListHottest => "list_hottest",
            Self::InspectEntry => "inspect_entry",
            Self::ReadEntry => "read_entry",
            Self::DeleteEntry => "delete_entry",
            Self::ClearPattern => "clear_pattern",
            Self::CountPattern => "count_pattern",
            Self::ReadSession => "read_session",
            Self::EraseSession => "erase_session",
            Self::ClearAll => "clear_all",
            Self::WarmCache => "warm_cache",
            Self::StoreAnalysis => "store_analysis",
            Self::FollowLive => "follow_live",
            Self::ReadHealth => "read_health",
            Self::ReadHistory => "read_history",
            Self::ReadStatistics => "read_statistics",
            Self::ReadPerformance => "read_performance",
            Self::ReadAdvice => "read_advice",
        }
    }
}

/// What an operator did it to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Resource<'a> {
    /// The entries that a pattern matches.
    Pattern(&'a Pattern),
    /// One entry.
    Entry(&'a CacheKey),
    /// Everything that is stored for a session.
    Session(&'a str),
    /// A category's answers, whichever they are.
    Answers(Category),
    /// Every category.
    Everything,
    /// The service as a whole, and nobody's data.
    Service,
}

impl Resource<'_> {
    /// What the service as a whole is called.
    const SERVICE: (&'static str, Option<String>) = ("service", None);

    /// The category and, for what may name a person, a keyed digest of the name: the same name has the same digest, so
    /// that an examiner can ask who read a given session, and nobody else can tell which it was.
    pub(super) fn pseudonymous(self, names: &KeySecret) -> (&'static str, Option<String>) {
        let name = |text: &str| Some(names.pseudonym("audit", text));
        match self {
            Self::Pattern(Pattern::Category(category)) => (category.as_str(), None),
            Self::Answers(category) => (category.as_str(), None),
            Self::Pattern(pattern) => (pattern.category().as_str(), name(&pattern.to_redis_glob())),
            Self::Entry(key) => (key.kind().category().as_str(), name(key.as_str())),
            Self::Session(id) => ("session", name(id)),
            Self::Everything => ("everything", None),
            Self::Service => Self::SERVICE,
        }
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// It was done.
    Done,
    /// It goes on after the answer.
    GoesOn,
    /// It failed, perhaps after some of it was done.
    Failed,
    /// Nobody waited for its end: the request took too long, or the client hung up.
    BrokenOff,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::GoesOn => "goes_on",
            Self::Failed => "failed",
            Self::BrokenOff => "broken_off",
        }
    }
}

/// An open audit record. It is written once: when it is closed, or else when it is dropped.
#[derive(Debug)]
#[must_use = "close it before the answer"]
pub(super) struct Audit {
    actor: Actor,
    request: String,
    action: Action,
    resource: (&'static str, Option<String>),
    outcome: Outcome,
}

impl Audit {
    pub(super) fn open(
        actor: Actor,
        request: String,
        action: Action,
        resource: (&'static str, Option<String>),
    ) -> Self {
        Self { actor, request, action, resource, outcome: Outcome::BrokenOff }
    }

    /// Writes the record.
    pub(super) fn close(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }

    /// Writes the record of an action that is over, and passes its result on.
    pub(super) fn close_with<T>(self, result: Result<T, Problem>) -> Result<T, Problem> {
        self.close(if result.is_ok() { Outcome::Done } else { Outcome::Failed });
        result
    }
}

impl Audit {
    /// A look at numbers by whoever runs this process is of interest to nobody else.
    fn is_nobodys_business(&self) -> bool {
        self.actor == Actor::CommandLine && self.resource == Resource::SERVICE
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        if self.is_nobodys_business() {
            return;
        }
        let (actor, subject) = match &self.actor {
            Actor::Token => ("token", None),
            Actor::Jwt(subject) => ("jwt", subject.as_deref()),
            Actor::CommandLine => ("command_line", None),
        };
        let (category, resource) = &self.resource;
        tracing::info!(
            target: crate::logging::AUDIT,
            actor,
            subject,
            action = self.action.as_str(),
            category = *category,
            resource = resource.as_deref(),
            outcome = self.outcome.as_str(),
            request = self.request,
            "audit"
        );
    }
}
