//! What servers say about themselves, in the words of the routes: each server, and all of them together.

use super::percentage::percentage;
use crate::store::{DatabaseInspection, Keyspace, NodeInspection, ServerInfo};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How a member of several servers is one.
#[derive(Clone, Copy, Debug)]
enum Member {
    /// The sum; unknown when one of them does not say.
    Sum,
    /// The smallest.
    Least,
    /// The largest; a sum of ratios means nothing.
    Greatest,
    /// The sum of another member, for people.
    Readable(&'static str),
    /// What they say, each different text once.
    Text,
}

/// The sections of the route, and which members of `INFO` are in them.
const SECTIONS: [(&str, &[(&str, Member)]); 4] = [
    (
        "memory",
        &[
            ("used_memory", Member::Sum),
            ("used_memory_human", Member::Readable("used_memory")),
            ("used_memory_rss", Member::Sum),
            ("used_memory_peak", Member::Sum),
            ("used_memory_peak_human", Member::Readable("used_memory_peak")),
            ("maxmemory", Member::Sum),
            ("mem_fragmentation_ratio", Member::Greatest),
        ],
    ),
    (
        "connections",
        &[
            ("connected_clients", Member::Sum),
            ("blocked_clients", Member::Sum),
            ("maxclients", Member::Sum),
            ("total_connections_received", Member::Sum),
            ("rejected_connections", Member::Sum),
        ],
    ),
    (
        "operations",
        &[
            ("total_commands_processed", Member::Sum),
            ("instantaneous_ops_per_sec", Member::Sum),
            ("total_net_input_bytes", Member::Sum),
            ("total_net_output_bytes", Member::Sum),
            ("keyspace_hits", Member::Sum),
            ("keyspace_misses", Member::Sum),
            ("evicted_keys", Member::Sum),
            ("expired_keys", Member::Sum),
        ],
    ),
    (
        "server",
        &[("redis_version", Member::Text), ("uptime_in_seconds", Member::Least), ("uptime_in_days", Member::Least)],
    ),
];

/// What servers say about themselves. Members that a server does not give are null.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Performance {
    #[serde(flatten)]
    whole: Map<String, Value>,
    /// Each node of a cluster.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nodes: Vec<Map<String, Value>>,
    /// Each database, if there are two.
    #[serde(skip_serializing_if = "Map::is_empty")]
    databases: Map<String, Value>,
}

impl Performance {
    /// What the servers of the databases say.
    #[must_use]
    pub fn of(databases: &[DatabaseInspection]) -> Self {
        let whole = sections(databases.iter().flat_map(|database| &database.nodes));
        let nodes =
            databases.iter().flat_map(|database| database.nodes.iter().filter_map(|node| named(database, node)));
        let each = databases.iter().filter(|_| databases.len() > 1);
        let databases = each.map(|database| (database.name.to_owned(), sections(&database.nodes).into()));
        Self { nodes: nodes.collect(), databases: databases.collect(), whole }
    }

    /// A member of a section of the whole.
    #[must_use]
    pub fn member(&self, section: &str, name: &str) -> Value {
        self.whole.get(section).and_then(|section| section.get(name)).cloned().unwrap_or_default()
    }

    /// The keys of the whole.
    #[must_use]
    pub fn keyspace(&self) -> Value {
        self.whole.get("keyspace").cloned().unwrap_or_default()
    }
}

fn named(database: &DatabaseInspection, node: &NodeInspection) -> Option<Map<String, Value>> {
    let mut named = Map::new();
    named.insert("node".into(), node.address.clone()?.into());
    named.insert("database".into(), database.name.into());
    named.extend(sections([node]));
    Some(named)
}

fn sections<'a>(nodes: impl IntoIterator<Item = &'a NodeInspection>) -> Map<String, Value> {
    let nodes: Vec<_> = nodes.into_iter().collect();
    let infos: Vec<_> = nodes.iter().map(|node| &node.info).collect();
    let section = |members: &[(&str, Member)]| {
        members.iter().map(|(name, member)| ((*name).to_owned(), member.of(name, &infos))).collect::<Map<_, _>>()
    };
    let mut all: Map<_, _> =
        SECTIONS.iter().map(|(name, members)| ((*name).to_owned(), section(members).into())).collect();
    all.insert("keyspace".into(), keyspace(&nodes));
    all
}

