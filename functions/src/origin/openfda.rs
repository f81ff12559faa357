//! Facts about drugs from openFDA: which products there are (NDC directory), and what the label of one of them says.

mod label;
mod ndc;

use super::answer::MedicationInteractions;
use super::drug_answer::DrugFacts;
use super::embedded::DISCLAIMER;
use super::failure::{CallFailure, Repeatable};
use super::guard::{Attempt, Guard};
use super::http::HttpClient;
use super::{Answering, EmbeddedOrigin, Origin, OriginError, Source, checks};
use crate::cache::Deadline;
use crate::config::{ApiKey, BaseUrl, OpenfdaConfig};
use base64ct::{Base64, Encoding};
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use http_body_util::Full;
use label::Label;
use medinsight_core::{AnalyzerRevision, DrugName, InvalidAnalyzerRevision, MedicationSet, percent_encode};
use ndc::Product;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Raised when the code makes other facts of the same data.
const REVISION: &str = "openfda-1";

/// The longest name that is asked for, in bytes.
const MAX_NAME_BYTES: usize = 100;

/// openFDA.
#[derive(Debug)]
pub(super) struct OpenfdaOrigin {
    revision: AnalyzerRevision,
    url: BaseUrl,
    authorization: Option<HeaderValue>,
    http: HttpClient,
    guard: Guard,
    embedded: EmbeddedOrigin,
}

/// What every endpoint answers.
#[derive(Deserialize)]
struct Page<T> {
    meta: Meta,
    results: Vec<T>,
}

#[derive(Deserialize)]
struct Meta {
    last_updated: String,
}

/// What every endpoint answers when something is wrong.
#[derive(Deserialize)]
struct Problem {
    error: ProblemError,
}

#[derive(Deserialize)]
struct ProblemError {
    code: String,
}

impl OpenfdaOrigin {
    pub(super) fn new(
        config: &OpenfdaConfig,
        http: HttpClient,
        guard: Guard,
        embedded: EmbeddedOrigin,
    ) -> Result<Self, InvalidAnalyzerRevision> {
        let authorization = config.api_key.as_ref().and_then(basic);
        let (revision, url) = (AnalyzerRevision::new(REVISION)?, config.url.clone());
        Ok(Self { revision, url, authorization, http, guard, embedded })
    }

    async fn look_up(&self, drug: &DrugName, until: Deadline) -> Result<DrugFacts, CallFailure> {
        let ingredients = ingredients(drug).ok_or(CallFailure::UnknownDrug)?;
        let page: Page<Product> = self.search("/drug/ndc.json", &ndc::query(&ingredients), ndc::LIMIT, until).await?;
        let found = ndc::select(&page.results, &ingredients).ok_or(CallFailure::UnknownDrug)?;
        let label = match found.set_id() {
            Some(set_id) => self.label(set_id, until).await?,
            None => None,
        };
        let mut facts = found.facts(&page.meta.last_updated);
        DISCLAIMER.clone_into(&mut facts.disclaimer);
        if let Some(label) = label {
            label.add_to(&mut facts);
        }
        checks::facts(facts, Source::Openfda)
    }

    /// A product without a label is known all the same.
    async fn label(&self, set_id: &str, until: Deadline) -> Result<Option<Label>, CallFailure> {
        let query = format!("set_id:\"{set_id}\"");
        match self.search::<Page<Label>>("/drug/label.json", &query, 1, until).await {
            Ok(page) => Ok(page.results.into_iter().next()),
            Err(CallFailure::UnknownDrug) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn search<T: DeserializeOwned + Send>(
        &self,
        path: &str,
        query: &str,
        limit: usize,
        until: Deadline,
    ) -> Result<T, CallFailure> {
        let address = &self.url.at(&format!("{path}?search={}&limit={limit}", percent_encode(query)));
        let call = |until| -> Attempt<'_, T> { Box::pin(self.exchange(address, until)) };
        self.guard.call(until, Repeatable::Always, call).await
    }

    async fn exchange<T: DeserializeOwned + Send>(&self, address: &str, until: Deadline) -> Result<T, CallFailure> {
        let mut request = Request::get(address);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(Full::new(Bytes::new())).map_err(|_| CallFailure::Refused)?;
        self.http.send(request, until).await?.read(is_no_match)
    }
}

impl Origin for OpenfdaOrigin {
    fn revision(&self) -> &AnalyzerRevision {
        &self.revision
    }

    fn interactions<'a>(&'a self, medications: &'a MedicationSet) -> Answering<'a, MedicationInteractions> {
        self.embedded.interactions(medications)
    }

    fn generic_name(&self, drug: &DrugName) -> DrugName {
        self.embedded.generic_name(drug)
    }

    /// What cannot be the name of a drug stays here: it may be anything that a person typed.
    fn rules_out(&self, drug: &DrugName) -> bool {
        !could_be_a_drug(drug)
    }

    fn drug_facts<'a>(&'a self, drug: &'a DrugName, until: Deadline) -> Answering<'a, DrugFacts> {
        Box::pin(async move { self.look_up(drug, until).await.map_err(OriginError::from) })
    }
}

/// Whether this can be the name of a drug at all.
pub(super) fn could_be_a_drug(drug: &DrugName) -> bool {
    ingredients(drug).is_some()
}

/// The names of which a name is made, if it can be that of a drug at all. None of their characters means anything to the
/// query language between quotes.
fn ingredients(drug: &DrugName) -> Option<Vec<String>> {
    let name = drug.as_str().replace('_', " ");
    let is_allowed = |next: char| next.is_ascii_alphanumeric() || matches!(next, ' ' | '-' | '\'' | '.' | ',');
    let parts: Vec<_> = name.split(" / ").map(|part| part.trim().to_owned()).collect();
    let is_name =
        |part: &String| part.chars().all(is_allowed) && part.starts_with(|first: char| first.is_ascii_alphanumeric());
    (name.len() <= MAX_NAME_BYTES && parts.len() <= 4 && parts.iter().all(is_name)).then_some(parts)
}

/// The key as the name of a user, which openFDA takes as well as one in the address, where logs would show it.
fn basic(key: &ApiKey) -> Option<HeaderValue> {
    let credentials = Base64::encode_string(format!("{}:", key.expose()).as_bytes());
    let mut value = HeaderValue::try_from(format!("Basic {credentials}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn is_no_match(problem: &Bytes) -> bool {
    serde_json::from_slice::<Problem>(problem).is_ok_and(|problem| problem.error.code == "NOT_FOUND")
}

#[cfg(test)]
mod tests {
    use super::ingredients;
    use medinsight_core::DrugName;

    fn of(name: &str) -> Option<Vec<String>> {
        ingredients(&DrugName::new(name).expect("a name"))
    }

    #[test]
    fn a_combination_is_asked_for_by_its_parts() {
        assert_eq!(of("Acetaminophen / Oxycodone"), Some(vec!["acetaminophen".to_owned(), "oxycodone".to_owned()]));
        assert_eq!(of("st. john's wort"), Some(vec!["st. john's wort".to_owned()]));
    }

    #[test]
    fn what_could_be_a_query_or_is_no_name_is_not_asked_for() {
        for text in ["a\" OR b", "a:b", "a*", "(a)", "my address is 1 & 2", "å", "-x", &"x".repeat(101)] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
