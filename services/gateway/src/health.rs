//! Health: whether the process lives, and whether it should be sent work.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get};
use async_trait::async_trait;
use serde::Serialize;
use tokio::sync::Mutex;

use crate::Gateway;

/// What `app` knows about the things this process depends on.
#[async_trait]
pub trait Readiness: Send + Sync + 'static {
    /// Asks each of them now.
    async fn checks(&self) -> Vec<Check>;
}

/// An answer this old is good enough.
const FRESH: Duration = Duration::from_millis(500);

/// Asks the things this process depends on, once for all who want to know in the same moment: the
/// question is open to everybody, and must not become a way to keep the database busy.
pub(crate) struct LatelyAsked {
    source: Arc<dyn Readiness>,
    answer: Mutex<Option<(Instant, Vec<Check>)>>,
}

impl LatelyAsked {
    pub(crate) fn new(source: Arc<dyn Readiness>) -> Self {
        Self {
            source,
            answer: Mutex::new(None),
        }
    }

    async fn checks(&self) -> Vec<Check> {
        let mut answer = self.answer.lock().await;
        if let Some((asked_at, checks)) = &*answer
            && asked_at.elapsed() < FRESH
        {
            return checks.clone();
        }
        let checks = self.source.checks().await;
        *answer = Some((Instant::now(), checks.clone()));
        checks
    }
}

/// One thing this process depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name, `database`.
    pub name: &'static str,
    /// How it is.
    pub state: CheckState,
}

/// How a thing is that this process depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// As it should be.
    Ok,
    /// Away, and not missed much.
    Degraded,
    /// Away, and nothing works without it.
    Failed,
}

/// How this process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// As it should be.
    Ok,
    /// Without something that is not missed much.
    Degraded,
    /// About to stop: send no more requests.
    Draining,
    /// Without something it needs.
    Unready,
}

/// The state of this process.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Health {
    /// In one word.
    status: HealthStatus,
    /// By thing it depends on. Only where readiness was asked.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    checks: BTreeMap<&'static str, CheckState>,
}

fn alive() -> Json<Health> {
    Json(Health {
        status: HealthStatus::Ok,
        checks: BTreeMap::new(),
    })
}

/// Tells that this process answers. It asks nobody else.
#[utoipa::path(
    tag = "health",
    responses((status = 200, body = Health)),
    extensions(("x-host" = json!("any")))
)]
#[get("/health")]
pub(crate) async fn show_health() -> Json<Health> {
    alive()
}

/// The same below `/api`, for proxies that pass nothing else on.
#[utoipa::path(
    tag = "health",
    responses((status = 200, body = Health)),
    extensions(("x-host" = json!("any")))
)]
#[get("/api/health")]
pub(crate) async fn show_api_health() -> Json<Health> {
    alive()
}

/// Tells whether this process should be sent requests.
#[utoipa::path(
    tag = "health",
    responses((status = 200, body = Health), (status = 503, body = Health)),
    extensions(("x-host" = json!("any")))
)]
#[get("/health/ready")]
pub(crate) async fn show_readiness(gateway: Data<Gateway>) -> HttpResponse {
    let checks = gateway.readiness().checks().await;
    let status = overall(gateway.is_draining(), &checks);
    let health = Health {
        status,
        checks: checks.into_iter().map(|c| (c.name, c.state)).collect(),
    };
    match status {
        HealthStatus::Ok | HealthStatus::Degraded => HttpResponse::Ok().json(health),
        HealthStatus::Draining | HealthStatus::Unready => {
            HttpResponse::ServiceUnavailable().json(health)
        }
    }
}

fn overall(draining: bool, checks: &[Check]) -> HealthStatus {
    let any = |state| checks.iter().any(|check| check.state == state);
    if draining {
        HealthStatus::Draining
    } else if any(CheckState::Failed) {
        HealthStatus::Unready
    } else if any(CheckState::Degraded) {
        HealthStatus::Degraded
    } else {
        HealthStatus::Ok
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts how often it was asked.
    #[derive(Default)]
    struct Counting(std::sync::atomic::AtomicUsize);

    #[async_trait]
    impl Readiness for Counting {
        async fn checks(&self) -> Vec<Check> {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            tokio::task::yield_now().await;
            Vec::new()
        }
    }

    #[actix_web::test]
    async fn many_who_ask_at_once_are_answered_by_one_question() {
        let counting = Arc::new(Counting::default());
        let asked = LatelyAsked::new(Arc::clone(&counting) as _);
        futures_util::future::join_all((0..50).map(|_| asked.checks())).await;
        assert_eq!(counting.0.load(std::sync::atomic::Ordering::Relaxed), 1);
    }

    #[test]
    fn the_worst_thing_decides_and_draining_before_all() {
        let check = |state| Check { name: "x", state };
        let ok = check(CheckState::Ok);
        let degraded = check(CheckState::Degraded);
        let failed = check(CheckState::Failed);
        assert_eq!(overall(false, &[]), HealthStatus::Ok);
        assert_eq!(
            overall(false, &[ok.clone(), degraded.clone()]),
            HealthStatus::Degraded
        );
        assert_eq!(
            overall(false, &[degraded, failed.clone()]),
            HealthStatus::Unready
        );
        assert_eq!(overall(true, &[failed]), HealthStatus::Draining);
    }
}
