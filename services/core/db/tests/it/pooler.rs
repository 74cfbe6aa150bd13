//! Several processes that share few backends by a PgBouncer in transaction mode: what holds on connections of one's
//! own holds there.

use db::{Db, DbConfig, DbError, Row, TenantRef};
use futures_util::future::join;
use testkit::{Pooler, TestDb, connect, worker};
use tokio::sync::Barrier;

use crate::cancelled::{hang_up, lives};
use crate::deadline::{TIME, dawdle};
use crate::plans::{PREPARED, USED, is_wide, migrate};
use crate::stage::{ACMES, GLOBEXS, PLACE, Place, Stage, keys, until};
use crate::storm::{SWITCHES, crowded, weather};

/// Both processes ask by the same backend.
const ONE_BACKEND: &[&str] = &["default_pool_size = 1"];

/// Two processes of one connection each, by one pooler.
struct Shared {
    stage: Stage,
    other: TestDb,
    // After its clients.
    pooler: Pooler,
}

impl Shared {
    async fn with(settings: &[&str], change: impl Fn(DbConfig) -> DbConfig) -> Option<Self> {
        let pooler = Pooler::with(settings).await?;
        let between = |config| {
            change(pooler.between(DbConfig {
                max_connections: 1,
                ..config
            }))
        };
        let stage = Stage::with(between).await;
        let other = stage.test.again_with(between).await;
        Some(Self {
            stage,
            other,
            pooler,
        })
    }

    fn processes(&self) -> [&Db; 2] {
        [&self.stage.test.db, &self.other.db]
    }
}

