//! The origin of all contenders: it thinks for a while, gives everybody the same answer, and counts.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use bytes::Bytes;
use medinsight_tests::ANALYZE;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running origin. It ends on drop.
#[derive(Debug)]
pub(crate) struct Origin {
    url: String,
    calls: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Origin {
    /// Starts an origin that takes this long for an answer.
    pub(crate) async fn start(delay: Duration) -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let answer = move |_: Bytes| {
            counted.fetch_add(1, Ordering::SeqCst);
            async move {
                tokio::time::sleep(delay).await;
                ([(CONTENT_TYPE, "application/json")], include_bytes!("../../../peers/answer.json").as_slice())
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().route(ANALYZE, post(answer));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("a server") });
        Self { url, calls, serving }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How often it was asked so far.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
