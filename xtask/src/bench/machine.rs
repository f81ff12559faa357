//! What was measured on, and in which versions.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use super::peers::Peers;
use crate::process;

/// The packages of the Python service that its speed depends on.
const PYTHON_PACKAGES: [&str; 8] =
    ["fastapi", "pydantic", "uvicorn", "uvloop", "httptools", "redis", "hiredis", "orjson"];

/// Those of the Node service.
const NODE_PACKAGES: [&str; 3] = ["fastify", "bentocache", "ioredis"];

/// The crates of the yardsticks.
const CRATES: [&str; 4] = ["axum", "hyper", "tokio", "redis"];

/// Facts with their names, in the order in which they are told.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) facts: Vec<(&'static str, String)>,
}

impl Machine {
    /// Looks around, also at the peers that take part.
    pub(crate) fn look(peers: Option<&Peers>) -> Self {
        let mut facts = vec![
            ("date", first_line("date", &["-u", "+%Y-%m-%d %H:%M UTC"])),
            ("revision", first_line("git", &["rev-parse", "--short", "HEAD"])),
            (
                "processor",
                format!(
                    "{}, {} of them for everything",
                    model(),
                    thread::available_parallelism().map_or(1, usize::from)
                ),
            ),
            ("system", first_line("uname", &["-sr"])),
            ("redis-server", first_line("redis-server", &["--version"])),
            ("rustc", first_line("rustc", &["--version"])),
            ("crates", crates()),
        ];
        if let Some(peers) = peers {
            let python = format!("{}; {}", first_line(&peers.python, &["--version"]), python_packages(peers));
            let node = format!("{}; {}", first_line("node", &["--version"]), node_packages(peers));
            facts.extend([("Python", python), ("Node", node)]);
        }
        Self { facts }
    }
}

fn first_line(program: impl AsRef<Path>, arguments: &[&str]) -> String {
    let output =
        process::capture(Command::new(program.as_ref()).args(arguments).current_dir(process::workspace_root()));
    output.and_then(|output| output.lines().next().map(str::to_owned)).unwrap_or_else(|| "unknown".to_owned())
}

fn model() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"));
    line.map_or_else(|| "unknown".to_owned(), |line| line.trim_start_matches([' ', '\t', ':']).to_owned())
}

/// The versions in `Cargo.lock`, where a name is followed by its version.
fn crates() -> String {
    let lock = fs::read_to_string(process::workspace_root().join("Cargo.lock")).unwrap_or_default();
    let version = |name: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        Some(format!("{name} {}", rest.split_once('"')?.0))
    };
    CRATES.into_iter().filter_map(version).collect::<Vec<_>>().join(", ")
}

fn python_packages(peers: &Peers) -> String {
    let mut pip = Command::new(&peers.python);
    let installed = process::capture(pip.args(["-m", "pip", "freeze"])).unwrap_or_default();
    let pinned = installed.lines().filter_map(|line| line.split_once("=="));
    let known = pinned.filter(|(name, _)| PYTHON_PACKAGES.contains(name));
    known.map(|(name, version)| format!("{name} {version}")).collect::<Vec<_>>().join(", ")
}

fn node_packages(peers: &Peers) -> String {
    let version = |name: &str| {
        let manifest = peers.node_service.with_file_name("node_modules").join(name).join("package.json");
        let manifest: serde_json::Value = serde_json::from_str(&fs::read_to_string(manifest).ok()?).ok()?;
        Some(format!("{name} {}", manifest["version"].as_str()?))
    };
    NODE_PACKAGES.into_iter().filter_map(version).collect::<Vec<_>>().join(", ")
}
