//! What an answer of the origin costs, and what the cache has saved of that.

use crate::cache::{Counts, Endpoint, Usage};
use schemars::JsonSchema;
use serde::Serialize;
use std::str::FromStr;

/// The price of an answer, as `0.02 EUR`.
#[derive(Clone, Debug, PartialEq)]
pub struct Price {
    amount: f64,
    currency: String,
}

/// A text that is no price.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NotAPrice;

/// What did not have to be paid.
#[derive(Debug, JsonSchema, Serialize)]
pub struct MoneySaved {
    /// Since the counters began.
    amount: f64,
    /// ISO 4217.
    currency: String,
    price_of_an_answer: f64,
}

impl FromStr for Price {
    type Err = NotAPrice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (amount, currency) = text.split_once(' ').ok_or(NotAPrice)?;
        let is_plain = amount.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let amount: f64 = amount.parse().map_err(|_| NotAPrice)?;
        let is_currency = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        if is_plain && is_currency && amount <= 1_000_000.0 {
            Ok(Self { amount, currency: currency.to_owned() })
        } else {
            Err(NotAPrice)
        }
    }
}

impl Price {
    /// What the answers would have cost that the store had, or that shared a computation.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an estimate, not an account")]
    pub fn saved(&self, counts: &Counts) -> MoneySaved {
        let free = |endpoint| counts.of_usage(endpoint, Usage::Hits) + counts.of_usage(endpoint, Usage::Coalesced);
        let answers: u64 = Endpoint::ASKED.map(free).iter().sum();
        MoneySaved {
            amount: self.amount * answers as f64,
            currency: self.currency.clone(),
            price_of_an_answer: self.amount,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NotAPrice, Price};
    use crate::cache::{Counter, Counts, Endpoint, Usage};

    #[test]
    fn a_price_is_an_amount_and_a_currency() {
        assert!("0.02 EUR".parse::<Price>().is_ok());
        for text in
            ["", "0.02", "EUR", "0.02 eur", "-1 EUR", "1e3 EUR", "NaN EUR", "inf EUR", "1 EURO", "2000000 EUR", ". EUR"]
        {
            assert_eq!(text.parse::<Price>(), Err(NotAPrice), "{text}");
        }
    }

    #[test]
    fn what_clients_were_answered_without_the_origin_is_saved() {
        let usage = |endpoint, usage, count| (Counter::Usage(endpoint, usage), count);
        let counts = Counts::of([
            usage(Endpoint::HealthAnalysis, Usage::Hits, 3),
            usage(Endpoint::DrugInfo, Usage::Coalesced, 1),
            usage(Endpoint::MedicationInteractions, Usage::Hits, 100),
        ]);
        let saved = "0.5 EUR".parse::<Price>().map(|price| price.saved(&counts));
        assert_eq!(saved.map(|saved| (saved.amount, saved.currency)), Ok((2.0, "EUR".to_owned())));
    }
}
