//! `medinsight openapi`: the document of the interface.

use crate::output::Output;
use crate::verdict::{Failure, Verdict};
use medinsight_functions::api;

/// Prints the document. It is JSON in any case.
pub(crate) fn run(output: &Output) -> Result<Verdict, Failure> {
    let document = api::document(&api::all_routes());
    let text = serde_json::to_string_pretty(&document).map_err(|error| Failure::Failed(error.to_string()))?;
    output.print(&text)?;
    Ok(Verdict::Done)
}
