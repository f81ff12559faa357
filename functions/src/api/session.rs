//! The session that a request belongs to.

use super::ids::is_id;
use super::{Peer, Problem};
use crate::clock;
use axum::extract::Request;
use http::{HeaderName, HeaderValue};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Names the session; answers carry it back.
pub(super) const SESSION_HEADER: HeaderName = HeaderName::from_static("x-session-id");

/// Makes names of 128 bits that nobody can guess or makes twice: hashes of a secret that only this process has, with the
/// number of the name. A call of the system for each would take longer than reading the question. The time and the port
/// of the client are hashed, too: a copy of the process's memory that runs on beside it has to make other names.
struct Names {
    secret: [u8; 32],
    made: AtomicU64,
}

impl Names {
    fn new<E>(fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut secret = [0; 32];
        fill(&mut secret)?;
        Ok(Self { secret, made: AtomicU64::default() })
    }

    /// All that is hashed has one length and fits into one block.
    fn next(&self, nanos: u64, port: u16) -> [u8; 16] {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let parts = [self.secret.as_slice(), &number.to_be_bytes(), &nanos.to_be_bytes(), &port.to_be_bytes()];
        let hashed = parts.concat();
        let digest: [u8; 32] = Sha256::digest(hashed).into();
        std::array::from_fn(|at| digest[at])
    }
}

/// A session's name: 1 to 128 visible ASCII characters.
pub(super) struct SessionId(HeaderValue);

impl SessionId {
    /// The session that the header names, or a new one.
    pub(super) fn of_request(request: &Request) -> Result<Self, Problem> {
        let mut named = request.headers().get_all(SESSION_HEADER).iter();
        match (named.next(), named.next()) {
            (None, _) => Self::random(request.extensions().get()),
            (Some(name), None) if is_id(name.as_bytes()) => Ok(Self(name.clone())),
            _ => Err(Problem::invalid_session()),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(super) fn into_header(self) -> HeaderValue {
        self.0
    }

    /// A new name: whoever holds it may read the session, so it must not be guessed.
    fn random(peer: Option<&Peer>) -> Result<Self, Problem> {
        static NAMES: LazyLock<Option<Names>> = LazyLock::new(|| Names::new(getrandom::fill).ok());
        let port = peer.map_or(0, |Peer(address)| address.port());
        let bytes = NAMES.as_ref().ok_or_else(Problem::internal)?.next(clock::nanos(), port);
        let mut name = [0; 32];
        hex::encode_to_slice(bytes, &mut name).map_err(|_| Problem::internal())?;
        HeaderValue::from_bytes(&name).map(Self).map_err(|_| Problem::internal())
    }
}

#[cfg(test)]
mod tests {
    use super::Names;
    use std::collections::HashSet;

    fn names_of(secret: u8) -> Names {
        Names::new(|bytes: &mut [u8]| {
            bytes.fill(secret);
            Ok::<_, ()>(())
        })
        .expect("a secret")
    }

    #[test]
    fn no_name_is_made_twice_even_when_the_clock_stands_still() {
        let names = names_of(1);
        let made: HashSet<_> = (0..1_000).map(|_| names.next(7, 8)).collect();
        assert_eq!(made.len(), 1_000);
    }

    #[test]
    fn another_process_and_a_copy_of_this_one_at_another_time_or_for_another_client_make_other_names() {
        let name = names_of(1).next(7, 8);
        assert_eq!(name, names_of(1).next(7, 8));
        for other in [names_of(2).next(7, 8), names_of(1).next(8, 8), names_of(1).next(7, 9)] {
            assert_ne!(name, other);
        }
    }

    #[test]
    fn without_randomness_there_are_no_names() {
        assert!(Names::new(|_: &mut [u8]| Err(())).is_err());
    }
}
