//! A client of Lambda's HTTP interface inside the environment, for what the runtime crate does not do.

use bytes::Bytes;
use http::header::HOST;
use http::{Method, Request};
use http_body_util::Full;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;

/// How long the report of a failure may take.
const TIME_TO_REPORT: Duration = Duration::from_secs(2);

/// Where the interface is.
#[derive(Clone, Debug)]
pub(super) struct RuntimeApi {
    authority: String,
}

/// A connection to it.
pub(super) type Connection = SendRequest<Full<Bytes>>;

impl RuntimeApi {
    pub(super) fn at(authority: &str) -> Self {
        Self { authority: authority.to_owned() }
    }

    pub(super) async fn connect(&self) -> io::Result<Connection> {
        let stream = TcpStream::connect(&self.authority).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(async move {
            // How a connection ended shows in its requests.
            let _ = connection.await;
        });
        Ok(sender)
    }

    /// A request of it, to be given a method and a body.
    pub(super) fn request(&self, path: &str) -> http::request::Builder {
        Request::builder().uri(path).header(HOST, self.authority.as_str())
    }

    /// Tells Lambda why the function cannot start.
    pub(super) async fn report_init_error(&self, message: &str) {
        let error_type = "Runtime.InvalidConfiguration";
        let request = self.request("/2018-06-01/runtime/init/error");
        let request = request.header("lambda-runtime-function-error-type", error_type);
        self.report(request, error_type, message).await;
    }

    /// Sends a report on a connection of its own; whoever sends it is about to end.
    pub(super) async fn report(&self, request: http::request::Builder, error_type: &str, message: &str) {
        let report = json!({"errorType": error_type, "errorMessage": message, "stackTrace": []});
        let request = request.method(Method::POST).body(Full::from(report.to_string()));
        let sending = async {
            let mut connection = self.connect().await.ok()?;
            connection.send_request(request.ok()?).await.ok()
        };
        // Lambda sees the process end in any case.
        let _ = tokio::time::timeout(TIME_TO_REPORT, sending).await;
    }
}
