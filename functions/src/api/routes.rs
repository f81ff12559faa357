//! Routes together with what the OpenAPI document says about them.
//!
//! A route can only be added with its description, and the router is only made from here, so none is missing in the
//! document.

use super::Services;
use super::openapi::Operation;
use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodRouter, delete, get, post};
use http::Method;

/// The routes of a group, each with its description.
#[derive(Debug, Default)]
pub struct Routes {
    router: Router<Services>,
    documented: Vec<Documented>,
}

/// A route as the document has it. It is described only when somebody asks, so a start costs nothing.
#[derive(Clone, Debug)]
pub(super) struct Documented {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) describe: fn() -> Operation,
}

impl Routes {
    pub(super) fn get<T: 'static>(
        self,
        path: &'static str,
        handler: impl Handler<T, Services>,
        describe: fn() -> Operation,
    ) -> Self {
        self.add(Documented { method: Method::GET, path, describe }, get(handler))
    }

    pub(super) fn post<T: 'static>(
        self,
        path: &'static str,
        handler: impl Handler<T, Services>,
        describe: fn() -> Operation,
    ) -> Self {
        self.add(Documented { method: Method::POST, path, describe }, post(handler))
    }

    #[expect(dead_code, reason = "the routes that delete come with the next groups")]
    pub(super) fn delete<T: 'static>(
        self,
        path: &'static str,
        handler: impl Handler<T, Services>,
        describe: fn() -> Operation,
    ) -> Self {
        self.add(Documented { method: Method::DELETE, path, describe }, delete(handler))
    }

    /// The routes of both.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.documented.extend(other.documented);
        Self { router: self.router.merge(other.router), documented: self.documented }
    }

    pub(super) fn documented(&self) -> &[Documented] {
        &self.documented
    }

    pub(super) fn into_router(self) -> Router<Services> {
        self.router
    }

    fn add(mut self, route: Documented, handler: MethodRouter<Services>) -> Self {
        let router = self.router.route(route.path, handler);
        self.documented.push(route);
        Self { router, documented: self.documented }
    }
}
