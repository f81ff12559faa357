//! Which revision computed a stored answer about a drug, and whether that is one that is wanted now.
//!
//! The keys of these answers have no digest, so the answers themselves say it: `revision` is their last member but one.
//! As with `source`, a hit need not be parsed for that.

use super::Source;
use medinsight_core::AnalyzerRevision;
use std::sync::Arc;
use std::time::Duration;

/// The revisions that a chain of origins has its answers from. Clones share everything.
#[derive(Clone, Debug)]
pub struct Revisions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Those of the first origin, and of others where the first one says that it does not know the drug.
    wanted: Vec<Mark>,
    /// Those of the others when they stand in for the first one.
    of_substitutes: Vec<Mark>,
    substitute_life: Duration,
}

/// A revision as it stands in an answer: a member of JSON.
#[derive(Debug)]
struct Mark(String);

impl Revisions {
    pub(super) fn new<'a>(
        first: &AnalyzerRevision,
        others: impl Iterator<Item = &'a AnalyzerRevision>,
        substitute_life: Duration,
    ) -> Self {
        let mut wanted = vec![Mark::of(first.as_str())];
        let mut of_substitutes = Vec::new();
        for other in others {
            wanted.push(Mark::of(&unknown_to(first, other)));
            of_substitutes.push(Mark::of(other.as_str()));
        }
        Self(Arc::new(Inner { wanted, of_substitutes, substitute_life }))
    }

    /// Whether the answer that is stored as this JSON, to be fresh for `fresh_for`, was computed as one would be now.
    /// One of a substitute was only if it was stored for the short life of those: an answer of the time when the
    /// substitute was the first origin is none.
    pub(crate) fn include(&self, answer: &[u8], fresh_for: Option<Duration>) -> bool {
        let Some((members, _)) = Source::split_off(answer) else { return false };
        let Inner { wanted, of_substitutes, substitute_life } = &*self.0;
        let is_of_any = |marks: &[Mark]| marks.iter().any(|mark| mark.ends(members));
        let is_short_lived = || fresh_for.is_some_and(|fresh_for| fresh_for <= *substitute_life);
        is_of_any(wanted) || is_of_any(of_substitutes) && is_short_lived()
    }
}

/// The revision of an answer of `other` about a drug that `first` says it does not know: it holds as long as both do.
pub(super) fn unknown_to(first: &AnalyzerRevision, other: &AnalyzerRevision) -> String {
    format!("{first}+{other}")
}

impl Mark {
    fn of(revision: &str) -> Self {
        Self(format!("\"revision\":{},", serde_json::Value::from(revision)))
    }

    /// Whether it is the last of these members. Quotes in texts are escaped, so that no text can end in the same way.
    fn ends(&self, members: &[u8]) -> bool {
        members.ends_with(self.0.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::{Revisions, unknown_to};
    use medinsight_core::AnalyzerRevision;
    use proptest::prelude::*;
    use serde_json::json;
    use std::time::Duration;

    const LIFE: Duration = Duration::from_secs(60);
    const WEEK: Duration = Duration::from_secs(604_800);

    fn revision(text: &str) -> AnalyzerRevision {
        AnalyzerRevision::new(text).expect("a revision")
    }

    fn revisions(first: &str, others: &[&str]) -> Revisions {
        let others: Vec<_> = others.iter().map(|other| revision(other)).collect();
        Revisions::new(&revision(first), others.iter(), LIFE)
    }

    fn answer(revision: &str) -> Vec<u8> {
        json!({ "disclaimer": "Invented.", "revision": revision, "source": "openfda" }).to_string().into_bytes()
    }

    #[test]
    fn answers_of_the_first_origin_are_included_however_long_they_live() {
        let revisions = revisions("openfda-1", &["embedded-4-invented"]);
        for fresh_for in [None, Some(LIFE), Some(WEEK)] {
            assert!(revisions.include(&answer("openfda-1"), fresh_for));
            for other in ["openfda-2", "openfda-11", "openfda-", "", "embedded-3-invented"] {
                assert!(!revisions.include(&answer(other), fresh_for), "{other}");
            }
        }
    }

    #[test]
    fn answers_of_another_origin_are_included_when_they_live_as_shortly_as_a_substitutes() {
        let revisions = revisions("openfda-1", &["upstream-1", "embedded-4"]);
        for other in ["upstream-1", "embedded-4"] {
            assert!(revisions.include(&answer(other), Some(LIFE)));
            assert!(!revisions.include(&answer(other), Some(LIFE + Duration::from_secs(1))));
            assert!(!revisions.include(&answer(other), None));
        }
    }

    #[test]
    fn answers_about_what_the_first_origin_does_not_know_hold_as_long_as_both_revisions_do() {
        let name = unknown_to(&revision("openfda-1"), &revision("embedded-4"));
        assert!(revisions("openfda-1", &["upstream-1", "embedded-4"]).include(&answer(&name), Some(WEEK)));
        assert!(!revisions("openfda-2", &["embedded-4"]).include(&answer(&name), Some(WEEK)));
        assert!(!revisions("openfda-1", &["embedded-5"]).include(&answer(&name), Some(WEEK)));
        assert!(!revisions("embedded-4", &["openfda-1"]).include(&answer(&name), Some(WEEK)));
    }

    #[test]
    fn what_does_not_say_its_revision_in_its_last_members_is_not_included() {
        let revisions = revisions("openfda-1", &[]);
        for json in [
            json!({ "disclaimer": "Invented.", "source": "openfda" }),
            json!({ "a": { "revision": "openfda-1" }, "source": "openfda" }),
            json!({ "a": ["revision", "openfda-1"], "source": "openfda" }),
            json!({ "revision": "openfda-1" }),
            json!({ "revision": "openfda-1", "source": "invented" }),
            json!({ "revision": "openfda-1", "s": 1, "source": "openfda" }),
        ] {
            assert!(!revisions.include(json.to_string().as_bytes(), None), "{json}");
        }
        assert!(!revisions.include(b"", None));
    }

    /// Texts that look like the ends of answers, and any others.
    fn texts() -> impl Strategy<Value = String> {
        let parts = ["\"", "\\", ",", "revision", "\"revision\":", "openfda-1", "\"source\":\"openfda\"", "}", "é"];
        let made = prop::collection::vec(prop::sample::select(parts.to_vec()), 0..12);
        prop_oneof![any::<String>(), made.prop_map(|parts| parts.concat())]
    }

    proptest! {
        #[test]
        fn no_text_of_an_answer_passes_for_a_revision(text in texts(), other in texts()) {
            let revisions = revisions("openfda-1", &[]);
            let unnamed = json!({ "disclaimer": text, "source": "openfda" }).to_string();
            prop_assert!(!revisions.include(unnamed.as_bytes(), None));
            let listed = json!({ "data_sources": [text], "source": "openfda" }).to_string();
            prop_assert!(!revisions.include(listed.as_bytes(), None));
            prop_assert_eq!(revisions.include(&answer(&other), None), other == "openfda-1");
        }

        #[test]
        fn every_revision_is_found_at_the_end_of_its_own_answers_and_of_no_others(text in texts(), other in texts()) {
            let (Ok(first), Ok(second)) = (AnalyzerRevision::new(text), AnalyzerRevision::new(other)) else {
                return Ok(());
            };
            let revisions = Revisions::new(&first, std::iter::empty(), LIFE);
            prop_assert!(revisions.include(&answer(first.as_str()), None));
            prop_assert_eq!(revisions.include(&answer(second.as_str()), None), first == second);
        }
    }
}
