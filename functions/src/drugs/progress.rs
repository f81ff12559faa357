//! How far an analysis has got.

use super::AnalysisId;
use crate::cache::{Answer, CacheStatus};
use crate::origin::{DrugAnalysis, OriginError};
use medinsight_core::UnixMillis;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// How far an analysis has got: the body of its status, and the record that every process reads.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[schemars(rename = "DrugAnalysisProgress")]
pub struct Progress {
    /// The analysis.
    pub analysis_id: String,
    /// Where it is.
    pub status: Phase,
    /// How much of it is done, at most 100. An origin does not tell how far it is, so this is a step and no measure.
    pub progress_percentage: u8,
    /// What is being done, for people.
    pub current_step: Cow<'static, str>,
    /// By when it is expected to be done, in milliseconds since 1970; none when it is over.
    pub estimated_completion: Option<u64>,
    /// The analysis, as the origin gave it, once it is completed.
    #[schemars(with = "Option<DrugAnalysis>")]
    pub results: Option<Box<RawValue>>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<FailureCause>,
}

/// Where an analysis is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DrugAnalysisPhase")]
pub enum Phase {
    /// It waits.
    Queued,
    /// It is computed, here or in another process.
    InProgress,
    /// It is done.
    Completed,
    /// It came to nothing.
    Failed,
}

/// Why an analysis came to nothing.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCause {
    /// There is no such drug.
    UnknownDrug,
    /// The origin took too long.
    OriginTimedOut,
    /// The origin cannot answer now.
    OriginUnavailable,
    /// The origin broke down.
    OriginFailed,
    /// The process that was at it ended, or the results are no longer kept.
    Interrupted,
}

impl Phase {
    /// Whether nothing more will come.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::InProgress => false,
            Self::Completed | Self::Failed => true,
        }
    }
}

impl Progress {
    pub(super) fn queued(id: AnalysisId, expected_at: UnixMillis) -> Self {
        Self::under_way(id, Phase::Queued, 0, "waiting for its turn", expected_at)
    }

    pub(super) fn in_progress(id: AnalysisId, expected_at: UnixMillis) -> Self {
        Self::under_way(id, Phase::InProgress, 25, "collecting what is known of the drug", expected_at)
    }

    /// Comes to its end with an answer, or with none.
    pub(super) fn ended(id: AnalysisId, result: &Result<Answer, OriginError>) -> Self {
        match result {
            Ok(answer) => Self::completed(id, answer),
            Err(error) => Self::failed(id, FailureCause::from(*error)),
        }
    }

    pub(super) fn completed(id: AnalysisId, answer: &Answer) -> Self {
        let results = std::str::from_utf8(&answer.body).ok().and_then(|json| RawValue::from_string(json.into()).ok());
        let step = match answer.status {
            CacheStatus::Stale => "completed with an earlier analysis, because a new one could not be made",
            CacheStatus::Hit | CacheStatus::Miss | CacheStatus::Coalesced | CacheStatus::Bypass(_) => "completed",
        };
        if results.is_none() {
            return Self::failed(id, FailureCause::OriginFailed);
        }
        Self { results, ..Self::over(id, Phase::Completed, 100, step) }
    }

    pub(super) fn failed(id: AnalysisId, cause: FailureCause) -> Self {
        Self { error: Some(cause), ..Self::over(id, Phase::Failed, 0, cause.explanation()) }
    }

    fn under_way(id: AnalysisId, phase: Phase, percentage: u8, step: &'static str, expected_at: UnixMillis) -> Self {
        Self { estimated_completion: Some(expected_at.0), ..Self::over(id, phase, percentage, step) }
    }

    fn over(id: AnalysisId, status: Phase, progress_percentage: u8, step: &'static str) -> Self {
        Self {
            analysis_id: id.to_string(),
            status,
            progress_percentage,
            current_step: step.into(),
            estimated_completion: None,
            results: None,
            error: None,
        }
    }
}

impl FailureCause {
    const fn explanation(self) -> &'static str {
        match self {
            Self::UnknownDrug => "the drug is not known",
            Self::OriginTimedOut => "the origin took too long",
            Self::OriginUnavailable => "the origin is unavailable",
            Self::OriginFailed => "the origin failed",
            Self::Interrupted => "the analysis was interrupted or is no longer kept; ask for it again",
        }
    }
}

impl From<OriginError> for FailureCause {
    fn from(error: OriginError) -> Self {
        match error {
            OriginError::UnknownDrug => Self::UnknownDrug,
            OriginError::TimedOut => Self::OriginTimedOut,
            OriginError::Unavailable => Self::OriginUnavailable,
            OriginError::Failed => Self::OriginFailed,
        }
    }
}
