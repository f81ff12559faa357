//! What the cache holds: the closed list of categories and of the kinds of entries in them.

use std::fmt;
use std::str::FromStr;

/// A category: the second part of every key. The list is closed; an unknown category is an error, never a key.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Category {
    /// A user's session and preferences.
    User,
    /// What was typed into the symptom form.
    Symptom,
    /// The short summary of a session's last analysis.
    AiSummary,
    /// Answers to health questions.
    HealthAnalysis,
    /// Answers to "which of these medicines interact?".
    MedicationInteractions,
    /// Analyses of a drug.
    DrugAnalysis,
    /// Facts about a drug.
    DrugInfo,
    /// State that the front end keeps for a session.
    SessionState,
    /// How far a running analysis has got.
    AnalysisProgress,
    /// Usage counters of an endpoint.
    Usage,
    /// Failure counters of an endpoint.
    Errors,
}

impl Category {
    /// Every category, in the order of the specification.
    pub const ALL: [Self; 11] = [
        Self::User,
        Self::Symptom,
        Self::AiSummary,
        Self::HealthAnalysis,
        Self::MedicationInteractions,
        Self::DrugAnalysis,
        Self::DrugInfo,
        Self::SessionState,
        Self::AnalysisProgress,
        Self::Usage,
        Self::Errors,
    ];

    /// The category as it stands in a key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Symptom => "symptom",
            Self::AiSummary => "ai_summary",
            Self::HealthAnalysis => "health_analysis",
            Self::MedicationInteractions => "medication_interactions",
            Self::DrugAnalysis => "drug_analysis",
            Self::DrugInfo => "drug_info",
            Self::SessionState => "session_state",
            Self::AnalysisProgress => "analysis_progress",
            Self::Usage => "usage",
            Self::Errors => "errors",
        }
    }

    /// Whether the category holds counters, which no pattern can reach.
    #[must_use]
    pub const fn is_counter(self) -> bool {
        matches!(self, Self::Usage | Self::Errors)
    }

    /// The categories that hold entries, which is all but those of counters.
    pub fn of_entries() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|category| !category.is_counter())
    }

    /// The key of the category's generation token, which is outside every category.
    ///
    /// ```
    /// use medinsight_core::Category;
    ///
    /// assert_eq!(Category::DrugInfo.generation_key(), "medinsight:gen:drug_info");
    /// ```
    #[must_use]
    pub fn generation_key(self) -> String {
        format!("medinsight:gen:{self}")
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Category {
    type Err = crate::KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|category| category.as_str() == text).ok_or(crate::KeyError::UnknownCategory)
    }
}

/// Who an entry is about, which decides what has to be sealed and what may be shared.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum DataClass {
    /// About a person: stored sealed, never in a shared HTTP cache.
    Personal,
    /// The same for everybody.
    Public,
    /// A number that names nobody.
    Counter,
}

impl DataClass {
    /// The name of the class.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Public => "public",
            Self::Counter => "counter",
        }
    }
}

/// One row of the key specification: a category together with what its sub-key means.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum EntryKind {
    /// `user:{id}:session`
    UserSession,
    /// `user:{id}:preferences`
    UserPreferences,
    /// `symptom:{session}:inputs`
    SymptomInput,
    /// `ai_summary:{session}`
    AiSummary,
    /// `health_analysis:{digest}`
    HealthAnalysis,
    /// `medication_interactions:{digest}`
    MedicationInteractions,
    /// `drug_analysis:{drug}` or `drug_analysis:{drug}:{variant}`
    DrugAnalysis,
    /// `drug_info:{drug}`
    DrugInfo,
    /// `session_state:{session}`
    SessionState,
    /// `analysis_progress:{analysis}`
    AnalysisProgress,
    /// `usage:{endpoint}:{counter}`
    Usage,
    /// `errors:{endpoint}:{counter}`
    Errors,
}

impl EntryKind {
    /// Every kind, in the order of the specification.
    pub const ALL: [Self; 12] = [
        Self::UserSession,
        Self::UserPreferences,
        Self::SymptomInput,
        Self::AiSummary,
        Self::HealthAnalysis,
        Self::MedicationInteractions,
        Self::DrugAnalysis,
        Self::DrugInfo,
        Self::SessionState,
        Self::AnalysisProgress,
        Self::Usage,
        Self::Errors,
    ];

    /// The category that the kind belongs to.
    #[must_use]
    pub const fn category(self) -> Category {
        match self {
            Self::UserSession | Self::UserPreferences => Category::User,
            Self::SymptomInput => Category::Symptom,
            Self::AiSummary => Category::AiSummary,
            Self::HealthAnalysis => Category::HealthAnalysis,
            Self::MedicationInteractions => Category::MedicationInteractions,
            Self::DrugAnalysis => Category::DrugAnalysis,
            Self::DrugInfo => Category::DrugInfo,
            Self::SessionState => Category::SessionState,
            Self::AnalysisProgress => Category::AnalysisProgress,
            Self::Usage => Category::Usage,
            Self::Errors => Category::Errors,
        }
    }

    /// Who entries of this kind are about.
    #[must_use]
    pub const fn data_class(self) -> DataClass {
        match self {
            Self::UserSession
            | Self::UserPreferences
            | Self::SymptomInput
            | Self::AiSummary
            | Self::HealthAnalysis
            | Self::MedicationInteractions
            | Self::SessionState
            | Self::AnalysisProgress => DataClass::Personal,
            Self::DrugAnalysis | Self::DrugInfo => DataClass::Public,
            Self::Usage | Self::Errors => DataClass::Counter,
        }
    }
}
