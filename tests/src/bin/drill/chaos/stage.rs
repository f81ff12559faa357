//! The servers with their Redis, and what is done to them.

use super::history::{Cleared, Death, Extent, Person, Process};
use super::schedule::{Clear, Order, PERSONS, Reach, SERVERS, Trouble, Turn};
use crate::rotation::STEPS;
use crate::setting::{self, PATIENCE};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use medinsight_tests::fault_proxy::{Arrivals, FaultProxy};
use medinsight_tests::load::{HttpClient, Targets};
use medinsight_tests::operator::{TOKEN, request, with_token};
use medinsight_tests::process::ServerProcess;
use medinsight_tests::redis_server::RedisServer;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// The lists of encryption keys, each of which may stand beside the one before it; after the last comes the first.
const KEYS: [&str; 6] = [STEPS[0], STEPS[1], STEPS[2], STEPS[3], STEPS[2], STEPS[1]];

/// How long an operator waits for an answer before giving the next order.
const ORDER: Duration = Duration::from_secs(3);

/// The servers, each with its own way to the one Redis.
pub(super) struct Stage {
    /// What times are counted from.
    epoch: Instant,
    redis: RedisServer,
    proxies: Vec<FaultProxy>,
    origin_url: String,
    pub(super) targets: Targets,
    addresses: Mutex<Vec<SocketAddr>>,
    client: HttpClient,
}

impl Stage {
    /// Returns the servers beside the stage, because only one track may replace them.
    pub(super) async fn set(epoch: Instant, origin_url: String) -> (Self, Vec<ServerProcess>) {
        let redis = RedisServer::start().await;
        let mut proxies = Vec::new();
        for _ in 0..SERVERS {
            proxies.push(FaultProxy::start(redis.address()).await);
        }
        let client = HttpClient::default();
        let (targets, addresses) = (Targets::default(), Mutex::default());
        let stage = Self { epoch, redis, proxies, origin_url, targets, addresses, client };
        let mut servers = Vec::new();
        for number in 0..SERVERS {
            servers.push(stage.server(number, KEYS[0]).await);
        }
        *stage.addresses() = servers.iter().map(ServerProcess::address).collect();
        servers.iter().for_each(|server| stage.targets.add(server.address()));
        (stage, servers)
    }

    async fn server(&self, number: usize, keys: &str) -> ServerProcess {
        let settings = [
            ("MEDINSIGHT_ORIGIN", "upstream"),
            ("ORIGIN_URL", &self.origin_url),
            ("ORIGIN_REQUESTS_PER_SECOND", "0"),
            ("MEDINSIGHT_ADMIN_TOKEN", TOKEN),
            ("CACHE_ENCRYPTION", ""),
            ("CACHE_ENCRYPTION_KEYS", keys),
            ("CACHE_NEAR_BYTES", "16777216"),
            ("CACHE_TTL_HEALTH_ANALYSIS", "6"),
            // A server that dies while it computes leaves a lease behind, which has to end before patience does.
            ("ORIGIN_TIMEOUT_MS", "5000"),
        ];
        setting::server_on(&self.proxies[number].url(), &settings).await
    }

    /// Has each person's question answered once; returns the digests.
    pub(super) async fn learn_digests(&self) -> Vec<String> {
        let mut digests = Vec::new();
        for person in 0..PERSONS {
            let question = super::request_of(person);
            let answer = self.client.send_by(self.address(0), question, Instant::now() + PATIENCE).await;
            let answer = answer.expect("a server that answers");
            let digest = answer.headers().get("x-cache-key-digest").and_then(|value| value.to_str().ok());
            digests.push(digest.expect("a digest").to_owned());
        }
        digests
    }

    /// Makes trouble, one after the other.
    pub(super) async fn trouble(&self, start: Instant, troubles: &[(Duration, Trouble)]) {
        for (at, trouble) in troubles {
            sleep_until(start + *at).await;
            self.make(*trouble).await;
        }
    }

    async fn make(&self, trouble: Trouble) {
        match trouble {
            Trouble::Kill(time) => {
                self.redis.kill();
                sleep(time).await;
                self.redis.restart().await;
            }
            Trouble::Freeze(time) => {
                self.redis.freeze();
                sleep(time).await;
                self.redis.thaw();
            }
            Trouble::Reset(reach) => self.ways(reach).for_each(FaultProxy::reset_existing),
            Trouble::Close(reach) => self.ways(reach).for_each(FaultProxy::close_existing),
            Trouble::Swallow(reach) => self.ways(reach).for_each(FaultProxy::black_hole_existing),
            Trouble::Isolate(reach, time) => {
                for way in self.ways(reach) {
                    way.black_hole_everything().await;
                }
                self.heal_after(time, reach).await;
            }
            Trouble::Refuse(reach, time) => {
                for way in self.ways(reach) {
                    way.set_arrivals(Arrivals::Refuse).await;
                    way.reset_existing();
                }
                self.heal_after(time, reach).await;
            }
            Trouble::Slow(reach, delay, time) => {
                self.ways(reach).for_each(|way| way.delay_replies(delay));
                self.heal_after(time, reach).await;
            }
        }
    }

