//! What a model has said: the one call of one of our tools, or nothing that is an answer.

use super::conversation::Conversation;
use super::json::to_value;
use crate::origin::failure::CallFailure;
use aws_sdk_bedrockruntime::operation::converse::ConverseOutput;
use aws_sdk_bedrockruntime::types::{ContentBlock, StopReason, ToolUseBlock};
use serde::de::DeserializeOwned;

/// What the tool for the answer was called with. Words beside the call are of no interest; a second call is.
pub(super) fn called<T: DeserializeOwned>(
    output: &ConverseOutput,
    conversation: &Conversation,
) -> Result<T, CallFailure> {
    ended_well(&output.stop_reason)?;
    let call = only_call(output).ok_or(CallFailure::Malformed)?;
    match call.name() {
        name if name == conversation.answer.name => {
            serde_json::from_value(to_value(call.input())).map_err(|_| CallFailure::Malformed)
        }
        name if conversation.denial.is_some_and(|denial| name == denial.name) => Err(CallFailure::UnknownDrug),
        _ => Err(CallFailure::Malformed),
    }
}

/// Some models say that their turn has ended although they have called a tool.
fn ended_well(reason: &StopReason) -> Result<(), CallFailure> {
    match reason {
        StopReason::ToolUse | StopReason::EndTurn => Ok(()),
        StopReason::GuardrailIntervened | StopReason::ContentFiltered => Err(CallFailure::Refused),
        // Cut off (`max_tokens`), or garbled by their own account.
        _ => Err(CallFailure::Malformed),
    }
}

fn only_call(output: &ConverseOutput) -> Option<&ToolUseBlock> {
    let message = output.output()?.as_message().ok()?;
    let mut calls = message.content().iter().filter_map(|block| match block {
        ContentBlock::ToolUse(call) => Some(call),
        _ => None,
    });
    calls.next().filter(|_| calls.next().is_none())
}
