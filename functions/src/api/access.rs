//! Who may use the routes of operators: whoever has the admin token, or a JWT that the gateway verified and that carries
//! the admin scope. Where neither is configured nobody may.

use super::{Problem, Services};
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use lambda_http::request::RequestContext;
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// What opens the routes of operators.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// `MEDINSIGHT_ADMIN_TOKEN`; none.
    pub token: Option<AdminToken>,
    /// `MEDINSIGHT_ADMIN_SCOPE`: the scope of a JWT; none.
    pub scope: Option<String>,
}

/// The admin token, kept as a digest: comparing digests takes the same time for tokens of every length, and there is
/// nothing to be read out of memory.
#[derive(Clone)]
pub struct AdminToken([u8; 32]);

impl AdminToken {
    /// The shortest token, in bytes: 128 bits.
    pub const MIN_BYTES: usize = 16;

    /// Takes a token; `None` when it has fewer than [`AdminToken::MIN_BYTES`] bytes.
    #[must_use]
    pub fn new(token: &str) -> Option<Self> {
        (token.len() >= Self::MIN_BYTES).then(|| Self(digest(token.as_bytes())))
    }

    fn is(&self, candidate: &[u8]) -> bool {
        self.0.ct_eq(&digest(candidate)).into()
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(..)")
    }
}

/// An operator whose right has been checked. Handlers of operators' routes take one before they do anything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admin {
    actor: Actor,
}

/// How an operator showed the right.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Actor {
    /// By the admin token.
    Token,
    /// By a JWT with the admin scope.
    Jwt,
}

impl Actor {
    /// The name for audit records.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Jwt => "jwt",
        }
    }
}

impl Admin {
    /// Writes the audit record of an action, which has to be there before the answer. `resource` names what was read or
    /// cleared without naming a person: a category, or the digest of a key.
    pub(super) fn audit(self, action: &'static str, resource: &str) {
        tracing::info!(target: crate::logging::AUDIT, actor = self.actor.as_str(), action, resource, "audit");
    }
}

impl FromRequestParts<Services> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, Self::Rejection> {
        services.access.check(parts).map(|actor| Self { actor })
    }
}

impl OptionalFromRequestParts<Services> for Admin {
    type Rejection = Problem;

    /// None when nobody claims to be an operator. A wrong claim is refused: who makes one wants to know. A user's JWT
    /// without the scope is no such claim.
    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Option<Self>, Self::Rejection> {
        let is_claimed = verified_scopes(parts).is_none() && parts.headers.contains_key(AUTHORIZATION);
        match services.access.check(parts) {
            Ok(actor) => Ok(Some(Self { actor })),
            Err(_) if !is_claimed => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}

impl Access {
    fn check(&self, parts: &Parts) -> Result<Actor, Problem> {
        if self.token.is_none() && self.scope.is_none() {
            return Err(Problem::admin_is_closed());
        }
        if let Some(scopes) = verified_scopes(parts) {
            return if self.allows(scopes) { Ok(Actor::Jwt) } else { Err(Problem::scope_is_missing()) };
        }
        let presented = bearer(&parts.headers).ok_or_else(Problem::unauthenticated)?;
        match &self.token {
            Some(token) if token.is(presented) => Ok(Actor::Token),
            _ => Err(Problem::unauthenticated()),
        }
    }

    fn allows(&self, scopes: &[String]) -> bool {
        self.scope.as_ref().is_some_and(|scope| scopes.contains(scope))
    }
}

/// The scopes of a JWT that the gateway has verified. The context comes from the invocation and not from the request, so
/// no client can make it up.
fn verified_scopes(parts: &Parts) -> Option<&[String]> {
    let Some(RequestContext::ApiGatewayV2(context)) = parts.extensions.get::<RequestContext>() else { return None };
    let jwt = context.authorizer.as_ref()?.jwt.as_ref()?;
    Some(jwt.scopes.as_deref().unwrap_or_default())
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
}

fn digest(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}