/// Where a tenant's transaction of this process runs, and which rows it sees.
async fn look(db: &Db, tenant: &TenantRef) -> (Place, Vec<String>) {
    let seen = db.read(tenant, worker(), None, async |tx| {
        let place = Place::of(&tx.query_one(PLACE, &[]).await?)?;
        Ok::<_, DbError>((place, keys(tx).await?))
    });
    seen.await.expect("a look")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_shared_backends_leave_no_foreign_row_and_no_dirty_one() {
    let Some(pooler) = Pooler::start().await else {
        return;
    };
    let between = |config| pooler.between(crowded(config));
    let test = TestDb::with(between).await;
    let other = test.again_with(between).await;
    weather(&test, vec![other.db.clone()], SWITCHES).await;
}

#[tokio::test]
async fn statements_of_two_processes_and_their_tenants_live_on_one_backend() {
    let own = |config| DbConfig {
        own_statements: 1,
        ..config
    };
    let Some(shared) = Shared::with(ONE_BACKEND, own).await else {
        return;
    };
    let stage = &shared.stage;
    let third = stage.test.tenant("initech").await;
    let mut backends = Vec::new();
    for _ in 0..3 {
        for (tenant, own) in [
            (&stage.acme, vec![ACMES]),
            (&stage.globex, vec![GLOBEXS]),
            (&third, vec![]),
        ] {
            for db in shared.processes() {
                let (place, keys) = look(db, tenant).await;
                place.is_in(tenant);
                assert_eq!(keys, own);
                backends.push(place.pid);
                let rows = db.read(tenant, worker(), None, async |tx| tx.query(USED, &[]).await);
                assert_eq!(rows.await.expect("rows").len(), own.len());
            }
        }
    }
    backends.dedup();
    assert_eq!(backends.len(), 1, "they were to share one");
    let prepared = stage
        .test
        .db
        .read_platform(async |tx| tx.query_unchecked(PREPARED).await)
        .await
        .expect("a count");
    // One for the first tenant, one for all others, whoever asks.
    assert_eq!(prepared[0].get::<i64>("statements").expect("a count"), 2);
    stage.is_clean().await;
}

#[tokio::test]
async fn a_statement_that_was_refused_with_its_scope_is_prepared_by_the_next() {
    let Some(shared) = Shared::with(ONE_BACKEND, |config| config).await else {
        return;
    };
    let stage = &shared.stage;
    let role = stage.acme.schema();
    let superuser = stage.test.superuser().await;
    let gone = format!("ALTER ROLE {role} RENAME TO gone");
    superuser.batch(&gone).await.expect("it is gone");
    for db in shared.processes() {
        let used = db.read(&stage.acme, worker(), None, async |tx| {
            tx.query(USED, &[]).await
        });
        let refused = used.await.expect_err("nobody's scope");
        assert!(refused.is_missing_schema(), "{refused}");
    }
    let back = format!("ALTER ROLE gone RENAME TO {role}");
    superuser.batch(&back).await.expect("it is back");
    for tenant in [&stage.globex, &stage.acme] {
        for db in shared.processes() {
            let used = db.read(tenant, worker(), None, async |tx| tx.query(USED, &[]).await);
            assert_eq!(used.await.expect("rows").len(), 1);
        }
    }
    stage.is_clean().await;
}

/// Reads with a first statement that every backend answers, both processes at once.
async fn used_on_both(
    shared: &Shared,
    tenant: &TenantRef,
    first: bool,
) -> [Result<Row, DbError>; 2] {
    let barrier = Barrier::new(2);
    let used = async |db: &Db| {
        db.read(tenant, worker(), None, async |tx| {
            if !first {
                tx.query(PLACE, &[]).await?;
            }
            let row = tx.query_one(USED, &[]).await;
            barrier.wait().await;
            row
        })
        .await
    };
    let [one, other] = shared.processes();
    join(used(one), used(other)).await.into()
}

#[tokio::test]
async fn a_plan_from_before_a_migration_is_not_noticed_on_any_backend() {
    let Some(shared) = Shared::with(&["default_pool_size = 2"], |config| config).await else {
        return;
    };
    let stage = &shared.stage;
    for (tenant, migrated) in [(&stage.acme, false), (&stage.acme, true)] {
        if migrated {
            migrate(stage, tenant).await;
        }
        for _ in 0..3 {
            for row in used_on_both(&shared, tenant, true).await {
                assert_eq!(is_wide(&row.expect("a row")), migrated);
            }
        }
    }
    stage.is_clean().await;
}

#[tokio::test]
async fn a_later_stale_plan_costs_each_process_one_transaction() {
    let Some(shared) = Shared::with(&["default_pool_size = 2"], |config| config).await else {
        return;
    };
    let stage = &shared.stage;
    for row in used_on_both(&shared, &stage.acme, false).await {
        assert!(!is_wide(&row.expect("a row")));
    }
    migrate(stage, &stage.acme).await;
    for failed in used_on_both(&shared, &stage.acme, false).await {
        let failed = failed.expect_err("stale");
        assert!(failed.is_transient(), "{failed}");
    }
    for _ in 0..3 {
        for row in used_on_both(&shared, &stage.acme, false).await {
            assert!(is_wide(&row.expect("a row")));
        }
    }
}

#[tokio::test]
async fn a_transaction_that_was_given_up_leaves_nothing_to_the_next_process() {
    let hurried = |config| DbConfig {
        acquire_timeout: TIME,
        ..config
    };
    let Some(shared) = Shared::with(ONE_BACKEND, hurried).await else {
        return;
    };
    let stage = &shared.stage;
    let (before, _) = look(&shared.other.db, &stage.globex).await;
    let late = dawdle(&stage.test.db.for_requests(), &stage.acme, "late").await;
    assert!(matches!(late, Err(DbError::Late)), "{late:?}");
    for (tenant, own) in [(&stage.globex, GLOBEXS), (&stage.acme, ACMES)] {
        for db in shared.processes() {
            let (place, keys) = look(db, tenant).await;
            place.is_in(tenant);
            assert_ne!(place.pid, before.pid, "it was in the middle");
            assert_eq!(keys, [own]);
        }
    }
    stage.is_clean().await;
}

#[tokio::test]
async fn a_backend_whose_client_hung_up_does_not_wait_for_its_statement() {
    let Some(shared) = Shared::with(ONE_BACKEND, |config| config).await else {
        return;
    };
    let stage = &shared.stage;
    let superuser = stage.test.superuser().await;
    let lock = "SELECT pg_advisory_lock(1)";
    superuser.batch(lock).await.expect("the lock");
    let pid = hang_up(stage).await;
    let (place, keys) = look(&shared.other.db, &stage.acme).await;
    assert_ne!(place.pid, pid);
    assert_eq!(keys, [ACMES]);
    until("the backend ends", async || !lives(stage, pid).await).await;
}

/// That the checks above see dirt where there is some, and that the backend is really shared.
#[tokio::test]
async fn what_a_session_is_told_outside_of_a_transaction_reaches_another_process() {
    let Some(shared) = Shared::with(ONE_BACKEND, |config| config).await else {
        return;
    };
    let stage = &shared.stage;
    let url = shared.pooler.url(&stage.test.url("signalbox_app"));
    let careless = connect(&url).await;
    let schema = stage.acme.schema();
    let path = format!("SET search_path = {schema}");
    careless.batch(&path).await.expect("it is set");
    let place = stage.platform_place().await;
    assert_eq!(place.path, schema.as_str());
    // A tenant's transaction brings its own.
    for db in shared.processes() {
        let (place, keys) = look(db, &stage.globex).await;
        place.is_in(&stage.globex);
        assert_eq!(keys, [GLOBEXS]);
    }
}