    fn ways(&self, reach: Reach) -> impl Iterator<Item = &FaultProxy> {
        let is_reached = move |number: usize| match reach {
            Reach::All => true,
            Reach::One(only) => number == only,
        };
        self.proxies.iter().enumerate().filter(move |(number, _)| is_reached(*number)).map(|(_, way)| way)
    }

    async fn heal_after(&self, time: Duration, reach: Reach) {
        sleep(time).await;
        for way in self.ways(reach) {
            way.heal().await;
        }
    }

    /// Kills, freezes and replaces servers, one thing after the other; returns who was killed.
    pub(super) async fn turn(
        &self,
        start: Instant,
        servers: &mut [ServerProcess],
        turns: &[(Duration, Turn)],
    ) -> Vec<Death> {
        let (mut deaths, mut step) = (Vec::new(), 0);
        for (at, turn) in turns {
            sleep_until(start + *at).await;
            match *turn {
                Turn::Kill(number) => deaths.push(self.kill(number, &mut servers[number], KEYS[step]).await),
                Turn::Freeze(number, time) => {
                    servers[number].freeze();
                    sleep(time).await;
                    servers[number].thaw();
                }
                Turn::Rotate => {
                    step = (step + 1) % KEYS.len();
                    for (number, server) in servers.iter_mut().enumerate() {
                        self.replace(number, server, KEYS[step]).await;
                    }
                }
            }
        }
        deaths
    }

    async fn kill(&self, number: usize, server: &mut ServerProcess, keys: &str) -> Death {
        let (address, killed) = (server.address(), self.epoch.elapsed());
        server.kill();
        self.targets.remove(address, PATIENCE).await;
        let withdrawn = self.epoch.elapsed();
        *server = self.server(number, keys).await;
        self.enter(number, server.address());
        Death { process: address.port(), killed, withdrawn }
    }

    /// Replaces a server by another one, as a deployment does: nobody is asked who is not there.
    async fn replace(&self, number: usize, old: &mut ServerProcess, keys: &str) {
        let new = self.server(number, keys).await;
        self.enter(number, new.address());
        self.targets.remove(old.address(), PATIENCE).await;
        old.terminate();
        old.ended(PATIENCE).await;
        *old = new;
    }

    fn enter(&self, number: usize, address: SocketAddr) {
        self.addresses()[number] = address;
        self.targets.add(address);
    }

    /// Gives the orders of operators; returns those that were acknowledged.
    pub(super) async fn order(&self, start: Instant, orders: &[(Duration, Order)], digests: &[String]) -> Vec<Cleared> {
        let mut cleared = Vec::new();
        for (at, order) in orders {
            sleep_until(start + *at).await;
            let (request, extent) = written(order.clear, digests);
            let (address, begun) = (self.address(order.server), self.epoch.elapsed());
            let answer = self.client.send_by(address, request, Instant::now() + ORDER).await;
            let acknowledged = self.epoch.elapsed();
            if answer.is_some_and(|answer| is_over(&extent, answer.status(), answer.body())) {
                cleared.push(Cleared { extent, process: process_at(address), begun, acknowledged });
            }
        }
        cleared
    }

    fn address(&self, number: usize) -> SocketAddr {
        self.addresses()[number]
    }

    fn addresses(&self) -> MutexGuard<'_, Vec<SocketAddr>> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A process, by where it listens.
pub(super) fn process_at(address: SocketAddr) -> Process {
    address.port()
}

/// The request of an operator, and what it is about.
fn written(clear: Clear, digests: &[String]) -> (Request<Bytes>, Extent) {
    let pattern = |pattern: String| {
        let body = json!({ "pattern": pattern });
        (Method::POST, "/api/v1/redis/cache/clear-pattern".to_owned(), Some(body))
    };
    let ((method, path, body), extent) = match clear {
        Clear::Category => (pattern("health_analysis:*".to_owned()), Extent::Category),
        Clear::Everything => ((Method::DELETE, "/api/v1/cache/clear-all".to_owned(), None), Extent::Category),
        Clear::Prefix(digit) => {
            let digit = format!("{digit:x}");
            let persons = (0..).zip(digests).filter(|(_, digest)| digest.starts_with(&digit));
            let persons = persons.map(|(person, _): (Person, _)| person).collect();
            (pattern(format!("health_analysis:{digit}*")), Extent::Entries(persons))
        }
        Clear::Entry(person) => {
            let digest = &digests[usize::try_from(person).expect("a small number")];
            let path = format!("/api/v1/redis/cache/health_analysis/{digest}");
            ((Method::DELETE, path, None), Extent::Entries([person].into()))
        }
    };
    let bytes = body.as_ref().map(Value::to_string).unwrap_or_default();
    (with_token(request(method, &path, body.as_ref())).map(|_| bytes.into()), extent)
}

/// Whether a clear is over with its answer. That of a category is, even while its bytes are still being removed.
fn is_over(extent: &Extent, status: StatusCode, body: &Bytes) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    status == StatusCode::OK && (*extent == Extent::Category || body["is_sweeping"] != true)
}
