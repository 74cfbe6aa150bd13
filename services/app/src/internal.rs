//! The internal listener: metrics for the collector, and health in detail. Never reachable from outside.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use actix_web::dev::Server;
use actix_web::{App, HttpResponse, HttpServer, web};
use db::{Db, DbError, PlatformSql, platform_sql};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;

/// Due work and overdue checks, for the age of the queues.
const QUEUES: PlatformSql = platform_sql!(
    "SELECT (SELECT min(due_at) FROM platform.work WHERE dead_at IS NULL) AS oldest_work,
            (SELECT min(next_due_at) FROM platform.check_schedule) AS oldest_check,
            (SELECT count(*) FROM platform.work WHERE dead_at IS NOT NULL) AS dead_letters"
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

/// Keeps the histograms small. Runs for ever.
pub async fn upkeep(metrics: PrometheusHandle) {
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        metrics.run_upkeep();
    }
}

async fn metrics(internal: web::Data<Internal>) -> HttpResponse {
    let (in_use, size) = internal.db.pool_size();
    metrics::gauge!("db_pool_in_use").set(in_use as f64);
    metrics::gauge!("db_pool_size").set(size as f64);
    metrics::gauge!("process_resident_memory_bytes").set(resident_bytes() as f64);
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
        "resident_memory_bytes": resident_bytes(),
        "database": database.unwrap_or_else(|error| json!({"status": "away", "error": error.to_string()})),
    }))
}

/// Memory of this process, as the kernel counts it; 0 where it does not say.
fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0).saturating_mul(4096)
}
