//! `medinsight doctor`: whether the settings and the store they name are as they should be.

use crate::output::{BAD, DOUBTFUL, GOOD, Output, styled};
use crate::verdict::{Failure, Verdict};
use medinsight_functions::clock::Clock;
use medinsight_functions::doctor::{Finding, Severity, examine};
use medinsight_functions::environment;
use serde_json::json;
use std::fmt::Write as _;

/// Examines the settings of the environment.
pub(crate) fn run(output: &Output) -> Result<Verdict, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Failed(error.to_string()))?;
    let findings = runtime.block_on(examine(&environment::variables(), &Clock::System));
    let is_to_be_mended = findings.iter().any(Finding::is_to_be_mended);
    output.show(&json!({ "findings": findings, "is_healthy": !is_to_be_mended }), || text(&findings))?;
    Ok(if is_to_be_mended { Verdict::No } else { Verdict::Done })
}

fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let (style, word) = match finding.severity {
            Severity::Good => (GOOD, "good"),
            Severity::Unknown => (DOUBTFUL, "unknown"),
            Severity::Warning => (DOUBTFUL, "warning"),
            Severity::Broken => (BAD, "broken"),
        };
        let (name, database) = (finding.check.as_str(), finding.database.unwrap_or_default());
        let room = " ".repeat(9_usize.saturating_sub(word.len()));
        let _ = writeln!(text, "{}{room}{name:<14}{database:<10}{}", styled(style, word), finding.text);
        if let Some(mend) = &finding.mend {
            let _ = writeln!(text, "{:33}to mend it: {mend}", "");
        }
    }
    text
}
