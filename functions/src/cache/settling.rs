//! Coming to rest: what still has to be done when the answers have gone out.

use super::{Cache, Deadline};
use tokio::time::timeout_at;

/// Whether the engine came to rest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Settled {
    /// Nothing is computed and nothing waits for a trip, unless the store fails.
    AtRest,
    /// The time was up before. What is computed is still under way; its lease ends by itself.
    OutOfTime,
}

impl Cache {
    /// Waits for what is computed in the background, then sends what waits for a trip: until the deadline. A process
    /// that may be frozen afterwards leaves nothing half-done.
    pub async fn settle(&self, deadline: Deadline) -> Settled {
        let rest = async {
            while self.is_computing() {
                self.0.background.landed().await;
                self.0.flights.landed().await;
            }
            self.flush().await;
        };
        match timeout_at(deadline.0, rest).await {
            Ok(()) => Settled::AtRest,
            Err(_elapsed) => Settled::OutOfTime,
        }
    }
}
