//! Switches that operators throw: registration, maintenance, a banner, a module of one organisation. The
//! networks that they trust or block are known with them.
//!
//! Every process keeps them in memory, asks again when another process says that they changed, and no
//! later than after half a minute. No request asks the database for them.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use db::{Db, DbError, PlatformSql, PlatformTx, platform_sql};
use kernel::id::TenantId;
use tokio::sync::Mutex;

use crate::networks::{self, Networks};

/// Believed for so long without asking again.
const KNOWN: Duration = Duration::from_secs(30);
/// The same while hints of other processes do not arrive.
const UNHEARD: Duration = Duration::from_secs(2);
/// The same for the last known positions, while the database cannot be asked.
const AWAY: Duration = Duration::from_secs(5);

/// A part of the product that can be off for one organisation: the operations below
/// `/api/v1/<its name>`, and the work that belongs to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Module {
    /// Endpoints and their checks.
    Endpoints,
}

impl Module {
    /// Every module.
    pub const ALL: [Self; 1] = [Self::Endpoints];

    /// Its name, as it stands in paths.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Endpoints => "endpoints",
        }
    }

    /// The module with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|module| module.as_str() == name)
    }
}

/// Who may register an organisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegistrationSwitch {
    /// Everybody.
    #[default]
    Open,
    /// Whoever was invited.
    Invitation,
    /// Nobody.
    Closed,
}

impl RegistrationSwitch {
    /// Every position.
    pub const ALL: [Self; 3] = [Self::Open, Self::Invitation, Self::Closed];

    /// The position's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invitation => "invitation",
            Self::Closed => "closed",
        }
    }

    /// The position with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

/// How all switches stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions {
    /// Who may register.
    pub registration: RegistrationSwitch,
    /// Whether everybody is asked to come back later.
    pub maintenance: bool,
    /// What stands at the top of every console.
    pub banner: Option<String>,
    /// Modules that are off, by organisation.
    pub modules_off: HashMap<TenantId, BTreeSet<Module>>,
    /// What is thought of networks.
    pub networks: Networks,
}

impl Positions {
    /// Whether `module` is off for `tenant`.
    pub fn is_off(&self, tenant: TenantId, module: Module) -> bool {
        self.modules_off
            .get(&tenant)
            .is_some_and(|off| off.contains(&module))
    }
}

/// The switches as this process knows them. Cloning it is cheap; all clones share what is known.
#[derive(Clone)]
pub struct Switches {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    known: RwLock<Known>,
    /// Goes up whenever somebody says that they changed: what was asked before that is not kept.
    turn: AtomicU64,
    hearing: AtomicBool,
    asking: Mutex<()>,
}

struct Known {
    positions: Arc<Positions>,
    until: Option<Instant>,
}

impl Switches {
    /// Nothing is known yet.
    pub fn new(db: Db) -> Self {
        Self {
            inner: Arc::new(Inner {
                db,
                known: RwLock::new(Known {
                    positions: Arc::default(),
                    until: None,
                }),
                turn: AtomicU64::new(0),
                hearing: AtomicBool::new(true),
                asking: Mutex::new(()),
            }),
        }
    }

