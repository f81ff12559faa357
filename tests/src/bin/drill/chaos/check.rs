//! What must never be in a history.
//!
//! A finding is certain: where a history leaves open what was the case, the process has the benefit of the doubt. So an
//! answer counts as older than a clear only if its computation had begun before the clear was asked for.

#[cfg(test)]
mod tests;

use super::history::{Answer, Asked, Cleared, Computed, Extent, History, Outcome};
use medinsight_tests::load::XCache;
use std::time::Duration;

/// For how long answers are fresh (`CACHE_TTL_HEALTH_ANALYSIS`).
pub(crate) const FRESH: Duration = Duration::from_secs(6);

/// How soon the clear of a category is effective in processes that were not asked for it.
const CATEGORY_ELSEWHERE: Duration = Duration::from_secs(1);

/// For how long other processes may serve an entry that was removed: what they have read from the store is at hand for
/// five seconds, from when its reply came, and that was under way for the time-out of a command at most.
const ENTRY_ELSEWHERE: Duration = Duration::from_millis(5_100);

/// Times in the service are whole milliseconds.
const ROUNDING: Duration = Duration::from_millis(2);

/// How long after the origin's reply an answer may be written: a process may be frozen in between. Ages count from then on.
const LATE: Duration = Duration::from_secs(5);

/// Ages are whole seconds.
const SECOND: Duration = Duration::from_secs(1);

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Wrong {
    /// No answer, or none with the status 200.
    Failed,
    /// It is about somebody else's question, or does not say about whose.
    Person,
    /// It was computed before a clear that was acknowledged, and in force, when it was asked for.
    Cleared,
    /// It is older than it says.
    Stale,
}

/// Something that must not be in a history.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Violation {
    pub(crate) wrong: Wrong,
    /// The place of the request among those that were asked.
    pub(crate) request: usize,
}

/// All violations, in the order of the requests.
pub(crate) fn violations(history: &History) -> Vec<Violation> {
    let wrongs = history.asked.iter().enumerate().map(|(request, asked)| (request, wrong_with(asked, history)));
    wrongs.filter_map(|(request, wrong)| Some(Violation { wrong: wrong?, request })).collect()
}

/// The gravest thing that is wrong with an answer.
fn wrong_with(asked: &Asked, history: &History) -> Option<Wrong> {
    let answer = match &asked.outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Nothing | Outcome::Refused(_) => {
            return (!asked.is_bereaved(&history.deaths)).then_some(Wrong::Failed);
        }
    };
    let Some((person, number)) = answer.content else { return Some(Wrong::Person) };
    let Some(computed) = history.computed.get(number) else { return Some(Wrong::Person) };
    if person != asked.person || computed.person != asked.person {
        return Some(Wrong::Person);
    }
    if history.cleared.iter().any(|cleared| is_overridden(asked, computed, cleared)) {
        return Some(Wrong::Cleared);
    }
    is_stale_unsaid(asked, answer, computed).then_some(Wrong::Stale)
}

fn is_overridden(asked: &Asked, computed: &Computed, cleared: &Cleared) -> bool {
    let elsewhere = match &cleared.extent {
        Extent::Category => CATEGORY_ELSEWHERE,
        Extent::Entries(_) => ENTRY_ELSEWHERE,
    };
    let delay = if cleared.process == asked.process { Duration::ZERO } else { elsewhere };
    let in_force = cleared.acknowledged + delay + ROUNDING;
    cleared.extent.has(asked.person) && asked.sent > in_force && computed.begun < cleared.begun
}

/// Whether an answer is older than what it says of itself allows.
fn is_stale_unsaid(asked: &Asked, answer: &Answer, computed: &Computed) -> bool {
    // It was served after it was asked for, and written some time after the origin's reply.
    let age_at_least = asked.sent.saturating_sub(computed.replied + LATE);
    let is_understated = answer.age.is_none_or(|age| age + SECOND < age_at_least);
    match answer.x_cache {
        XCache::Hit => is_understated || age_at_least > FRESH || answer.age > Some(FRESH),
        XCache::Stale => is_understated,
        XCache::Miss | XCache::Bypass => computed.begun < asked.sent,
        XCache::Coalesced => age_at_least > Duration::ZERO,
        XCache::Unsaid => true,
    }
}