impl Member {
    fn of(self, name: &str, infos: &[&ServerInfo]) -> Value {
        let decimals = infos.iter().filter_map(|info| info.decimal(name));
        match self {
            Self::Sum => json!(sum(infos.iter().map(|info| info.number(name)))),
            Self::Least => json!(infos.iter().filter_map(|info| info.number(name)).min()),
            Self::Greatest => json!(decimals.reduce(f64::max)),
            Self::Readable(of) => json!(sum(infos.iter().map(|info| info.number(of))).map(readable)),
            Self::Text => {
                let mut texts: Vec<_> = infos.iter().filter_map(|info| info.text(name)).collect();
                texts.sort_unstable();
                texts.dedup();
                json!((!texts.is_empty()).then(|| texts.join(", ")))
            }
        }
    }
}

/// The sum, if there is something to add up and all of it is known.
fn sum(numbers: impl IntoIterator<Item = Option<u64>>) -> Option<u64> {
    numbers.into_iter().reduce(|sum, number| Some(sum?.saturating_add(number?)))?
}

/// The number of keys, and those of each database of the servers as far as they tell.
fn keyspace(nodes: &[&NodeInspection]) -> Value {
    let mut databases: BTreeMap<&str, Vec<Keyspace>> = BTreeMap::new();
    for (name, keys) in nodes.iter().flat_map(|node| node.info.keyspaces()) {
        databases.entry(name).or_default().push(keys);
    }
    let mut keyspace = Map::new();
    keyspace.insert("keys".into(), json!(sum(nodes.iter().map(|node| node.keys))));
    keyspace.extend(databases.iter().map(|(name, keys)| ((*name).to_owned(), json!(together(keys)))));
    keyspace.into()
}

fn together(keyspaces: &[Keyspace]) -> Keyspace {
    Keyspace {
        keys: sum(keyspaces.iter().map(|keyspace| keyspace.keys)),
        expires: sum(keyspaces.iter().map(|keyspace| keyspace.expires)),
        avg_ttl: keyspaces.iter().filter_map(|keyspace| keyspace.avg_ttl).max(),
    }
}

/// Bytes as Redis writes them for people: `1.05M`.
fn readable(bytes: u64) -> String {
    const UNITS: [(&str, u32); 5] = [("P", 50), ("T", 40), ("G", 30), ("M", 20), ("K", 10)];
    match UNITS.into_iter().find(|(_, bits)| bytes >> bits > 0) {
        Some((unit, bits)) => {
            let hundredths = (u128::from(bytes) * 100) >> bits;
            format!("{}.{:02}{unit}", hundredths / 100, hundredths % 100)
        }
        None => format!("{bytes}B"),
    }
}

/// How full the fullest server is, as far as it says how much it may hold.
pub(super) fn memory_percent(databases: &[DatabaseInspection]) -> Option<f64> {
    greatest_share(databases, "used_memory", "maxmemory")
}

/// How many of its connections the busiest server has in use.
pub(super) fn connections_percent(databases: &[DatabaseInspection]) -> Option<f64> {
    greatest_share(databases, "connected_clients", "maxclients")
}

