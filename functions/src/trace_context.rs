//! The trace that a request belongs to: W3C Trace Context and the header of X-Ray.
//!
//! It travels with the task, as what is measured does, for origins to pass on. It is never logged.

use crate::task_local;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::future::Future;
use std::sync::{Arc, OnceLock};

tokio::task_local! {
    static CURRENT: TraceContext;
}

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const XRAY: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// The longest `tracestate` that has to be passed on (W3C Trace Context section 3.3.1.5).
const MAX_TRACESTATE_CHARS: usize = 512;

/// The longest X-Ray header that is passed on.
const MAX_XRAY_CHARS: usize = 256;

/// The trace that a request belongs to, as headers for whatever is called on its behalf. Clones are the same trace.
#[derive(Clone, Debug)]
pub struct TraceContext(Arc<Trace>);

#[derive(Debug)]
struct Trace {
    /// The client's, or one that is made when something is called for the first time: a hit calls nothing.
    traceparent: OnceLock<String>,
    tracestate: Option<String>,
    xray: Option<String>,
}

impl TraceContext {
    /// The trace of a request: the client's, or else that of X-Ray, or else a new one.
    #[must_use]
    pub fn of_request(headers: &HeaderMap) -> Self {
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let xray = text(&XRAY).filter(|value| is_xray(value)).map(str::to_owned);
        let given = text(&TRACEPARENT).filter(|value| is_traceparent(value)).map(str::to_owned);
        let tracestate = given.as_ref().and_then(|_| text(&TRACESTATE).filter(|value| is_tracestate(value)));
        let tracestate = tracestate.map(str::to_owned);
        let traceparent = given.map_or_else(OnceLock::new, OnceLock::from);
        Self(Arc::new(Trace { traceparent, tracestate, xray }))
    }

    /// The value of `traceparent`.
    #[must_use]
    pub fn traceparent(&self) -> &str {
        let of_xray = || self.xray().and_then(traceparent_of_xray);
        self.0.traceparent.get_or_init(|| of_xray().unwrap_or_else(new_traceparent))
    }

    /// The value of `tracestate`, which means nothing without the client's `traceparent`.
    #[must_use]
    pub fn tracestate(&self) -> Option<&str> {
        self.0.tracestate.as_deref()
    }

    /// The value of `X-Amzn-Trace-Id`.
    #[must_use]
    pub fn xray(&self) -> Option<&str> {
        self.0.xray.as_deref()
    }

    /// Runs some work on behalf of this trace.
    pub(crate) fn of<T>(self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        CURRENT.scope(self, work)
    }

    /// The headers of whatever is called on behalf of the current trace; none outside of any.
    pub(crate) fn headers() -> Vec<(HeaderName, HeaderValue)> {
        let Ok(current) = CURRENT.try_with(Self::clone) else { return Vec::new() };
        let headers =
            [(TRACEPARENT, Some(current.traceparent())), (TRACESTATE, current.tracestate()), (XRAY, current.xray())];
        headers.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::try_from(value?).ok()?))).collect()
    }
}

/// The work with the trace of whoever starts it, for a task of its own.
pub(crate) fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    task_local::carried(&CURRENT, work)
}

/// `00-<32 hex>-<16 hex>-<2 hex>`. A later version may have more behind it, of which nothing is passed on as if it were
/// understood.
fn is_traceparent(value: &str) -> bool {
    let parts: Vec<_> = value.split('-').collect();
    match parts.as_slice() {
        ["00", trace, parent, flags] => is_id(trace, 32) && is_id(parent, 16) && is_hex(flags, 2),
        _ => false,
    }
}

fn is_id(text: &str, length: usize) -> bool {
    is_hex(text, length) && text.bytes().any(|byte| byte != b'0')
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_tracestate(value: &str) -> bool {
    (1..=MAX_TRACESTATE_CHARS).contains(&value.len()) && value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn is_xray(value: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'=' | b';' | b':' | b'-' | b'_');
    (1..=MAX_XRAY_CHARS).contains(&value.len()) && value.bytes().all(is_allowed)
}

/// `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`: X-Ray's ids without their hyphens are
/// those of W3C.
fn traceparent_of_xray(xray: &str) -> Option<String> {
    let member = |name: &str| xray.split(';').find_map(|member| member.strip_prefix(name)?.strip_prefix('='));
    let trace: String = member("Root")?.strip_prefix("1-")?.split('-').collect();
    let parent = member("Parent").filter(|parent| is_id(parent, 16)).map_or_else(random_hex::<8>, str::to_owned);
    let flags = if member("Sampled") == Some("1") { "01" } else { "00" };
    is_id(&trace, 32).then(|| format!("00-{trace}-{parent}-{flags}"))
}

fn new_traceparent() -> String {
    format!("00-{}-{}-00", random_hex::<16>(), random_hex::<8>())
}

/// Random bytes; without a source of randomness ones, because an id of zeros is invalid.
fn random_hex<const BYTES: usize>() -> String {
    let mut bytes = [0; BYTES];
    match getrandom::fill(&mut bytes) {
        Ok(()) => hex::encode(bytes),
        Err(_) => hex::encode([1; BYTES]),
    }
}

#[cfg(test)]
mod tests {
    use super::{TraceContext, is_traceparent};
    use http::{HeaderMap, HeaderName, HeaderValue};

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const XRAY: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    fn of(headers: &[(&'static str, &'static str)]) -> TraceContext {
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        TraceContext::of_request(&headers.collect::<HeaderMap>())
    }

    #[test]
    fn the_clients_context_is_taken_over_with_its_state_and_that_of_xray_beside_it() {
        let context = of(&[("traceparent", PARENT), ("tracestate", "vendor=1"), ("x-amzn-trace-id", XRAY)]);
        assert_eq!(context.traceparent(), PARENT);
        assert_eq!((context.tracestate(), context.xray()), (Some("vendor=1"), Some(XRAY)));
    }

    #[test]
    fn without_a_client_the_trace_is_that_of_xray_and_without_either_a_new_one() {
        assert_eq!(
            of(&[("x-amzn-trace-id", XRAY)]).traceparent(),
            "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"
        );
        let (one, other) = (of(&[]), of(&[]));
        assert!(is_traceparent(one.traceparent()) && one.traceparent() != other.traceparent());
    }

    #[test]
    fn a_trace_that_is_made_up_is_the_same_for_all_that_is_called_on_behalf_of_a_request() {
        let context = of(&[]);
        let carried = context.clone();
        assert_eq!(carried.traceparent(), context.traceparent());
    }

    #[test]
    fn what_is_malformed_is_replaced_and_a_state_without_its_parent_dropped() {
        for malformed in [
            "",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ] {
            let context = of(&[("traceparent", malformed), ("tracestate", "vendor=1")]);
            assert!(is_traceparent(context.traceparent()) && context.traceparent() != malformed, "{malformed}");
            assert_eq!(context.tracestate(), None);
        }
        assert_eq!(of(&[("x-amzn-trace-id", "Root=1-a b")]).xray(), None);
    }
}