    /// How they stand. While the database cannot be asked, as they stood last; before it ever could, as
    /// a new house has them: open.
    pub async fn current(&self) -> Arc<Positions> {
        if let Some(fresh) = self.fresh() {
            return fresh;
        }
        let _asking = self.inner.asking.lock().await;
        if let Some(fresh) = self.fresh() {
            return fresh;
        }
        let turn = self.inner.turn.load(Ordering::Acquire);
        let read = self.inner.db.read_platform(read).await;
        let mut known = self
            .inner
            .known
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let holds = match read {
            Ok(positions) => {
                known.positions = Arc::new(positions);
                if self.inner.hearing.load(Ordering::Acquire) {
                    KNOWN
                } else {
                    UNHEARD
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the switches could not be read: they stay as they were");
                AWAY
            }
        };
        let overtaken = turn != self.inner.turn.load(Ordering::Acquire);
        known.until = (!overtaken).then(|| Instant::now() + holds);
        Arc::clone(&known.positions)
    }

    fn fresh(&self) -> Option<Arc<Positions>> {
        let known = self.inner.known.read();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        let fresh = known.until.is_some_and(|until| Instant::now() < until);
        fresh.then(|| Arc::clone(&known.positions))
    }

    /// Asks again at the next request: another process changed them.
    pub fn forget(&self) {
        self.inner.turn.fetch_add(1, Ordering::AcqRel);
        let known = self.inner.known.write();
        known.unwrap_or_else(PoisonError::into_inner).until = None;
    }

    /// Says whether hints of other processes arrive.
    pub fn set_hearing(&self, hearing: bool) {
        self.inner.hearing.store(hearing, Ordering::Release);
        self.forget();
    }
}

const READ: PlatformSql =
    platform_sql!("SELECT registration, maintenance, banner FROM platform.switches");
const MODULES_OFF: PlatformSql =
    platform_sql!("SELECT tenant_id, module FROM platform.module_switches");

/// How the switches stand in the database.
pub async fn read(tx: &PlatformTx) -> Result<Positions, DbError> {
    let row = tx.query_one(READ, &[]).await?;
    let registration: &str = row.get("registration")?;
    let mut positions = Positions {
        registration: RegistrationSwitch::parse(registration).ok_or(DbError::Corrupt {
            table: "platform.switches",
            column: "registration",
        })?,
        maintenance: row.get("maintenance")?,
        banner: row.get("banner")?,
        modules_off: HashMap::new(),
        networks: networks::read(tx).await?,
    };
    for row in tx.query(MODULES_OFF, &[]).await? {
        // A module that a newer build knows, and this one has not got.
        let Some(module) = Module::parse(row.get("module")?) else {
            continue;
        };
        let tenant = row.id("tenant_id")?;
        let off = positions.modules_off.entry(tenant).or_default();
        off.insert(module);
    }
    Ok(positions)
}

const LIST_OFF: PlatformSql = platform_sql!(
    "SELECT tenant_id FROM platform.module_switches WHERE module = $1 AND tenant_id = ANY($2)"
);

/// Which of `tenants` are without `module`.
pub async fn list_without(
    tx: &PlatformTx,
    module: Module,
    tenants: &[TenantId],
) -> Result<BTreeSet<uuid::Uuid>, DbError> {
    let ids: Vec<uuid::Uuid> = tenants.iter().map(|tenant| tenant.uuid()).collect();
    let rows = tx.query(LIST_OFF, &[&module.as_str(), &ids]).await?;
    rows.iter().map(|row| row.get("tenant_id")).collect()
}

const SET_REGISTRATION: PlatformSql =
    platform_sql!("UPDATE platform.switches SET registration = $1 WHERE registration <> $1");
const SET_MAINTENANCE: PlatformSql =
    platform_sql!("UPDATE platform.switches SET maintenance = $1 WHERE maintenance <> $1");
const SET_BANNER: PlatformSql =
    platform_sql!("UPDATE platform.switches SET banner = $1 WHERE banner IS DISTINCT FROM $1");
const SWITCH_OFF: PlatformSql = platform_sql!(
    "INSERT INTO platform.module_switches (tenant_id, module, off_since) VALUES ($1, $2, $3)
     ON CONFLICT (tenant_id, module) DO NOTHING"
);
const SWITCH_ON: PlatformSql =
    platform_sql!("DELETE FROM platform.module_switches WHERE tenant_id = $1 AND module = $2");

/// Says who may register. Answers whether that was something new, as the others do.
pub async fn set_registration(
    tx: &PlatformTx,
    position: RegistrationSwitch,
) -> Result<bool, DbError> {
    let changed = tx.execute(SET_REGISTRATION, &[&position.as_str()]).await?;
    Ok(changed > 0)
}

/// Begins or ends maintenance.
pub async fn set_maintenance(tx: &PlatformTx, on: bool) -> Result<bool, DbError> {
    Ok(tx.execute(SET_MAINTENANCE, &[&on]).await? > 0)
}

/// Puts a text at the top of every console, 1 to 300 characters, or takes it away.
pub async fn set_banner(tx: &PlatformTx, text: Option<&str>) -> Result<bool, DbError> {
    Ok(tx.execute(SET_BANNER, &[&text]).await? > 0)
}

/// Switches a module on or off for one organisation.
pub async fn set_module(
    tx: &PlatformTx,
    tenant: TenantId,
    module: Module,
    on: bool,
) -> Result<bool, DbError> {
    let (tenant, module) = (tenant.uuid(), module.as_str());
    let changed = if on {
        tx.execute(SWITCH_ON, &[&tenant, &module]).await?
    } else {
        tx.execute(SWITCH_OFF, &[&tenant, &module, &tx.now()])
            .await?
    };
    Ok(changed > 0)
}
