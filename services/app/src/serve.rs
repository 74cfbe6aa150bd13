//! `signalbox serve`: the gateway on its listener, until a signal ends it in good order.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::web::ServiceConfig;
use actix_web::{HttpServer, web};
use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Config;
use crate::internal::{self, Internal};
use crate::wiring::House;
use crate::{api, operators, telemetry};

/// Bodies and connections: a client that says nothing for so long is let go.
pub(crate) const CLIENT_TIMEOUT: Duration = Duration::from_secs(10);

/// Routes beside the API, of `dev` alone.
#[derive(Clone)]
pub struct Extras(Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>);

impl Extras {
    /// Adds what `routes` adds.
    pub fn new(routes: impl Fn(&mut ServiceConfig) + Send + Sync + 'static) -> Self {
        Self(Arc::new(routes))
    }

    /// Nothing.
    pub fn none() -> Self {
        Self::new(|_| {})
    }
}

/// Serves until a signal.
pub fn run(config: &Config) -> anyhow::Result<()> {
    let _reports = telemetry::start(config)?;
    let metrics = telemetry::collect_metrics()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let house = House::open(config).await?;
        until_signal(config, house, Extras::none(), metrics).await
    })
}

/// Listens, and on SIGTERM or SIGINT stops taking part, ends what is in flight and returns.
pub async fn until_signal(
    config: &Config,
    house: House,
    extras: Extras,
    metrics: PrometheusHandle,
) -> anyhow::Result<()> {
    let inside = Internal {
        metrics: metrics.clone(),
        db: house.db.for_requests(),
        started: Instant::now(),
    };
    let internal = internal::listen(config.internal_listen, inside)
        .with_context(|| format!("{} cannot be listened on", config.internal_listen))?;
    let internal_handle = internal.handle();
    tokio::spawn(internal);
    tokio::spawn(internal::upkeep(metrics, house.db.for_requests()));
    let hearing = tokio::spawn(house.clone().listen());
    let seeing = tokio::spawn(house.gateway.clone().keep_seen());

    let (server, address) = listen(config, house.clone(), extras)?;
    let handle = server.handle();
    tracing::info!(%address, "listening");
    let mut operators_handle = None;
    if let Some((server, address)) = operators::listen(config, &house)? {
        tracing::info!("operators are on http://localhost:{}", address.port());
        operators_handle = Some(server.handle());
        tokio::spawn(server);
    }
    let ending = tokio::spawn(stop_on_signal(house, handle, config.drain_delay));
    let result = server.await;
    ending.abort();
    hearing.abort();
    seeing.abort();
    internal_handle.stop(false).await;
    if let Some(handle) = operators_handle {
        handle.stop(true).await;
    }
    Ok(result?)
}

/// Binds the listener. The server runs while its future is polled.
pub fn listen(
    config: &Config,
    house: House,
    extras: Extras,
) -> anyhow::Result<(actix_web::dev::Server, std::net::SocketAddr)> {
    let mut server = HttpServer::new(move || {
        let (house, extras) = (house.clone(), extras.clone());
        let gateway = house.gateway.clone();
        gateway.app(api::operations, move |plain: &mut web::ServiceConfig| {
            house.share(plain);
            api::explorer(plain);
            (extras.0)(plain);
        })
    })
    .client_request_timeout(CLIENT_TIMEOUT)
    .shutdown_timeout(Config::DRAIN.as_secs())
    .disable_signals();
    if config.threads > 0 {
        server = server.workers(config.threads);
    }
    let server = server
        .bind_auto_h2c(config.listen)
        .with_context(|| format!("{} cannot be listened on", config.listen))?;
    let address = server
        .addrs()
        .first()
        .copied()
        .context("no address was bound")?;
    Ok((server.run(), address))
}

async fn stop_on_signal(house: House, handle: ServerHandle, delay: Duration) {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("stopping: what is in flight is finished");
    stop(&house, &handle, delay).await;
}

/// Stops in good order: says so at `/health/ready` and with every answer, waits `delay` until balancers have
/// heard of it, and only then lets no more in and ends what is in flight.
pub async fn stop(house: &House, handle: &ServerHandle, delay: Duration) {
    house.gateway.drain();
    tokio::time::sleep(delay).await;
    handle.stop(true).await;
}
