//! Who is compared, and how each is started.

use crate::process_table;
use crate::workload::question;
use bytes::Bytes;
use medinsight_tests::child::{self, RunningChild};
use medinsight_tests::load::{HttpClient, XCache};
use medinsight_tests::ports::ReservedPort;
use medinsight_tests::{programs, waiting};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::time::Instant;

/// How long a server may take to start, and a single answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The token that opens the routes of operators.
pub(crate) const ADMIN_TOKEN: &str = "benchmark-token-0001";

/// The Python service.
const PYTHON_SERVICE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/python/service.py");

/// The key that this service seals with.
pub(crate) const ENCRYPTION_KEYS: &str = "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// How this service is set up: sealed entries, one thread, no budgets.
const SERVICE: [(&str, &str); 6] = [
    ("MEDINSIGHT_ORIGIN", "upstream"),
    ("ORIGIN_REQUESTS_PER_SECOND", "0"),
    ("CLIENT_BUDGET_PER_MINUTE", "0"),
    ("CACHE_ENCRYPTION_KEYS", ENCRYPTION_KEYS),
    ("MEDINSIGHT_ADMIN_TOKEN", ADMIN_TOKEN),
    ("MEDINSIGHT_WORKERS", "1"),
];

/// Like the others it makes a round trip for each hit, and writes no line for each request.
const LIKE_THE_OTHERS: [(&str, &str); 2] = [("CACHE_NEAR_BYTES", "0"), ("LOG_LEVEL", "warn")];

/// Who is compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Contender {
    /// axum with a fixed answer.
    Bare,
    /// axum with one `GET` by the `redis` crate.
    BareGet,
    /// The upper bound without what this service stores with a hit for the session.
    ReadOnly,
    /// What careful Rust can reach at best that makes the same round trip.
    UpperBound,
    /// This service, with one round trip for each hit.
    Ours,
    /// This service as it is by default: what was read is kept at hand for five seconds.
    OursNear,
    /// `FastAPI`.
    Python,
    /// fastify and bentocache.
    Node,
}

use Contender::{Bare, BareGet, Node, Ours, OursNear, Python, ReadOnly, UpperBound};

/// All of them, in the order of the tables.
pub(crate) const ALL: [Contender; 8] = [Bare, BareGet, ReadOnly, UpperBound, Ours, OursNear, Python, Node];

/// Those that are services: they compute what is missing, once, and survive their store.
pub(crate) const SERVICES: [Contender; 3] = [Ours, Python, Node];

/// Where the programs are.
#[derive(Debug)]
pub(crate) struct Programs {
    service: PathBuf,
    yardstick: PathBuf,
    others: Option<Others>,
}

/// The programs of the services in other languages.
#[derive(Debug)]
struct Others {
    python: PathBuf,
    node: PathBuf,
    node_service: PathBuf,
}

impl Programs {
    /// Those of this workspace lie beside this one; what the others need was installed before.
    pub(crate) fn find(python: PathBuf, node_service: PathBuf) -> Self {
        let others = Others { python, node: programs::require("node", "nodejs"), node_service };
        Self { others: Some(others), ..Self::of_this_workspace() }
    }

    /// Those of this workspace alone.
    pub(crate) fn of_this_workspace() -> Self {
        let own = std::env::current_exe().expect("a program that knows where it is");
        let [service, yardstick] = ["medinsight", "peer"].map(|name| own.with_file_name(name));
        Self { service, yardstick, others: None }
    }

    fn others(&self) -> &Others {
        self.others.as_ref().expect("only who was found is compared with")
    }
}

/// What every contender is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backends<'a> {
    pub(crate) redis_url: &'a str,
    pub(crate) origin_url: &'a str,
}

/// A contender's process. It ends on drop.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) contender: Contender,
    port: ReservedPort,
    child: RunningChild,
}