/// A limit of zero is none.
fn greatest_share(databases: &[DatabaseInspection], used: &str, limit: &str) -> Option<f64> {
    let nodes = databases.iter().flat_map(|database| &database.nodes);
    nodes.filter_map(|node| percentage(node.info.number(used)?, node.info.number(limit)?)).reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use super::{Performance, connections_percent, memory_percent, readable};
    use crate::store::{DatabaseInspection, NodeInspection, ServerInfo};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn node(address: Option<&str>, info: &str, keys: Option<u64>) -> NodeInspection {
        NodeInspection { address: address.map(str::to_owned), info: ServerInfo::parse(info), keys }
    }

    fn shown(databases: &[DatabaseInspection]) -> Value {
        serde_json::to_value(Performance::of(databases)).expect("JSON")
    }

    fn one(name: &'static str, nodes: Vec<NodeInspection>) -> DatabaseInspection {
        DatabaseInspection { name, nodes }
    }

    #[test]
    fn a_server_that_says_nothing_has_every_member_and_all_are_null() {
        let shown = shown(&[one("answers", vec![node(None, "", None)])]);
        for section in ["memory", "connections", "operations", "server", "keyspace"] {
            let members = shown[section].as_object().expect("an object");
            assert!(!members.is_empty() && members.values().all(Value::is_null), "{section}");
        }
        assert!(shown.get("nodes").is_none() && shown.get("databases").is_none());
    }

    #[test]
    fn the_nodes_of_a_cluster_are_added_up_where_that_makes_sense_and_shown_one_by_one() {
        let first = "redis_version:8.0.2\nused_memory:1048576\nmem_fragmentation_ratio:1.5\nuptime_in_seconds:9\n\
             db0:keys=2,expires=1,avg_ttl=5";
        let second = "redis_version:8.0.2\nused_memory:524288\nmem_fragmentation_ratio:2.5\nuptime_in_seconds:7\n\
             db0:keys=1,expires=1,avg_ttl=7";
        let nodes = vec![node(Some("a:1"), first, Some(2)), node(Some("b:2"), second, Some(1))];
        let shown = shown(&[one("answers", nodes)]);
        assert_eq!(
            (&shown["memory"]["used_memory"], &shown["memory"]["used_memory_human"]),
            (&json!(1_572_864), &json!("1.50M"))
        );
        assert_eq!(shown["memory"]["mem_fragmentation_ratio"], 2.5);
        assert_eq!(shown["server"]["uptime_in_seconds"], 7);
        assert_eq!(shown["server"]["redis_version"], "8.0.2");
        assert_eq!(shown["keyspace"], json!({"keys": 3, "db0": {"keys": 3, "expires": 2, "avg_ttl": 7}}));
        assert_eq!(
            (&shown["nodes"][1]["node"], &shown["nodes"][1]["memory"]["used_memory"]),
            (&json!("b:2"), &json!(524_288))
        );
    }

    #[test]
    fn a_sum_of_which_a_part_is_unknown_is_unknown_and_two_databases_are_shown_each() {
        let databases = [
            one("answers", vec![node(None, "used_memory:5\nconnected_clients:2", Some(1))]),
            one("sessions", vec![node(None, "connected_clients:3", None)]),
        ];
        let shown = shown(&databases);
        assert_eq!(
            (&shown["memory"]["used_memory"], &shown["connections"]["connected_clients"]),
            (&Value::Null, &json!(5))
        );
        assert_eq!(shown["databases"]["answers"]["memory"]["used_memory"], 5);
        assert_eq!(shown["databases"]["sessions"]["memory"]["used_memory"], Value::Null);
    }

    #[test]
    fn shares_are_those_of_the_fullest_server_and_a_limit_of_zero_is_none() {
        let nodes = ["used_memory:50\nmaxmemory:100", "used_memory:5\nmaxmemory:6", "used_memory:9\nmaxmemory:0"];
        let nodes = nodes.map(|info| node(None, info, None));
        let databases = [one("answers", nodes.into())];
        assert_eq!((memory_percent(&databases), connections_percent(&databases)), (Some(83.33), None));
    }

    #[test]
    fn bytes_are_written_as_redis_writes_them() {
        for (bytes, text) in [(0, "0B"), (1_023, "1023B"), (1_024, "1.00K"), (1_101_005, "1.05M"), (3 << 40, "3.00T")] {
            assert_eq!(readable(bytes), text);
        }
    }

    proptest! {
        #[test]
        fn any_replies_make_a_body_of_the_same_shape(texts in prop::collection::vec(any::<String>(), 0..4)) {
            let nodes = texts.iter().map(|text| node(None, text, None)).collect();
            let shown = shown(&[one("answers", nodes)]);
            prop_assert_eq!(shown["operations"].as_object().map(serde_json::Map::len), Some(8));
        }
    }
}
