//! The summary of an answer that is kept for a session.

use crate::origin::answer::Severity;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer as _, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Room for all but the texts.
const FRAME_BYTES: usize = 160;

/// What of an answer is kept for the session, so that an operator or the front end can find back to it.
///
/// Every hit makes one. So texts are passed on as they are written in the answer, and no more of it is read than has to
/// be: what it goes on with after these members is the larger part.
#[derive(Debug, Serialize)]
pub struct Summary<'a> {
    /// What the complaint most likely is.
    condition: &'a RawValue,
    /// How urgent it is.
    severity: Severity,
    /// What to do.
    recommendation: &'a RawValue,
    /// The digest of the question, under which the whole answer lies.
    request_digest: &'a str,
}

impl<'a> Summary<'a> {
    /// The summary of the answer to the question with this digest, in hexadecimal.
    #[must_use]
    pub fn of_answer(answer: &'a [u8], request_digest: &'a str) -> Option<Self> {
        let mut found = Found::default();
        // The parser complains that it was stopped, or that the answer is none; what was found tells.
        let _ = serde_json::Deserializer::from_slice(answer).deserialize_map(&mut found);
        let text = |member: Option<&'a RawValue>| member.filter(|value| value.get().starts_with('"'));
        let (condition, recommendation) = (text(found.condition)?, text(found.recommendation)?);
        Some(Self { condition, severity: found.severity?, recommendation, request_digest })
    }

    /// The summary as JSON.
    ///
    /// # Errors
    ///
    /// None that can happen.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        let texts = self.condition.get().len() + self.recommendation.get().len();
        let mut json = Vec::with_capacity(FRAME_BYTES + texts);
        serde_json::to_writer(&mut json, self)?;
        Ok(json)
    }

    /// The digest that a summary names.
    #[must_use]
    pub fn digest_in(json: &[u8]) -> Option<Cow<'_, str>> {
        #[derive(Deserialize)]
        struct Named<'a> {
            #[serde(borrow)]
            request_digest: Cow<'a, str>,
        }
        serde_json::from_slice::<Named<'_>>(json).ok().map(|named| named.request_digest)
    }
}

#[derive(Default)]
struct Found<'a> {
    condition: Option<&'a RawValue>,
    severity: Option<Severity>,
    recommendation: Option<&'a RawValue>,
}

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
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const DIGEST: &str = "the digest";

    fn summary_of(answer: &str) -> Option<Value> {
        let summary = Summary::of_answer(answer.as_bytes(), DIGEST)?;
        let summary = summary.to_json().expect("JSON");
        assert_eq!(Summary::digest_in(&summary).as_deref(), Some(DIGEST));
        serde_json::from_slice(&summary).ok()
    }

    #[test]
    fn a_summary_has_the_members_of_the_answer_wherever_they_stand() {
        let expected =
            json!({"condition": "a \"b\"", "severity": "mild", "recommendation": "rest", "request_digest": DIGEST});
        for answer in [
            r#"{"condition":"a \"b\"","x":[1,{"severity":2}],"severity":"mild","recommendation":"rest","disclaimer":"c"}"#,
            r#"{"recommendation":"rest","condition":"a \u0022b\u0022","disclaimer":"c","severity":"mild"}"#,
        ] {
            assert_eq!(summary_of(answer).as_ref(), Some(&expected), "{answer}");
        }
    }

    #[test]
    fn what_is_no_answer_has_none() {
        for body in [
            "",
            "[]",
            "{}",
            r#"{"condition":"a","severity":"none","recommendation":"b"}"#,
            r#"{"condition":7,"severity":"mild","recommendation":"b"}"#,
            r#"{"condition":"a","severity":"mild","recommendation":null}"#,
            r#"{"condition":"a""#,
        ] {
            assert_eq!(summary_of(body), None, "{body}");
        }
    }

    proptest! {
        #[test]
        fn texts_are_those_of_the_answer(condition in ".*", recommendation in ".*") {
            let answer = json!({"condition": condition, "severity": "mild", "recommendation": recommendation});
            let summary = summary_of(&answer.to_string()).expect("a summary");
            prop_assert_eq!(&summary["condition"], &answer["condition"]);
            prop_assert_eq!(&summary["recommendation"], &answer["recommendation"]);
        }
    }
}
