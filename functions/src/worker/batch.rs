//! Several jobs at once, and what Lambda is told of them.

use futures_util::StreamExt;
use futures_util::stream;
use serde::Serialize;
use std::future::Future;

/// How many jobs are done at once. They wait for the origin most of their time.
const AT_ONCE: usize = 4;

/// What is said of a batch of messages (`ReportBatchItemFailures`).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchResponse {
    pub(super) batch_item_failures: Vec<BatchItemFailure>,
}

/// A message that was not worked off.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchItemFailure {
    pub(super) item_identifier: String,
}

/// What is said of a schedule's event.
#[derive(Debug, Serialize)]
pub(super) struct ScheduleResponse {
    pub(super) jobs: usize,
    pub(super) failed: usize,
}

/// The outcomes in the order of the items.
pub(super) async fn each<T, R, F: Future<Output = R>>(items: Vec<T>, run: impl Fn(T) -> F) -> Vec<R> {
    stream::iter(items).map(run).buffered(AT_ONCE).collect().await
}
