//! The internal listener: metrics for the collector, and health in detail. Never reachable from outside.

mod process;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use actix_web::dev::Server;
use actix_web::{App, HttpResponse, HttpServer, web};
use db::{Db, DbError, PlatformSql, platform_sql};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

/// Due work and overdue checks, for the age of the queues.
const QUEUES: PlatformSql = platform_sql!(
    "SELECT (SELECT min(due_at) FROM platform.work WHERE dead_at IS NULL) AS oldest_work,
            (SELECT min(next_due_at) FROM platform.check_schedule) AS oldest_check,
            (SELECT count(*) FROM platform.work WHERE dead_at IS NOT NULL) AS dead_letters"
);

/// The newest backup, and the newest proof of one.
const BACKUPS: PlatformSql = platform_sql!(
    "SELECT max(made_at) AS made_at, max(verified_at) AS verified_at FROM platform.backups"
);

/// What the internal listener shows.
#[derive(Clone)]
pub struct Internal {
    /// The collected metrics.
    pub metrics: PrometheusHandle,
    /// The database.
    pub db: Db,
    /// When the process began.
    pub started: Instant,
}

/// Listens on `address`. The server runs while its future is polled.
pub fn listen(address: SocketAddr, internal: Internal) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(internal.clone()))
            .route("/metrics", web::get().to(metrics))
            .route("/tls/allowed", web::get().to(tls_allowed))
            .route("/health/detailed", web::get().to(health))
    });
    Ok(server.workers(1).disable_signals().bind(address)?.run())
}

/// How often Postgres is asked how it is.
const MEASURE: Duration = Duration::from_secs(15);

/// Its age in transactions (at two thousand million it stops taking writes), and how much there is in its
/// catalogs, by its own last count.
const SERVER: PlatformSql = platform_sql!(
    "SELECT (SELECT age(datfrozenxid)::bigint FROM pg_catalog.pg_database
              WHERE datname = current_database()) AS xid_age,
            (SELECT greatest(reltuples, 0)::bigint FROM pg_catalog.pg_class
              WHERE oid = 'pg_catalog.pg_class'::regclass) AS relations"
);

/// Keeps the histograms small, and an eye on Postgres. Runs for ever.
pub async fn upkeep(metrics: PrometheusHandle, db: Db) {
    let mut tidying = interval(Duration::from_secs(5));
    let mut measuring = interval(MEASURE);
    measuring.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tidying.tick() => metrics.run_upkeep(),
            _ = measuring.tick() => measure(&db).await,
        }
    }
}

/// Asks Postgres, and sets `db_reachable` by whether it answers.
pub async fn measure(db: &Db) {
    let asked = db
        .read_platform(async |tx| {
            let row = tx.query_one(SERVER, &[]).await?;
            Ok::<(i64, i64), DbError>((row.get("xid_age")?, row.get("relations")?))
        })
        .await;
    if let Err(error) = measure_backups(db).await {
        tracing::warn!(%error, "the ages of backups could not be read");
    }
    match asked {
        Ok((xid_age, relations)) => {
            metrics::gauge!("db_reachable").set(1.0);
            metrics::gauge!("xid_age").set(xid_age as f64);
            metrics::gauge!("catalog_relations").set(relations as f64);
        }
        Err(error) => {
            metrics::gauge!("db_reachable").set(0.0);
            tracing::warn!(%error, "Postgres could not be asked how it is");
        }
    }
}

/// How old the newest backup is, and how long ago a restore last passed: infinitely, where none ever did.
async fn measure_backups(db: &Db) -> Result<(), DbError> {
    let row = db
        .read_platform(async |tx| tx.query_one(BACKUPS, &[]).await)
        .await?;
    let now = db.now();
    let age = |at: Option<jiff::Timestamp>| {
        at.map_or(f64::INFINITY, |at| {
            now.duration_since(at).as_secs_f64().max(0.0)
        })
    };
    metrics::gauge!("backup_age_seconds").set(age(row.get("made_at")?));
    metrics::gauge!("restore_verified_age_seconds").set(age(row.get("verified_at")?));
    Ok(())
}

async fn metrics(internal: web::Data<Internal>) -> HttpResponse {
    let (in_use, size) = internal.db.pool_size();
    metrics::gauge!("db_pool_in_use").set(in_use as f64);
    metrics::gauge!("db_pool_size").set(size as f64);
    process::measure();
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(internal.metrics.render())
}

/// What a proxy asks before it orders a certificate for a name that a client came with.
#[derive(serde::Deserialize)]
struct Certificate {
    domain: String,
}

/// 200 where an organisation answers on that name, or did under an earlier one; else 404. A certificate
/// ordered for anybody else would let strangers use up the authority's limits.
async fn tls_allowed(
    internal: web::Data<Internal>,
    asked: web::Query<Certificate>,
) -> HttpResponse {
    let host = asked.domain.trim_end_matches('.').to_ascii_lowercase();
    let found = internal
        .db
        .read_platform(async |tx| tx.find_tenant_by_host(&host).await)
        .await;
    match found {
        Ok(Some(_)) => HttpResponse::Ok().finish(),
        Ok(None) => HttpResponse::NotFound().finish(),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

async fn health(internal: web::Data<Internal>) -> HttpResponse {
    let asked = Instant::now();
    let queues = internal
        .db
        .read_platform(async |tx| tx.query_one(QUEUES, &[]).await)
        .await;
    let latency_ms = asked.elapsed().as_secs_f64() * 1000.0;
    let now = internal.db.now();
    let age =
        |at: Option<jiff::Timestamp>| at.map_or(0, |at| now.duration_since(at).as_secs().max(0));
    let (in_use, size) = internal.db.pool_size();
    let database = queues.and_then(|row| {
        Ok::<_, DbError>(json!({
            "status": "ok",
            "latency_ms": latency_ms,
            "connections": {"in_use": in_use, "open": size},
            "work_age_seconds": age(row.get("oldest_work")?),
            "check_age_seconds": age(row.get("oldest_check")?),
            "dead_letters": row.get::<i64>("dead_letters")?,
        }))
    });
    HttpResponse::Ok().json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_seconds": internal.started.elapsed().as_secs(),
        "resident_memory_bytes": process::resident(),
        "database": database.unwrap_or_else(|error| json!({"status": "away", "error": error.to_string()})),
    }))
}
