//! The local server: the routers of every group on one port, without Lambda.

mod turns;

use crate::analysis::HealthAnalyses;
use crate::api::{self, Exposure, LiveStreams, Peer, ServiceParts, Services};
use crate::cache::{Cache, Encryption, Envelope, NoEncryption, Parts, Sampling, StoreScope, Successor, Timing};
use crate::clock::Clock;
use crate::config::{Config, Limits};
use crate::dashboard;
use crate::demo;
use crate::drugs::Drugs;
use crate::monitoring::Monitor;
use crate::origin::{MakeOrigins, Origins};
use crate::store::{MemoryStore, RedisStore, Store};
use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use turns::InTurn;

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How often counts and summaries that wait for a trip get one of their own.
const FLUSH_INTERVAL: Duration = Duration::from_secs(1);

/// How often the store is asked whether it is there.
const CHECK_INTERVAL: Duration = Duration::from_secs(30);

/// The services on their engine, put together from a configuration, its origins, and who does what there is no time for.
/// Nothing is connected to yet.
///
/// # Errors
///
/// When Redis is configured and cannot be used as it is, or entries cannot be encrypted as the configuration demands.
pub fn assemble(
    config: &Config,
    make_origins: MakeOrigins,
    successor: Option<Arc<dyn Successor>>,
) -> Result<Services, Box<dyn std::error::Error>> {
    let clock = Clock::System;
    let (store, scope) = match &config.redis {
        Some(redis) => (Store::Redis(RedisStore::new(redis, &clock)?), StoreScope::Shared),
        None => (Store::Memory(MemoryStore::new(config.memory_bytes)), StoreScope::ThisProcess),
    };
    let encryption = encryption(config, scope)?;
    let cache = Cache::new(Parts {
        store,
        sampling: Sampling::new(config.advice, config.key_secret.as_ref(), &encryption),
        envelope: Envelope::new(encryption),
        policy: config.ttl.clone(),
        timing: Timing { origin_timeout: config.origin_timeout, store_budget: config.cache_budget },
        near_bytes: near_bytes(config, scope),
        successor,
        clock,
    });
    let Origins { health, drug_facts, drug_analyses } = make_origins(config, &cache)?;
    let drugs = Drugs::new(cache.clone(), drug_facts, drug_analyses, config.origin_timeout);
    let analyses = HealthAnalyses::new(cache.clone(), health, config.key_secret.clone());
    let monitor = Monitor::new(cache.clone(), config.alerts);
    warn_of_separate_budgets(config);
    let exposure = Exposure::new(config, &cache)?;
    Ok(ServiceParts {
        analyses,
        drugs,
        cache,
        monitor,
        exposure,
        access: config.access.clone(),
        live: LiveStreams::new(config.live_streams),
        answer_price: config.answer_price.clone(),
        limits: config.limits,
    }
    .into())
}

fn encryption(config: &Config, scope: StoreScope) -> Result<Encryption, NoEncryption> {
    let encryption = config.encryption.decide(scope)?;
    if let Encryption::Off = encryption {
        tracing::warn!("entries about persons are stored unencrypted, because CACHE_ENCRYPTION is off");
    }
    Ok(encryption)
}

/// Processes know clients by pseudonyms, which differ without a common secret.
fn warn_of_separate_budgets(config: &Config) {
    let is_shared = config.redis.is_some() && config.exposure.client_budget.is_some();
    if is_shared && config.key_secret.is_none() {
        tracing::warn!("each process has budgets of its own for clients, because CACHE_KEY_SECRET is not set");
    }
}

/// What is in this process's memory already need not be there twice.
const fn near_bytes(config: &Config, scope: StoreScope) -> u64 {
    match scope {
        StoreScope::Shared => config.near_bytes,
        StoreScope::ThisProcess => 0,
    }
}

/// Serves every group of routes until `stop` resolves, then lets running requests finish within their grace.
///
/// # Errors
///
/// When the listener has no address, or the configuration cannot be put together.
pub async fn serve(
    config: &Config,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> Result<(), Box<dyn std::error::Error>> {
    let services = assemble(config, Origins::new, None)?;
    let (cache, monitor, live) = (services.cache.clone(), services.monitor.clone(), services.live.clone());
    let pages = demo::router(services.clone(), &config.demo_package).merge(dashboard::router());
    let router = api::finish(api::all_routes(), services).merge(pages);
    let (store, encryption) = (cache.store().name(), cache.envelope().encryption().as_str());
    tracing::info!(address = %listener.local_addr()?, store, encryption, origin = config.origin.names(), "serving");
    cache.store().warm_up();
    let chores = [tokio::spawn(flush_regularly(cache.clone())), tokio::spawn(check_regularly(monitor))];
    // Who follows what happens would follow it until the grace is over.
    let stop = async {
        stop.await;
        live.end();
    };
    accept(listener, &router, config.limits, stop).await;
    chores.iter().for_each(JoinHandle::abort);
    cache.flush_at_the_end().await;
    tracing::info!("stopped");
    Ok(())
}

async fn accept(listener: TcpListener, router: &Router, limits: Limits, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => handle(stream, Peer(peer), router.clone(), &connections),
                Err(error) => pause_after(&error).await,
            },
            () = &mut stop => break,
        }
    }
    tracing::info!("stopping");
    drop(listener);
    if tokio::time::timeout(limits.shutdown_grace, connections.shutdown()).await.is_err() {
        tracing::warn!("requests were cut off because their grace was over");
    }
}

fn handle(stream: TcpStream, peer: Peer, router: Router, connections: &GracefulShutdown) {
    // Small answers must not wait for acknowledgements; the failure of the option is no reason to refuse a client.
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request| {
        request.extensions_mut().insert(peer);
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(InTurn::new(stream)), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        // Clients hang up and speak badly; that is no event for the log.
        let _ = connection.await;
    });
}

/// Accepting fails when file descriptors run out; trying again at once would only burn the processor.
async fn pause_after(error: &io::Error) {
    tracing::warn!(kind = %error.kind(), "a connection was not accepted");
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// Asks the store whether it is there, and looks at what alerts are about, also when nobody asks a question. A Lambda
/// environment never does so.
async fn check_regularly(monitor: Monitor) {
    let mut ticks = tokio::time::interval(CHECK_INTERVAL);
    loop {
        ticks.tick().await;
        monitor.make_rounds().await;
    }
}

pub(crate) async fn flush_regularly(cache: Cache) {
    let mut ticks = tokio::time::interval(FLUSH_INTERVAL);
    loop {
        ticks.tick().await;
        cache.flush().await;
    }
}
