//! The template against the code that it deploys: the same routes, and only settings that somebody reads.
//!
//! The template is read line by line and not as YAML: each event is one line, and a test fails when that is not so.

use crate::process::workspace_root;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What operators may do outside their own group, `/api/v1/redis/`.
const OPERATORS_AMONG_SESSIONS: [&str; 3] = [
    "DELETE /api/v1/cache/clear-all",
    "POST /api/v1/cache/analysis-result/{request_digest}",
    "POST /api/v1/cache/warm-cache",
];

const OPEN_AMONG_OPERATORS: &str = "GET /api/v1/redis/health";

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
fn alarms_watch_metrics_that_the_functions_write() {
    let template = template();
    // The functions write none until this file is there.
    let Ok(source) = fs::read_to_string(workspace_root().join("functions/src/metrics.rs")) else { return };
    let own = template.split("Namespace: MedInsight/").skip(1);
    for alarm in own {
        let (namespace, rest) = alarm.split_once('\n').expect("more lines");
        let metric = value(rest, "MetricName: ").trim_end();
        let metric = metric.lines().next().unwrap_or_default();
        assert!(source.contains(&format!("\"MedInsight/{namespace}\"")), "namespace MedInsight/{namespace}");
        assert!(source.contains(&format!("\"{metric}\"")), "metric {metric}");
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
        let secrets = ["REDIS_API_KEY:", "CACHE_ENCRYPTION_KEYS:", "CACHE_KEY_SECRET:", "MEDINSIGHT_ADMIN_TOKEN:"];
        if secrets.iter().any(|secret| line.starts_with(secret)) {
            assert!(line.contains("{{resolve:secretsmanager:${SecretId}:SecretString:"), "{line}");
        }
    }
}

fn read(path: impl AsRef<Path>) -> String {
    let path = workspace_root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
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

/// The routes of `openapi.json`, which is made from the router; or those in the source where there is none.
fn routes_of_the_router() -> BTreeSet<String> {
    match fs::read_to_string(workspace_root().join("functions/openapi.json")) {
        Ok(document) => routes_of_the_document(&document),
        Err(_) => routes_of_the_source(&read("functions/src/api.rs")),
    }
}

fn routes_of_the_document(document: &str) -> BTreeSet<String> {
    let document: serde_json::Value = serde_json::from_str(document).expect("the document is JSON");
    let paths = document["paths"].as_object().expect("the document has paths");
    let methods = ["get", "post", "put", "patch", "delete"];
    let routes = paths.iter().flat_map(|(path, item)| {
        let present = methods.into_iter().filter(|method| item.get(*method).is_some());
        present.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    routes.collect()
}

/// Reads `.route("/path", get(handler).post(handler))`.
fn routes_of_the_source(source: &str) -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for rest in source.split(".route(").skip(1) {
        let (path, rest) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"')).expect("a path");
        let handlers = rest.split(".route(").next().unwrap_or_default().split(';').next().unwrap_or_default();
        for method in ["get", "post", "put", "patch", "delete"] {
            if handlers.contains(&format!(" {method}(")) || handlers.contains(&format!(".{method}(")) {
                routes.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    routes
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

/// The names of all settings in the source: texts of capitals and underscores.
fn settings() -> BTreeSet<String> {
    let folder = fs::read_dir(workspace_root().join("functions/src/config")).expect("the settings' folder");
    let files = folder.map(|entry| entry.expect("an entry").path());
    let root = workspace_root();
    let files = files.chain([root.join("functions/src/config.rs"), root.join("core/src/policy.rs")]);
    let is_name = |text: &&str| {
        text.contains('_')
            && text.starts_with(|first: char| first.is_ascii_uppercase())
            && text.chars().all(|next| next.is_ascii_uppercase() || next.is_ascii_digit() || next == '_')
    };
    files.flat_map(|file| read(file).split('"').filter(is_name).map(str::to_owned).collect::<Vec<_>>()).collect()
}
