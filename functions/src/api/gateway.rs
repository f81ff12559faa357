//! What API Gateway says of a request.

use serde::Deserialize;
use std::fmt;
use std::net::IpAddr;

/// What API Gateway says of a request, as an extension of it. It comes from the invocation, so no client can make it up.
#[derive(Clone, Default)]
pub struct Gateway {
    /// The gateway's name for the request.
    pub(crate) request_id: Option<String>,
    /// The address that it came from.
    pub(crate) source_ip: Option<IpAddr>,
    /// The claims of the JWT that the authorizer of an HTTP API has verified.
    pub(crate) claims: Option<Claims>,
}

/// It has the address of a person in it.
impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("request_id", &self.request_id).finish_non_exhaustive()
    }
}

/// The claims of a JWT that are of use here. The gateway writes each one as a text.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Claims {
    /// Who it was made out to.
    pub(crate) sub: Option<String>,
    /// What it is good for.
    pub(crate) scope: Option<String>,
    /// The same, by the name that some issuers give it.
    pub(crate) scp: Option<String>,
}
