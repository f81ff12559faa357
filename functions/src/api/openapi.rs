//! The OpenAPI 3.1 document of the interface, made from the routes, the bodies' types and the problems.

mod headers;
mod operation;
pub(super) mod schema;
mod served;

pub(super) use headers::Header;
pub(super) use operation::Operation;
pub(super) use served::{describe as describe_document, find_document};

use super::problem::ProblemBody;
use super::routes::{Audience, Documented};
use super::{Describing, Routes};
use schema::Schemas;
use serde_json::{Map, Value, json};

/// The name of the security scheme of operators' routes.
const OPERATOR: &str = "operator";

const DESCRIPTION: &str = "The response cache of the MedInsight Hub: answers health questions from its store when the \
    same question was answered before, computes once when it was not, and keeps answering when the store or the \
    origin is down. Members may be added to bodies in later versions, and are never removed or renamed.";

const TAGS: [(&str, &str); 5] = [
    ("health", "Health questions. The answers are about persons and general information, not medical advice."),
    ("drug", "Facts about drugs, and their analyses."),
    ("sessions", "What the front end keeps, and the state of the cache."),
    ("redis", "How the store is doing, for monitoring and operators."),
    ("document", "This document."),
];

/// The OpenAPI document of some routes.
#[must_use]
pub fn document(routes: &Routes<Describing>) -> Value {
    let mut schemas = Schemas::new();
    let problem = schemas.of::<ProblemBody<'static>>();
    let paths = paths(routes.documented(), &mut schemas, &problem);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "MedInsight response cache",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "tags": TAGS.map(|(name, description)| json!({ "name": name, "description": description })),
        "paths": paths,
        "components": {
            "schemas": schemas.into_definitions(),
            "headers": Header::components(),
            "securitySchemes": { OPERATOR: security_scheme() },
        },
    })
}

fn paths(documented: &[Documented], schemas: &mut Schemas, problem: &Value) -> Value {
    let mut paths = Map::new();
    for (route, operation) in documented.iter().filter_map(|route| Some((route, operation_of(route)?))) {
        let operation = operation.into_json(schemas, problem);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation;
    }
    Value::Object(paths)
}

fn operation_of(route: &Documented) -> Option<Operation> {
    let operation = (route.describe?)();
    Some(match route.audience {
        Audience::Everybody => operation,
        Audience::Operators => operation.for_operators(),
    })
}

fn security_scheme() -> Value {
    json!({
        "type": "http",
        "scheme": "bearer",
        "description": "The admin token, or a JWT that the gateway verified and that carries the admin scope.",
    })
}

#[cfg(test)]
mod tests {
    use super::document;
    use crate::api::all_routes;
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn operations(document: &Value) -> Vec<(String, Value)> {
        let paths = document["paths"].as_object().expect("an object");
        let operations = paths.iter().flat_map(|(path, operations)| {
            operations.as_object().expect("an object").values().map(|operation| (path.clone(), operation.clone()))
        });
        operations.collect()
    }

    #[test]
    fn every_parameter_of_a_path_is_described_and_no_other() {
        for (path, operation) in operations(&document(&all_routes())) {
            let in_path =
                path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).map(str::to_owned);
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let described = parameters.filter(|parameter| parameter["in"] == "path");
            let described = described.map(|parameter| parameter["name"].as_str().unwrap_or_default().to_owned());
            assert_eq!(described.collect::<BTreeSet<_>>(), in_path.collect::<BTreeSet<_>>(), "{path}");
        }
    }

    #[test]
    fn operations_have_names_of_their_own_and_tags_of_the_document() {
        let document = document(&all_routes());
        let tags: Vec<_> = document["tags"].as_array().into_iter().flatten().map(|tag| &tag["name"]).collect();
        let mut names = BTreeSet::new();
        for (path, operation) in operations(&document) {
            assert!(names.insert(operation["operationId"].to_string()), "{path}");
            assert!(tags.contains(&&operation["tags"][0]), "{path}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn check(value: &Value, document: &Value) {
            if let Some(reference) = value["$ref"].as_str() {
                let target = document.pointer(reference.trim_start_matches('#'));
                assert!(target.is_some(), "{reference}");
            }
            match value {
                Value::Object(members) => members.values().for_each(|member| check(member, document)),
                Value::Array(items) => items.iter().for_each(|item| check(item, document)),
                _ => {}
            }
        }
        let document = document(&all_routes());
        check(&document, &document);
    }
}