impl Contender {
    /// What the rows call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Bare => "bare",
            BareGet => "bare-get",
            ReadOnly => "read-only",
            UpperBound => "upper-bound",
            Ours => "medinsight",
            OursNear => "medinsight-near",
            Python => "python",
            Node => "node",
        }
    }

    /// What its routes call all of its answers.
    pub(crate) const fn pattern(self) -> &'static str {
        match self {
            Ours | OursNear => "health_analysis:*",
            Python => "py:health_analysis:*",
            Node => "node:health_analysis:*",
            Bare | BareGet | ReadOnly | UpperBound => "upper-bound:*",
        }
    }

    /// How the keys of its answers begin.
    pub(crate) const fn keys(self) -> &'static str {
        match self {
            Ours | OursNear => "medinsight:health_analysis:",
            Python => "py:health_analysis:",
            Node => "node:health_analysis:",
            Bare | BareGet | ReadOnly | UpperBound => "upper-bound:",
        }
    }

    /// Starts it and waits until it accepts connections.
    pub(crate) async fn start(self, programs: &Programs, backends: Backends<'_>) -> Running {
        self.start_with(programs, backends, &[]).await
    }

    /// The same with further settings.
    pub(crate) async fn start_with(
        self,
        programs: &Programs,
        backends: Backends<'_>,
        settings: &[(&str, &str)],
    ) -> Running {
        let port = ReservedPort::any();
        let mut command = self.command(programs);
        command.env_clear().env(self.port_setting(), port.number().to_string());
        command.env("REDIS_URL", backends.redis_url).env("ORIGIN_URL", backends.origin_url);
        command.envs(self.settings()).envs(settings.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = RunningChild::start(command).expect("a program that can be started");
        let address = port.address();
        waiting::until(self.name(), PATIENCE, || async {
            assert!(child.exit_status().is_none(), "{} ended at once", self.name());
            TcpStream::connect(address).is_ok()
        })
        .await;
        Running { contender: self, port, child }
    }

    fn command(self, programs: &Programs) -> Command {
        let (program, argument): (&Path, &Path) = match self {
            Ours | OursNear => (&programs.service, "serve".as_ref()),
            Bare | BareGet | ReadOnly | UpperBound => (&programs.yardstick, self.name().as_ref()),
            Python => (&programs.others().python, PYTHON_SERVICE.as_ref()),
            Node => (&programs.others().node, &programs.others().node_service),
        };
        let mut command = child::command(program);
        command.arg(argument);
        command
    }

    const fn port_setting(self) -> &'static str {
        match self {
            Ours | OursNear => "MEDINSIGHT_PORT",
            Bare | BareGet | ReadOnly | UpperBound | Python | Node => "PORT",
        }
    }

    fn settings(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Ours => [SERVICE.as_slice(), &LIKE_THE_OTHERS].concat(),
            OursNear => SERVICE.to_vec(),
            Bare | BareGet | ReadOnly | UpperBound | Python | Node => Vec::new(),
        }
    }
}

impl Running {
    pub(crate) fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Asks questions one after the other, so that they are stored.
    pub(crate) async fn warm(&self, numbers: Range<u64>) {
        self.warm_with(numbers.map(question)).await;
    }

    /// The same with questions of another kind.
    pub(crate) async fn warm_with(&self, questions: impl IntoIterator<Item = Bytes>) {
        self.outcomes(questions).await;
    }

    /// Fails unless these questions are answered from the cache.
    pub(crate) async fn ensure_hits(&self, numbers: Range<u64>) {
        self.ensure_hits_of(numbers.map(question)).await;
    }

    /// The same with questions of another kind.
    pub(crate) async fn ensure_hits_of(&self, questions: impl IntoIterator<Item = Bytes>) {
        let outcomes = self.outcomes(questions).await;
        assert!(outcomes.iter().all(|outcome| *outcome == XCache::Hit), "{}: {outcomes:?}", self.contender.name());
    }

    /// Asks questions one after the other and returns where the answers came from.
    pub(crate) async fn outcomes(&self, questions: impl IntoIterator<Item = Bytes>) -> Vec<XCache> {
        let (client, mut outcomes) = (HttpClient::default(), Vec::new());
        for question in questions {
            let answer = client.ask_by(self.address(), question, Instant::now() + PATIENCE).await;
            let (status, outcome) = answer.expect("a server that answers");
            assert!(status.is_success(), "{} answered {status}", self.contender.name());
            outcomes.push(outcome);
        }
        outcomes
    }

    /// The processor time that it has used so far.
    pub(crate) fn cpu(&self) -> Duration {
        process_table::cpu(self.child.pid())
    }

    /// The memory that it holds, in MiB.
    pub(crate) fn resident_mib(&self) -> f64 {
        process_table::resident_mib(self.child.pid())
    }
}
