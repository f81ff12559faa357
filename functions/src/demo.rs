//! The page at `/demo`, where a person types a question and sees its key change. Only the local server has it.
//!
//! The page's own files are part of the program. The WebAssembly package is not: building it takes tools that building the
//! server must not need. It is read where `cargo xtask wasm` writes it, and until then the page asks `/demo/describe`,
//! which computes keys with the same core.

use crate::api::{Problem, Services, read_json_body};
use crate::page::{HTML, JAVASCRIPT, file, protected};
use axum::Json;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use medinsight_core::{CacheKey, HealthAnalysisRequest};
use serde::Serialize;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

/// The page; `data-keys-by` in it says what computes keys.
const PAGE: &str = include_str!("../../wasm/demo/index.html");

/// What the page loads, by the name in its path.
const FILES: [(&str, &str, &str); 4] = [
    ("page.css", "text/css", include_str!("../../wasm/demo/page.css")),
    ("page.js", JAVASCRIPT, include_str!("../../wasm/demo/page.js")),
    ("keys.js", JAVASCRIPT, include_str!("../../wasm/demo/keys.js")),
    ("requests.js", JAVASCRIPT, include_str!("../../wasm/demo/requests.js")),
];

/// Files of the package that the page loads. No other file can be asked for.
const PACKAGE_FILES: [(&str, &str); 4] = [
    ("browser.js", JAVASCRIPT),
    ("fetch.js", JAVASCRIPT),
    ("cache_keys.js", JAVASCRIPT),
    ("cache_keys.wasm", "application/wasm"),
];

/// Nothing but what this server has; WebAssembly may be compiled.
const ONLY_FROM_HERE: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Clone, Debug)]
struct Demo {
    services: Services,
    package: Arc<FilePath>,
}

/// What a key is made of.
#[derive(Serialize)]
struct Description {
    canonical: String,
    digest: String,
    key: String,
}

/// The routes of the page, with the package in the folder `package` if it has been built.
pub(crate) fn router(services: Services, package: &FilePath) -> Router {
    Router::new()
        .route("/demo", get(show_page))
        .route("/demo/{file}", get(find_file))
        .route("/demo/package/{file}", get(find_package_file))
        .route("/demo/describe", post(describe_question))
        .layer(map_response(|response: Response| async { protected(response, ONLY_FROM_HERE) }))
        .with_state(Demo { services, package: package.into() })
}

async fn show_page(State(demo): State<Demo>) -> Response {
    let is_built = PACKAGE_FILES.iter().all(|(name, _)| demo.package.join(name).is_file());
    let keys_by = if is_built { "browser" } else { "server" };
    let page = PAGE.replacen("data-keys-by=\"server\"", &format!("data-keys-by=\"{keys_by}\""), 1);
    file(HTML, page)
}

async fn find_file(Path(name): Path<String>) -> Result<Response, Problem> {
    let found = FILES.into_iter().find(|(own, ..)| *own == name);
    found.map(|(_, media_type, content)| file(media_type, content)).ok_or_else(Problem::unknown_route)
}

async fn find_package_file(State(demo): State<Demo>, Path(name): Path<String>) -> Result<Response, Problem> {
    let (name, media_type) =
        PACKAGE_FILES.into_iter().find(|(own, _)| *own == name).ok_or_else(Problem::unknown_route)?;
    let content = read(demo.package.join(name)).await.ok_or_else(Problem::unknown_route)?;
    Ok(file(media_type, content))
}

async fn read(path: PathBuf) -> Option<Vec<u8>> {
    tokio::task::spawn_blocking(|| std::fs::read(path)).await.ok()?.ok()
}

/// Describes a question as the package does: without a secret, which no browser has.
async fn describe_question(State(demo): State<Demo>, request: Request) -> Result<Response, Problem> {
    let body = read_json_body(request, demo.services.limits.body_bytes).await?;
    let question = demo.services.analyses.question(HealthAnalysisRequest::from_json(&body)?);
    let (canonical, digest) = (question.canonical().to_owned(), question.digest());
    let key = CacheKey::health_analysis(digest, None).to_string();
    Ok(Json(Description { canonical, digest: digest.to_hex(), key }).into_response())
}
