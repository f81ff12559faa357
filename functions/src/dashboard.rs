//! The page at `/dashboard`, for the people who run the cache. It is a client of the operators' routes like any other, so
//! whoever has no token sees a form and nothing else.
//!
//! `functions/dashboard` has its source, and `functions/dashboard/built` what a bundler makes of it, which is checked in:
//! building the program must not need npm. `cargo xtask test` compares the two.

use crate::api::Problem;
use crate::page::{HTML, JAVASCRIPT, file, protected};
use axum::Router;
use axum::extract::Path;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;

const PAGE: &str = include_str!("../dashboard/src/index.html");

/// What the page loads, by the name in its path.
const FILES: [(&str, &str, &str); 2] = [
    ("page.css", "text/css", include_str!("../dashboard/built/page.css")),
    ("page.js", JAVASCRIPT, include_str!("../dashboard/built/page.js")),
];

/// Nothing but what this server has.
const ONLY_FROM_HERE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes of the page.
pub fn router() -> Router {
    Router::new()
        .route("/dashboard", get(|| async { file(HTML, PAGE) }))
        .route("/dashboard/{file}", get(find_file))
        .layer(map_response(|response: Response| async { protected(response, ONLY_FROM_HERE) }))
}

async fn find_file(Path(name): Path<String>) -> Result<Response, Problem> {
    let found = FILES.into_iter().find(|(own, ..)| *own == name);
    found.map(|(_, media_type, content)| file(media_type, content)).ok_or_else(Problem::unknown_route)
}
