//! The template against the code that it deploys: the same routes, and only settings that somebody reads.
//!
//! The template is read line by line and not as YAML: each event is one line, and a test fails when that is not so.

use crate::process::workspace_root;
use crate::source::{read, settings};
use std::collections::BTreeSet;
use std::fs;

/// What operators may do outside their own group, `/api/v1/redis/`.
const OPERATORS_AMONG_SESSIONS: [&str; 3] = [
    "DELETE /api/v1/cache/clear-all",
    "POST /api/v1/cache/analysis-result/{request_digest}",
    "POST /api/v1/cache/warm-cache",
];

const OPEN_AMONG_OPERATORS: &str = "GET /api/v1/redis/health";

/// The page for operators, which no document has. Whoever may not see what it shows gets a form.
const PAGE_OF_OPERATORS: [&str; 2] = ["GET /dashboard", "GET /dashboard/{file}"];

/// An event of a function: its logical name, and the route as `METHOD path`.
struct Event {
    function: String,
    route: String,
}

#[test]
fn every_route_of_the_router_is_an_event_of_the_template_and_the_other_way_round() {
    let (deployed, routed) = (routes_of(&events()), routes_of_the_router());
    assert!(!routed.is_empty(), "no route was found");
    assert_eq!(names(routed.difference(&deployed)), "", "routes that template.yaml lacks");
    assert_eq!(names(deployed.difference(&routed)), "", "routes of template.yaml that the router lacks");
}

#[test]
fn each_route_goes_to_the_function_of_its_group() {
    for Event { function, route } in events() {
        let (_, path) = route.split_once(' ').expect("a method and a path");
        let group = match path.strip_prefix("/api/v1/").and_then(|rest| rest.split('/').next()) {
            Some("drug") => "DrugFunction",
            Some("cache") => "SessionsFunction",
            Some("redis") => "RedisFunction",
            None if path.starts_with("/dashboard") => "RedisFunction",
            _ => "HealthFunction",
        };
        assert_eq!(function, group, "{route}");
    }
}

#[test]
fn exactly_the_routes_of_operators_are_behind_the_authorizer() {
    let is_for_operators = |route: &String| {
        let own = route.contains(" /api/v1/redis/") && route != OPEN_AMONG_OPERATORS;
        own || OPERATORS_AMONG_SESSIONS.contains(&route.as_str())
    };
    let expected: BTreeSet<_> = routes_of(&events()).into_iter().filter(is_for_operators).collect();
    assert_eq!(routes_with_security(), expected);
}

#[test]
fn every_variable_of_the_template_is_a_setting_that_is_read() {
    let (set, read) = (variables(), settings());
    assert!(set.len() > 10 && read.len() > 20, "variables or settings were not found");
    assert_eq!(names(set.difference(&read)), "", "variables that nobody reads");
}

