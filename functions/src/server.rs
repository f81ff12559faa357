//! The local server: the routers of every group on one port, without Lambda.

use crate::analysis::HealthAnalyses;
use crate::api::{self, Services};
use crate::cache::{Cache, Encryption, Envelope, StoreScope};
use crate::clock::Clock;
use crate::config::{Config, Limits};
use crate::origin::EmbeddedOrigin;
use crate::store::{MemoryStore, Store};
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How often counts and summaries that wait for a trip get one of their own.
const FLUSH_INTERVAL: Duration = Duration::from_secs(1);

/// The engine and the services on it, put together from a configuration.
///
/// # Errors
///
/// When entries cannot be encrypted as the configuration demands.
pub fn assemble(config: &Config) -> Result<(Services, Cache), Box<dyn std::error::Error>> {
    let store = Store::Memory(MemoryStore::new(config.memory_bytes));
    let encryption = config.encryption.decide(StoreScope::ThisProcess)?;
    if let Encryption::Off = encryption {
        tracing::warn!("entries about persons are stored unencrypted, because CACHE_ENCRYPTION is off");
    }
    let cache = Cache::new(store, Envelope::new(encryption), config.ttl.clone(), Clock::System);
    let origin = Arc::new(EmbeddedOrigin::new(config.embedded_origin_delay)?);
    let analyses = HealthAnalyses::new(cache.clone(), origin, config.key_secret.clone(), config.origin_timeout)?;
    Ok((Services { analyses, limits: config.limits }, cache))
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
    let (services, cache) = assemble(config)?;
    let router = api::finish(api::health_routes(), services);
    tracing::info!(address = %listener.local_addr()?, store = "memory", origin = "embedded", "serving");
    let flusher = tokio::spawn(flush_regularly(cache.clone()));
    accept(listener, &router, config.limits, stop).await;
    flusher.abort();
    cache.flush().await;
    tracing::info!("stopped");
    Ok(())
}

async fn accept(listener: TcpListener, router: &Router, limits: Limits, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => handle(stream, router.clone(), &connections),
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

fn handle(stream: TcpStream, router: Router, connections: &GracefulShutdown) {
    // Small answers must not wait for acknowledgements; the failure of the option is no reason to refuse a client.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
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

async fn flush_regularly(cache: Cache) {
    let mut ticks = tokio::time::interval(FLUSH_INTERVAL);
    loop {
        ticks.tick().await;
        cache.flush().await;
    }
}
