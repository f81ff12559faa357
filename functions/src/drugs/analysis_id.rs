//! Names of analyses.

use std::fmt;
use std::str::FromStr;

const BYTES: usize = 16;

/// The name of an analysis that was asked for: 32 lower-case hexadecimal characters.
///
/// It is 128 random bits, because whoever holds it may read what was asked.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct AnalysisId([u8; BYTES]);

impl AnalysisId {
    /// A new name; `None` without a source of randomness.
    #[must_use]
    pub fn random() -> Option<Self> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl fmt::Display for AnalysisId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The text is no name of an analysis.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be 32 lower-case hexadecimal characters")]
pub struct NotAnAnalysisId;

impl FromStr for AnalysisId {
    type Err = NotAnAnalysisId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; BYTES];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NotAnAnalysisId)?;
        let id = Self(bytes);
        // Each name has one spelling, so that it has one key.
        if id.to_string() == text { Ok(id) } else { Err(NotAnAnalysisId) }
    }
}

#[cfg(test)]
mod tests {
    use super::AnalysisId;

    #[test]
    fn an_id_is_read_from_its_one_spelling_only() {
        let id = AnalysisId::random().expect("randomness");
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "x", &"A".repeat(32), &"0".repeat(31), &"0".repeat(33), &"g".repeat(32)] {
            assert!(text.parse::<AnalysisId>().is_err(), "{text}");
        }
    }
}
