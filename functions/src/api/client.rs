//! Who sends a request, as far as the budget has to tell clients apart.

use super::Services;
use super::access::VerifiedJwt;
use super::gateway::Gateway;
use crate::budget::{ClientBudget, Payer};
use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The other end of a connection to the local server, as an extension of its requests.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The name of the client; none when it is not to be limited or cannot be told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Client(Option<String>);

impl Client {
    pub(super) fn paying_from<'a>(&'a self, budget: &'a ClientBudget) -> Payer<'a> {
        Payer { client: self.0.as_deref(), budget }
    }
}

impl FromRequestParts<Services> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, Self::Rejection> {
        Ok(Self(name(parts, services.exposure.trusted_proxy_hops)))
    }
}

/// The subject of a verified JWT, or else an address. A peer on this machine's loopback is the developer who started the
/// server, unless it is a proxy that the settings tell of.
fn name(parts: &Parts, trusted_hops: usize) -> Option<String> {
    if let Some(subject) = VerifiedJwt::of(parts).and_then(|jwt| jwt.subject()) {
        return Some(format!("subject {subject}"));
    }
    let address = match forwarded(&parts.headers, trusted_hops) {
        Some(address) => address,
        None => source(parts)?,
    };
    Some(format!("address {}", network(address)))
}

fn source(parts: &Parts) -> Option<IpAddr> {
    if let Some(gateway) = parts.extensions.get::<Gateway>() {
        return gateway.source_ip;
    }
    let address = parts.extensions.get::<Peer>()?.0.ip().to_canonical();
    (!address.is_loopback()).then_some(address)
}

/// The address that the outermost of our own proxies saw. Each of them appends the one it saw, so it is counted from the
/// end; whatever stands before it was made up by somebody else.
fn forwarded(headers: &HeaderMap, trusted_hops: usize) -> Option<IpAddr> {
    let from_the_end = trusted_hops.checked_sub(1)?;
    let lines = headers.get_all(FORWARDED_FOR).iter().rev().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.rsplit(',')).nth(from_the_end)?.trim().parse().ok()
}

/// One client has a whole /64 of IPv6 addresses, so its budget is that of the /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::{Gateway, Peer, forwarded, name, network};
    use http::request::Parts;
    use http::{HeaderMap, HeaderValue, Request};

    fn headers(lines: &[&'static str]) -> HeaderMap {
        lines
            .iter()
            .map(|line| (http::HeaderName::from_static("x-forwarded-for"), HeaderValue::from_static(line)))
            .collect()
    }

    fn parts(peer: &str, forwarded_for: Option<&str>) -> Parts {
        let mut request = Request::builder().extension(Peer(peer.parse().expect("an address")));
        if let Some(line) = forwarded_for {
            request = request.header("x-forwarded-for", line);
        }
        request.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn what_clients_say_of_themselves_does_not_count() {
        let lines = ["1.1.1.1, 2.2.2.2", "3.3.3.3"];
        let at = |hops| forwarded(&headers(&lines), hops).map(|address| address.to_string());
        assert_eq!(at(0), None);
        assert_eq!(at(1).as_deref(), Some("3.3.3.3"));
        assert_eq!(at(2).as_deref(), Some("2.2.2.2"));
        assert_eq!(at(4), None);
        assert_eq!(forwarded(&headers(&["someone"]), 1), None);
    }

    #[test]
    fn a_peer_is_known_by_its_address_and_loopback_is_not_limited() {
        assert_eq!(name(&parts("192.0.2.7:1", Some("9.9.9.9")), 0).as_deref(), Some("address 192.0.2.7"));
        assert_eq!(name(&parts("192.0.2.7:1", Some("9.9.9.9")), 1).as_deref(), Some("address 9.9.9.9"));
        assert_eq!(name(&parts("127.0.0.1:1", Some("9.9.9.9")), 0), None);
        assert_eq!(name(&parts("[::ffff:127.0.0.1]:1", None), 0), None);
        assert_eq!(name(&parts("127.0.0.1:1", Some("9.9.9.9")), 1).as_deref(), Some("address 9.9.9.9"));
    }

    #[test]
    fn behind_a_gateway_a_client_is_known_by_the_address_that_the_gateway_saw() {
        let mut parts = parts("198.51.100.1:1", None);
        parts.extensions.insert(Gateway { source_ip: "192.0.2.9".parse().ok(), ..Gateway::default() });
        assert_eq!(name(&parts, 0).as_deref(), Some("address 192.0.2.9"));
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_are_one_client() {
        let of = |text: &str| network(text.parse().expect("an address")).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
    }
}
