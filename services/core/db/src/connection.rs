//! The connections behind the pool: how one is made, whom it has served, and when it is let go.

use std::borrow::Cow;
use std::collections::HashMap;
use std::future::Future;
use std::num::NonZeroU64;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use deadpool_postgres::{ClientWrapper, Manager};
use kernel::id::TenantId;
use kernel::rng::Entropy;
use tokio::task::JoinHandle;

use crate::error::NoConnection;
use crate::{SchemaName, patience};

/// A connection taken out of the pool.
pub(crate) type Pooled = managed::Object<Connections>;
/// The pool.
pub(crate) type Pool = managed::Pool<Connections>;

/// How long Postgres may take to greet a new connection.
const CONNECT: Duration = Duration::from_secs(10);

/// How long connections live.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetime {
    /// Older ones are not handed out again.
    pub(crate) max_age: Duration,
    /// Nor are those that have served more tenants than this.
    pub(crate) max_tenants: usize,
    /// The first so many tenants have statements of their own.
    pub(crate) own_statements: usize,
}

impl Lifetime {
    /// The same for the `n`th connection: up to a fifth shorter, so that connections that were made
    /// together do not all end together.
    fn of(self, n: u32) -> Self {
        let twenty_fifths = 25 - n % 6;
        Self {
            max_age: self.max_age * twenty_fifths / 25,
            max_tenants: (self.max_tenants.saturating_mul(twenty_fifths as usize) / 25).max(1),
            ..self
        }
    }
}

/// One connection. A backend keeps what it learned of each tenant's tables for as long as it lives.
pub(crate) struct Connection {
    client: ClientWrapper,
    lifetime: Lifetime,
    /// Whom it has served, and whether their statements are prepared for them alone.
    tenants: Mutex<HashMap<TenantId, bool>>,
    edition: Arc<Edition>,
}

/// Under which name statements are prepared. After a migration it is another one: a pooler keeps what it has
/// prepared by its text, for whoever brings the same text, and cannot be told to forget.
#[derive(Default)]
struct Edition(AtomicU64);

impl Edition {
    /// One that no other process has, for those may share the pooler.
    fn renew(&self, entropy: &dyn Entropy) {
        let mut number = [0; 8];
        entropy.fill(&mut number);
        self.0.store(u64::from_ne_bytes(number), Relaxed);
    }

    /// `None` before the first migration that was felt.
    fn number(&self) -> Option<NonZeroU64> {
        NonZeroU64::new(self.0.load(Relaxed))
    }
}

impl Connection {
    /// Notes that a tenant's tables are about to be used. Answers whether it has statements of its own here.
    pub(crate) fn touch(&self, tenant: TenantId) -> bool {
        let mut tenants = self.tenants();
        let own = tenants.len() < self.lifetime.own_statements;
        *tenants.entry(tenant).or_insert(own)
    }

    /// The text under which a statement is prepared, for a tenant's `own` use or for all. Only its name
    /// differs: what it reads is decided by the path, for own statements as for shared ones.
    pub(crate) fn prepared_as<'a>(&self, text: &'a str, own: Option<&SchemaName>) -> Cow<'a, str> {
        let mut named = Cow::Borrowed(text);
        if let Some(schema) = own {
            named = Cow::Owned(format!("{named}\n-- {schema}"));
        }
        if let Some(edition) = self.edition.number() {
            named = Cow::Owned(format!("{named}\n-- {edition:x}"));
        }
        named
    }

    fn tenants(&self) -> MutexGuard<'_, HashMap<TenantId, bool>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why it is not to be handed out again, if so.
    pub(crate) fn retired(&self, metrics: &Metrics) -> Option<&'static str> {
        if self.client.is_closed() {
            Some("closed")
        } else if metrics.age() > self.lifetime.max_age {
            Some("age")
        } else if self.tenants().len() > self.lifetime.max_tenants {
            Some("tenants")
        } else {
            None
        }
    }
}

impl Deref for Connection {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        &self.client
    }
}

type Made = Result<ClientWrapper, NoConnection>;

/// Makes connections, for the pool.
pub(crate) struct Connections {
    driver: Arc<Manager>,
    lifetime: Lifetime,
    made: AtomicU32,
    /// Connections on their way whose callers did not want to wait any longer. Whoever needs the next one
    /// waits for these first, so that a slow greeting is never begun again and again.
    unclaimed: Mutex<Vec<JoinHandle<Made>>>,
    edition: Arc<Edition>,
    entropy: Arc<dyn Entropy>,
}

impl Connections {
    pub(crate) fn new(driver: Manager, lifetime: Lifetime, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            driver: Arc::new(driver),
            lifetime,
            made: AtomicU32::new(0),
            unclaimed: Mutex::default(),
            edition: Arc::default(),
            entropy,
        }
    }

    /// Forgets every prepared statement, of all connections.
    pub(crate) fn forget_statements(&self) {
        self.edition.renew(&*self.entropy);
        self.driver.statement_caches.clear();
    }

    fn unclaimed(&self) -> MutexGuard<'_, Vec<JoinHandle<Made>>> {
        self.unclaimed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl managed::Manager for Connections {
    type Type = Connection;
    type Error = NoConnection;

    async fn create(&self) -> Result<Connection, NoConnection> {
        loop {
            let left_over = self.unclaimed().pop();
            let old = left_over.is_some();
            let task = left_over.unwrap_or_else(|| {
                let driver = Arc::clone(&self.driver);
                tokio::spawn(patience::with_retries(async move || connect(&driver).await))
            });
            let attempt = Attempt {
                task: Some(task),
                connections: self,
            };
            match attempt.await {
                Ok(client) if !client.is_closed() => {
                    metrics::counter!("db_connections_opened_total").increment(1);
                    return Ok(Connection {
                        client,
                        lifetime: self.lifetime.of(self.made.fetch_add(1, Relaxed)),
                        tenants: Mutex::default(),
                        edition: Arc::clone(&self.edition),
                    });
                }
                // What went wrong for somebody else, a while ago, says nothing of now.
                Err(_) if old => {}
                Ok(_) if old => {}
                Ok(_) => return Err(NoConnection::Late),
                Err(error) => return Err(error),
            }
        }
    }

    async fn recycle(
        &self,
        connection: &mut Connection,
        metrics: &Metrics,
    ) -> RecycleResult<NoConnection> {
        match connection.retired(metrics) {
            Some(reason) => {
                metrics::counter!("db_connections_retired_total", "reason" => reason).increment(1);
                Err(RecycleError::message(reason))
            }
            None => Ok(()),
        }
    }

    fn detach(&self, connection: &mut Connection) {
        managed::Manager::detach(&*self.driver, &mut connection.client);
    }
}

async fn connect(driver: &Manager) -> Made {
    let greeting = managed::Manager::create(driver);
    match tokio::time::timeout(CONNECT, greeting).await {
        Ok(made) => made.map_err(NoConnection::Refused),
        Err(_) => Err(NoConnection::Late),
    }
}

/// Waits for a connection on its way. Given up, it leaves the connection to whoever comes next.
struct Attempt<'a> {
    task: Option<JoinHandle<Made>>,
    connections: &'a Connections,
}

impl Future for Attempt<'_> {
    type Output = Made;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Made> {
        let Some(task) = self.task.as_mut() else {
            return Poll::Ready(Err(NoConnection::Late));
        };
        let made = std::task::ready!(Pin::new(task).poll(context));
        self.task = None;
        // A task that panicked has made nothing.
        Poll::Ready(made.unwrap_or(Err(NoConnection::Late)))
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            self.connections.unclaimed().push(task);
        }
    }
}
