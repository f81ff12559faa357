//! The summary of an answer that is kept for a session.

use crate::origin::answer::Severity;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer as _, Serialize};
use std::borrow::Cow;
use std::fmt;

/// What of an answer is kept for the session, so that an operator or the front end can find back to it.
#[derive(Debug, Deserialize, Serialize)]
pub struct Summary<'a> {
    /// What the complaint most likely is.
    #[serde(borrow)]
    pub condition: Cow<'a, str>,
    /// How urgent it is.
    pub severity: Severity,
    /// What to do.
    #[serde(borrow)]
    pub recommendation: Cow<'a, str>,
    /// The digest of the question, under which the whole answer lies.
    #[serde(borrow, default)]
    pub request_digest: Cow<'a, str>,
}

impl<'a> Summary<'a> {
    /// The summary of an answer, still without the digest. Every hit makes one, so no more of the answer is read than
    /// has to be: what it goes on with after these members is the larger part.
    #[must_use]
    pub fn of_answer(answer: &'a [u8]) -> Option<Self> {
        let mut found = Found::default();
        // The parser complains that it was stopped, or that the answer is none; what was found tells.
        let _ = serde_json::Deserializer::from_slice(answer).deserialize_map(&mut found);
        Some(Self {
            condition: found.condition?.0,
            severity: found.severity?,
            recommendation: found.recommendation?.0,
            request_digest: Cow::Borrowed(""),
        })
    }
}

#[derive(Default)]
struct Found<'a> {
    condition: Option<Text<'a>>,
    severity: Option<Severity>,
    recommendation: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Member {
    Condition,
    Severity,
    Recommendation,
    #[serde(other)]
    Other,
}

impl Found<'_> {
    const fn is_complete(&self) -> bool {
        self.condition.is_some() && self.severity.is_some() && self.recommendation.is_some()
    }
}

impl<'de> Visitor<'de> for &mut Found<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<(), M::Error> {
        while !self.is_complete()
            && let Some(member) = members.next_key()?
        {
            match member {
                Member::Condition => self.condition = Some(members.next_value()?),
                Member::Severity => self.severity = Some(members.next_value()?),
                Member::Recommendation => self.recommendation = Some(members.next_value()?),
                Member::Other => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Summary;
    use crate::origin::answer::Severity;

    #[test]
    fn a_summary_has_the_members_of_the_answer_wherever_they_stand() {
        for answer in [
            r#"{"condition":"a \"b\"","x":[1,{"severity":2}],"severity":"mild","recommendation":"rest","disclaimer":"c"}"#,
            r#"{"recommendation":"rest","condition":"a \"b\"","disclaimer":"c","severity":"mild"}"#,
        ] {
            let summary = Summary::of_answer(answer.as_bytes()).expect("an answer");
            let Summary { condition, severity, recommendation, request_digest } = summary;
            assert_eq!((&*condition, severity, &*recommendation), ("a \"b\"", Severity::Mild, "rest"));
            assert_eq!(request_digest, "");
        }
    }

    #[test]
    fn what_is_no_answer_has_none() {
        for body in
            ["", "[]", "{}", r#"{"condition":"a","severity":"none","recommendation":"b"}"#, r#"{"condition":"a""#]
        {
            assert!(Summary::of_answer(body.as_bytes()).is_none(), "{body}");
        }
    }
}
