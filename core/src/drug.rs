//! Names of drugs and the variants of a drug analysis, as they stand in keys.

use crate::key::KeyError;
use crate::text;
use std::fmt;
use std::str::FromStr;

/// A drug's name in the form that keys use: normalised text whose spaces are `_`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DrugName(String);

impl DrugName {
    /// Normalises a name.
    ///
    /// # Errors
    ///
    /// [`KeyError::EmptyIdentifier`] when nothing is left of it.
    ///
    /// ```
    /// use medinsight_core::DrugName;
    ///
    /// assert_eq!(DrugName::new(" Insulin  Glargine")?.as_str(), "insulin_glargine");
    /// assert!(DrugName::new(" \u{3000}").is_err());
    /// # Ok::<(), medinsight_core::KeyError>(())
    /// ```
    pub fn new(name: &str) -> Result<Self, KeyError> {
        let normal = text::normalise(name);
        if normal.is_empty() { Err(KeyError::EmptyIdentifier) } else { Ok(Self(normal.replace(' ', "_"))) }
    }

    /// The name as it stands in a key, before percent-encoding.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a drug analysis looks at.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum AnalysisType {
    /// A bit of everything.
    #[default]
    Overview,
    /// The market for the drug.
    MarketResearch,
    /// Trials and their results.
    ClinicalTrials,
    /// The drugs it competes with.
    CompetitiveAnalysis,
    /// Side effects, warnings, interactions.
    SafetyProfile,
    /// What it costs.
    PricingAnalysis,
}

impl AnalysisType {
    /// Every type, in the order of the service's documentation.
    pub const ALL: [Self; 6] = [
        Self::Overview,
        Self::MarketResearch,
        Self::ClinicalTrials,
        Self::CompetitiveAnalysis,
        Self::SafetyProfile,
        Self::PricingAnalysis,
    ];

    /// The type as it stands in requests and keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::MarketResearch => "market_research",
            Self::ClinicalTrials => "clinical_trials",
            Self::CompetitiveAnalysis => "competitive_analysis",
            Self::SafetyProfile => "safety_profile",
            Self::PricingAnalysis => "pricing_analysis",
        }
    }

    pub(crate) fn find(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|analysis_type| analysis_type.as_str() == text)
    }
}

/// Which variant of a drug's analysis is meant; [`AnalysisVariant::default`] is the one whose key has no sub-key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct AnalysisVariant {
    /// What the analysis looks at.
    pub analysis_type: AnalysisType,
    /// Whether competitors are included.
    pub include_competitors: bool,
    /// Whether market data are included.
    pub include_market_data: bool,
    /// Whether clinical data are included.
    pub include_clinical_data: bool,
}

impl AnalysisVariant {
    /// The sub-key of the variant, none for the default one.
    ///
    /// ```
    /// use medinsight_core::AnalysisVariant;
    ///
    /// let default = AnalysisVariant::default();
    /// assert_eq!(default.sub_key(), None);
    /// let variant = AnalysisVariant { include_market_data: false, ..default };
    /// assert_eq!(variant.sub_key().as_deref(), Some("overview-nomarket"));
    /// ```
    #[must_use]
    pub fn sub_key(&self) -> Option<String> {
        Some(self).filter(|variant| **variant != Self::default()).map(Self::spelling)
    }

    fn spelling(&self) -> String {
        let left_out = |is_included: bool, suffix| if is_included { "" } else { suffix };
        [
            self.analysis_type.as_str(),
            left_out(self.include_competitors, "-nocompetitors"),
            left_out(self.include_market_data, "-nomarket"),
            left_out(self.include_clinical_data, "-noclinical"),
        ]
        .concat()
    }
}

impl Default for AnalysisVariant {
    fn default() -> Self {
        Self {
            analysis_type: AnalysisType::default(),
            include_competitors: true,
            include_market_data: true,
            include_clinical_data: true,
        }
    }
}

impl fmt::Display for AnalysisVariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelling())
    }
}

impl FromStr for AnalysisVariant {
    type Err = KeyError;

    /// Reads the spelling that `Display` gives, and no other.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-');
        let analysis_type = parts.next().and_then(AnalysisType::find).ok_or(KeyError::UnknownSubKey)?;
        let left_out: Vec<&str> = parts.collect();
        let variant = Self {
            analysis_type,
            include_competitors: !left_out.contains(&"nocompetitors"),
            include_market_data: !left_out.contains(&"nomarket"),
            include_clinical_data: !left_out.contains(&"noclinical"),
        };
        if variant.spelling() == text { Ok(variant) } else { Err(KeyError::UnknownSubKey) }
    }
}
