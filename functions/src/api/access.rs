//! Who may use the routes of operators: whoever has the admin token, or a JWT that the gateway verified and that carries
//! the admin scope. Where neither is configured nobody may.

use super::audit::{Action, Audit, Resource};
use super::gateway::{Claims, Gateway};
use super::{Problem, Services};
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
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

/// An operator whose right has been checked. Handlers of operators' routes take one before they do anything else.
#[derive(Clone, Debug)]
pub(super) struct Admin {
    actor: Actor,
    request: String,
    names: medinsight_core::KeySecret,
}

/// How an operator showed the right.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Actor {
    /// By the admin token.
    Token,
    /// By a JWT with the admin scope; the pseudonym of its subject, if it has one.
    Jwt(Option<String>),
    /// By the settings of the store, at the command line.
    CommandLine,
}

/// Marks a request, by an extension, as one that the command line makes of this very process. Whoever can run it with
/// the settings of the store has everything that a token could open, so none is asked for. No request from elsewhere
/// can have the mark: extensions are not sent.
#[derive(Clone, Copy, Debug)]
pub struct AtCommandLine;

impl Admin {
    /// Opens the audit record of an action, which is written when the record is closed. That has to be before the
    /// answer; a record that is dropped says that the action was broken off.
    pub(super) fn audit(&self, action: Action, resource: Resource<'_>) -> Audit {
        let resource = resource.pseudonymous(&self.names);
        Audit::open(self.actor.clone(), self.request.clone(), action, resource)
    }
}

impl FromRequestParts<Services> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, Self::Rejection> {
        let names = services.exposure.names.clone();
        let actor = match parts.extensions.get() {
            Some(AtCommandLine) => Actor::CommandLine,
            None => services.access.check(parts, |subject| names.pseudonym("actor", subject))?,
        };
        Ok(Self { actor, request: request_id(parts)?, names })
    }
}

impl OptionalFromRequestParts<Services> for Admin {
    type Rejection = Problem;

    /// None when nobody claims to be an operator. A wrong claim is refused: who makes one wants to know. A user's JWT
    /// without the scope is no such claim.
    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Option<Self>, Self::Rejection> {
        let is_claimed = VerifiedJwt::of(parts).is_none() && parts.headers.contains_key(AUTHORIZATION);
        match <Self as FromRequestParts<Services>>::from_request_parts(parts, services).await {
            Ok(admin) => Ok(Some(admin)),
            Err(_) if !is_claimed => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}

impl Access {
    /// Whether anything opens the routes of operators.
    #[must_use]
    pub const fn is_configured(&self) -> bool {
        self.token.is_some() || self.scope.is_some()
    }

    fn check(&self, parts: &Parts, name: impl Fn(&str) -> String) -> Result<Actor, Problem> {
        if !self.is_configured() {
            return Err(Problem::admin_is_closed());
        }
        if let Some(jwt) = VerifiedJwt::of(parts) {
            let is_allowed = self.scope.as_ref().is_some_and(|scope| jwt.has_scope(scope));
            return if is_allowed { Ok(Actor::Jwt(jwt.subject().map(name))) } else { Err(Problem::scope_is_missing()) };
        }
        let presented = bearer(&parts.headers).ok_or_else(Problem::unauthenticated)?;
        match &self.token {
            Some(token) if token.is(presented) => Ok(Actor::Token),
            _ => Err(Problem::unauthenticated()),
        }
    }
}

/// A JWT that the gateway has verified. The context comes from the invocation and not from the request, so no client can
/// make it up; a JWT in a header that nobody verified is just text.
pub(super) struct VerifiedJwt<'a>(&'a Claims);

impl<'a> VerifiedJwt<'a> {
    pub(super) fn of(parts: &'a Parts) -> Option<Self> {
        parts.extensions.get::<Gateway>()?.claims.as_ref().map(Self)
    }

    /// Who it was made out to.
    pub(super) fn subject(&self) -> Option<&'a str> {
        self.0.sub.as_deref().filter(|subject| !subject.is_empty())
    }

    /// The scopes are read from the claims, which are the token's own: of the context's list of scopes it is not said
    /// whether it is the token's or the route's. The gateway writes a claim that is a list as `[one two]`.
    fn has_scope(&self, scope: &str) -> bool {
        let claims = [&self.0.scope, &self.0.scp].into_iter().flatten();
        let is_separator = |c: char| c.is_whitespace() || matches!(c, '[' | ']' | ',');
        claims.flat_map(|claim| claim.split(is_separator)).any(|held| held == scope)
    }
}

/// The gateway's name for the request, or a new one.
fn request_id(parts: &Parts) -> Result<String, Problem> {
    if let Some(id) = parts.extensions.get::<Gateway>().and_then(|gateway| gateway.request_id.clone()) {
        return Ok(id);
    }
    getrandom::u64().map(|id| format!("{id:016x}")).map_err(|_| Problem::internal())
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
