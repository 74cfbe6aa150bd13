//! Host to tenant, cached for 30 seconds and forgotten when another process says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use db::{Db, DbError, TenantRef};
use moka::Expiry;
use moka::future::Cache;

/// A tenant is believed this long without asking again.
const KNOWN: Duration = Duration::from_secs(30);
/// A host that nobody answers to, this long: short, for it may be registered any moment.
const UNKNOWN: Duration = Duration::from_secs(5);
/// Hosts remembered at the most, unknown ones included.
const CAPACITY: u64 = 20_000;

/// Finds the tenant of a host. Cloning it is cheap; all clones share one cache.
#[derive(Clone)]
pub struct Directory {
    db: Db,
    cache: Cache<String, Option<TenantRef>>,
    hearing: Arc<AtomicBool>,
}

struct ByAnswer;

impl Expiry<String, Option<TenantRef>> for ByAnswer {
    fn expire_after_create(
        &self,
        _host: &String,
        answer: &Option<TenantRef>,
        _created_at: Instant,
    ) -> Option<Duration> {
        Some(if answer.is_some() { KNOWN } else { UNKNOWN })
    }
}

impl Directory {
    /// An empty directory.
    pub fn new(db: Db) -> Self {
        let cache = Cache::builder()
            .max_capacity(CAPACITY)
            .expire_after(ByAnswer)
            .build();
        Self {
            db,
            cache,
            hearing: Arc::new(AtomicBool::new(true)),
        }
    }

    /// The tenant that answers on `host`: normalised, without a port. Many callers for one host ask the
    /// database once.
    pub async fn find(&self, host: &str) -> Result<Option<TenantRef>, Arc<DbError>> {
        if !self.hearing.load(Relaxed) {
            return self.look_up(host).await.map_err(Arc::new);
        }
        if let Some(answer) = self.cache.get(host).await {
            return Ok(answer);
        }
        self.cache
            .try_get_with(host.to_owned(), self.look_up(host))
            .await
    }

    async fn look_up(&self, host: &str) -> Result<Option<TenantRef>, DbError> {
        self.db
            .read_platform(async |tx| tx.find_tenant_by_host(host).await)
            .await
    }

    /// Forgets `host`: another process changed it.
    pub async fn forget(&self, host: &str) {
        self.cache.invalidate(host).await;
    }

    /// Forgets everything: hints may have been lost.
    pub fn forget_all(&self) {
        self.cache.invalidate_all();
    }

    /// Says whether hints of other processes arrive. While they do not, nothing is cached.
    pub fn set_hearing(&self, hearing: bool) {
        self.hearing.store(hearing, Relaxed);
        self.forget_all();
    }
}
