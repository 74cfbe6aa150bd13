//! `signalbox work`: checks, jobs, the pool of ready schemas. Any number may run; they share by lease.

use std::time::Duration;

use jobs::{Hint, Signal};
use tenancy::Filler;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};
use tokio::time::MissedTickBehavior;

use crate::config::Config;
use crate::operator::upkeep::Upkeep;
use crate::wiring::House;
use crate::{migrate, telemetry};

/// How often the pool of ready schemas is looked at.
const UPKEEP: Duration = Duration::from_secs(10);

/// Between two schemas while nobody waits for one.
const PAUSE: Duration = Duration::from_millis(500);

/// Works until a signal, then finishes what it holds.
pub fn run(config: &Config) -> anyhow::Result<()> {
    let _reports = telemetry::start(config)?;
    let metrics = telemetry::collect_metrics()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let house = House::open(config).await?;
        let inside = crate::internal::Internal {
            metrics: metrics.clone(),
            db: house.db.for_requests(),
            started: std::time::Instant::now(),
        };
        tokio::spawn(crate::internal::listen(config.internal_listen, inside)?);
        tokio::spawn(crate::internal::upkeep(metrics, house.db.for_requests()));
        let (stop, stopped) = watch::channel(false);
        let worker = tokio::spawn(until(house, config.clone(), stopped));
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        tracing::info!("stopping: what is in flight is finished");
        stop.send(true)?;
        Ok(worker.await?)
    })
}

/// Works until `stopped` turns true.
pub async fn until(house: House, config: Config, stopped: watch::Receiver<bool>) {
    let stop = |mut stopped: watch::Receiver<bool>| async move {
        // An error means that whoever could stop this is gone: stop.
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let upkeep = Upkeep::new(house.clone(), &config);
    if let Err(error) = &upkeep {
        tracing::error!(error = %format!("{error:#}"), "nothing looks after names, domains and what was deleted");
    }
    let until_stopped = stop(stopped.clone());
    let look_after = async {
        if let Ok(upkeep) = upkeep {
            upkeep.run(until_stopped).await;
        }
    };
    tokio::join!(
        look_after,
        house.runner.run(stop(stopped.clone())),
        house.checker.run(stop(stopped.clone())),
        keep_ready(&house, &config, stop(stopped)),
    );
}

/// Keeps the pool of ready schemas full, in its own time, and at once when somebody waits. Clears away what
/// a crash has left behind.
async fn keep_ready(house: &House, config: &Config, stop: impl Future<Output = ()>) {
    let Some(filler) = migrate::filler(config, house.db.pulse().clone()) else {
        return stop.await;
    };
    let hurry = Notify::new();
    let listen = async {
        let mut hints = house.bus.subscribe();
        while let Some(signal) = hints.next().await {
            if matches!(signal, Signal::Hint(Hint::PoolWanted) | Signal::Lost) {
                hurry.notify_one();
            }
        }
        // A bus that has ended ends nothing else.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = stop => {}
        () = listen => {}
        () = fill(&filler, &hurry) => {}
    }
    // Whatever was half made is rolled back with its connection.
    if let Err(error) = filler.leave().await {
        tracing::warn!(%error, "others wait until this one's turn has run out");
    }
}

async fn fill(filler: &Filler, hurry: &Notify) {
    let mut upkeep = tokio::time::interval(UPKEEP);
    upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let done = tokio::select! {
            _ = upkeep.tick() => match filler.reap().await {
                Ok(_) => filler.fill_slowly(PAUSE, hurry).await,
                Err(error) => Err(error),
            },
            () = hurry.notified() => filler.fill().await,
        };
        if let Err(error) = done {
            tracing::error!(error = %format!("{:#}", anyhow::Error::from(error)), "no schema was made ready");
        }
    }
}
