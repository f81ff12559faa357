//! The end of an environment: Lambda sends SIGTERM where an extension is registered.

use lambda_http::Error;
use std::future::Future;
use tokio::signal::unix::{SignalKind, signal};

/// A future that is over when the process is asked to end.
pub(super) fn asked() -> Result<impl Future<Output = ()>, Error> {
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        terminate.recv().await;
    })
}
