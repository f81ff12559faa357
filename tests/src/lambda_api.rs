//! Lambda's interface inside an environment, emulated: the Runtime API and the Extensions API over HTTP.
//!
//! It does what the documentation says of a real environment: an invocation is delivered only when the runtime and
//! every extension have asked for the next event, and until then the environment counts as busy. It keeps a record of
//! every call, so that tests can see what happened in which order.

mod calls;
mod state;

pub use state::{Call, Outcome};

use crate::ports::ReservedPort;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use state::{Invocation, Shared};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Whether extensions may register.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Extensions {
    /// They may.
    Accepted,
    /// They are refused.
    Refused,
    /// They may register, and get no event.
    Broken,
}

/// The interface of one environment. It ends on drop.
#[derive(Debug)]
pub struct LambdaApi {
    port: ReservedPort,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

impl LambdaApi {
    /// Starts to serve on a free port.
    #[must_use]
    pub fn start(extensions: Extensions) -> Self {
        let port = ReservedPort::any();
        let shared = Arc::new(Shared::new(extensions));
        let serving = tokio::spawn(serve(port.listen(), Arc::clone(&shared)));
        Self { port, shared, serving }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Invokes the function once the environment is idle, and waits for the outcome.
    ///
    /// # Panics
    ///
    /// When there is none soon after the invocation's time is up.
    pub async fn invoke(&self, event: &Value, time: Duration) -> Outcome {
        self.idle(time).await;
        self.invoke_now(event, time).await
    }

    /// Invokes the function also when the environment is busy: several invocations at once, as in managed instances.
    ///
    /// # Panics
    ///
    /// When there is no outcome soon after the invocation's time is up.
    pub async fn invoke_now(&self, event: &Value, time: Duration) -> Outcome {
        let id = self.shared.submit(Invocation::of(event, time));
        let outcome = self.shared.when(|state| state.outcomes.remove(&id));
        timeout(time + Duration::from_secs(5), outcome).await.expect("an outcome of the invocation")
    }

    /// Waits until the runtime and every extension have asked for the next event; only then Lambda freezes an
    /// environment.
    ///
    /// # Panics
    ///
    /// When that does not happen within `limit`.
    pub async fn idle(&self, limit: Duration) {
        let idle = self.shared.when(|state| state.is_idle().then_some(()));
        let waited = timeout(limit, idle).await;
        assert!(waited.is_ok(), "the environment is not idle; its calls were {:?}", self.calls());
    }

    /// Every call so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.lock().calls.clone()
    }

    /// What the function reported instead of starting.
    #[must_use]
    pub fn init_error(&self) -> Option<Value> {
        self.shared.lock().init_error.clone()
    }
}

impl Drop for LambdaApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        let service = service_fn(move |request| calls::answer(Arc::clone(&shared), request));
        // How a connection ends shows in the calls.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}
