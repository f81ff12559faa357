//! Routes together with what the OpenAPI document says about them.
//!
//! A route can only be added with its description, and the router is only made from here, so none is missing in the
//! document. A program that only serves them, as Lambda functions do, is built without the descriptions.

use super::Services;
use super::openapi::Operation;
use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodRouter, delete, get, post};
use http::Method;
use std::marker::PhantomData;

/// The routes of a group, each with its description if they are to be described.
#[derive(Debug)]
pub struct Routes<P> {
    router: Router<Services>,
    documented: Vec<Documented>,
    purpose: PhantomData<P>,
}

/// What routes are for. It is a type, so that the compiler sees which program needs no descriptions.
pub trait Purpose {
    /// Whether their descriptions are kept.
    const IS_DESCRIBED: bool;
}

/// Routes that requests are answered by.
#[derive(Debug)]
pub enum Serving {}

/// Routes that the document is made of.
#[derive(Debug)]
pub enum Describing {}

impl Purpose for Serving {
    const IS_DESCRIBED: bool = false;
}

impl Purpose for Describing {
    const IS_DESCRIBED: bool = true;
}

/// A route as the document has it. It is described only when somebody asks, so a start costs nothing.
#[derive(Clone, Debug)]
pub(super) struct Documented {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) audience: Audience,
    /// None among routes that are only served.
    pub(super) describe: Option<fn() -> Operation>,
}

/// Whom a route is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Audience {
    Everybody,
    Operators,
}

impl<P> Default for Routes<P> {
    fn default() -> Self {
        Self { router: Router::new(), documented: Vec::new(), purpose: PhantomData }
    }
}

impl<P: Purpose> Routes<P> {
    pub(super) fn get<T: 'static>(
        self,
        path: &'static str,
        handler: impl Handler<T, Services>,
        describe: fn() -> Operation,
    ) -> Self {
        self.add(Method::GET, path, get(handler), describe)
    }

    pub(super) fn post<T: 'static>(
        self,
        path: &'static str,
        handler: impl Handler<T, Services>,
        describe: fn() -> Operation,
    ) -> Self {
        self.add(Method::POST, path, post(handler), describe)
    }

    pub(super) fn delete<T: 'static>(
        self,
        path: &'static str,
        handler: impl Handler<T, Services>,
        describe: fn() -> Operation,
    ) -> Self {
        self.add(Method::DELETE, path, delete(handler), describe)
    }

    /// The routes so far are for operators. Their handlers have to take an `Admin`.
    pub(super) fn only_for_operators(mut self) -> Self {
        self.documented.iter_mut().for_each(|route| route.audience = Audience::Operators);
        self
    }

    /// The routes of both.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.documented.extend(other.documented);
        Self { router: self.router.merge(other.router), ..self }
    }

    /// The routes and one that no document has: a fault that a test plants.
    #[must_use]
    pub fn with_planted(mut self, path: &'static str, handler: MethodRouter<Services>) -> Self {
        self.router = self.router.route(path, handler);
        self
    }

    pub(super) fn documented(&self) -> &[Documented] {
        &self.documented
    }

    pub(super) fn paths_of_operators(&self) -> impl Iterator<Item = &'static str> {
        let routes = self.documented.iter().filter(|route| route.audience == Audience::Operators);
        routes.map(|route| route.path)
    }

    pub(super) fn into_router(self) -> Router<Services> {
        self.router
    }

    fn add(
        mut self,
        method: Method,
        path: &'static str,
        handler: MethodRouter<Services>,
        describe: fn() -> Operation,
    ) -> Self {
        let describe = P::IS_DESCRIBED.then_some(describe);
        self.documented.push(Documented { method, path, audience: Audience::Everybody, describe });
        Self { router: self.router.route(path, handler), ..self }
    }
}