#[test]
fn alarms_watch_metrics_that_the_functions_write_with_the_dimensions_that_they_write_them_with() {
    let (template, source) = (template(), read("functions/src/metrics.rs"));
    let metrics: Vec<_> = template.split("Namespace: MedInsight/").skip(1).collect();
    assert!(!metrics.is_empty(), "no alarm watches a metric of the functions");
    for metric in metrics {
        let (namespace, rest) = metric.split_once('\n').expect("more lines");
        let name = value(rest, "MetricName: ").trim_end();
        assert!(source.contains(&format!("\"MedInsight/{namespace}\"")), "namespace MedInsight/{namespace}");
        assert!(source.contains(&format!("\"{name}\"")), "metric {name}");
        let dimensions = rest.lines().find(|line| line.trim().starts_with("Dimensions: ")).expect("dimensions");
        // CloudWatch knows a metric by all of its dimensions; with another set of them an alarm never has data.
        let names: Vec<_> = dimensions.split("{ Name: ").skip(1).filter_map(|part| part.split(',').next()).collect();
        let directive = format!(r#""Dimensions":[{}]"#, serde_json::json!(names));
        assert!(source.contains(&directive), "{name} with the dimensions {names:?}");
        assert!(dimensions.contains("{ Name: function, Value: !Ref "), "{dimensions}");
        let category = value(dimensions, "{ Name: category, Value: ");
        assert!(read("core/src/kind.rs").contains(&format!("\"{category}\"")), "category {category}");
    }
}

#[test]
fn every_example_event_over_http_has_a_route_of_the_template() {
    let deployed = routes_of(&events());
    let files = fs::read_dir(workspace_root().join("tests/events")).expect("the events' folder");
    for file in files.map(|entry| entry.expect("an entry").path()) {
        let event: serde_json::Value = serde_json::from_str(&read(&file)).expect("an event is JSON");
        if let Some(route) = event["routeKey"].as_str() {
            assert!(deployed.contains(route), "{}: {route}", file.display());
        }
    }
}

#[test]
fn every_parameter_of_the_template_is_used() {
    let template = template();
    let (_, rest) = template.split_once("\nParameters:\n").expect("parameters");
    let (parameters, used_by) = rest.split_once("\nRules:\n").expect("rules after the parameters");
    let named = parameters.lines().filter_map(|line| key_at(line, 2));
    let unused = named.filter(|name| {
        let (referred, substituted) = (format!("!Ref {name}"), format!("${{{name}}}"));
        let ends = |rest: &str| !rest.starts_with(|next: char| next.is_ascii_alphanumeric());
        !(used_by.contains(&substituted) || used_by.split(&referred).skip(1).any(ends))
    });
    assert_eq!(unused.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn no_secret_is_a_parameter_or_a_plain_value() {
    for line in template().lines().map(str::trim) {
        let secrets = [
            "REDIS_API_KEY:",
            "CACHE_ENCRYPTION_KEYS:",
            "CACHE_KEY_SECRET:",
            "MEDINSIGHT_ADMIN_TOKEN:",
            "ORIGIN_API_KEY:",
            "OPENFDA_API_KEY:",
        ];
        if secrets.iter().any(|secret| line.starts_with(secret)) {
            assert!(line.contains("{{resolve:secretsmanager:${SecretId}:SecretString:"), "{line}");
        }
    }
}

fn template() -> String {
    read("template.yaml")
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The key of a line that is indented by so many spaces.
fn key_at(line: &str, indent: usize) -> Option<&str> {
    let rest = line.strip_prefix(&" ".repeat(indent))?;
    let (key, _) = rest.split_once(':')?;
    key.chars().all(|next| next.is_ascii_alphanumeric() || next == '_').then_some(key).filter(|key| !key.is_empty())
}

fn events() -> Vec<Event> {
    let template = template();
    let mut function = "";
    let mut events = Vec::new();
    for line in template.lines() {
        function = key_at(line, 2).unwrap_or(function);
        if line.contains("Type: HttpApi") {
            let [method, path] = ["Method: ", "Path: "].map(|name| value(line, name));
            events.push(Event { function: function.to_owned(), route: format!("{method} {path}") });
        }
    }
    assert_eq!(events.len(), template.matches("ApiId: !Ref Api").count(), "each event has to be one line");
    events
}

/// A value of a flow mapping that is one line.
fn value<'a>(line: &'a str, name: &str) -> &'a str {
    let (_, rest) = line.split_once(name).unwrap_or_else(|| panic!("no {name}in {line}"));
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split([',', ' ']).next(),
    }
    .unwrap_or_default()
}

fn routes_of(events: &[Event]) -> BTreeSet<String> {
    let routes: BTreeSet<_> = events.iter().map(|event| event.route.clone()).collect();
    assert_eq!(routes.len(), events.len(), "a route has two events");
    routes
}

/// The routes that the API's definition puts behind the authorizer.
fn routes_with_security() -> BTreeSet<String> {
    let template = template();
    let mut path = "";
    let mut routes = BTreeSet::new();
    for line in template.lines() {
        if let Some(key) = line.trim().strip_suffix(':').filter(|key| key.starts_with("/api/")) {
            path = key;
        }
        if let Some((method, _)) = line.trim().split_once(": { security: !If [HasJwt, [Operators: ") {
            routes.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    routes
}

/// The routes of `openapi.json`, which is made from the router, and those of the page.
fn routes_of_the_router() -> BTreeSet<String> {
    let document: serde_json::Value =
        serde_json::from_str(&read("functions/openapi.json")).expect("the document is JSON");
    let paths = document["paths"].as_object().expect("the document has paths");
    let methods = ["get", "post", "put", "patch", "delete"];
    let routes = paths.iter().flat_map(|(path, item)| {
        let present = methods.into_iter().filter(|method| item.get(*method).is_some());
        present.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    routes.chain(PAGE_OF_OPERATORS.map(str::to_owned)).collect()
}

/// The names of all environment variables that the template sets.
fn variables() -> BTreeSet<String> {
    let template = template();
    let mut names = BTreeSet::new();
    let mut block = None;
    for line in template.lines() {
        let indent = line.len() - line.trim_start().len();
        match block {
            _ if line.trim() == "Variables:" => block = Some(indent),
            Some(outer) if indent > outer => names.extend(key_at(line, outer + 2).map(str::to_owned)),
            _ => block = None,
        }
    }
    names
}
