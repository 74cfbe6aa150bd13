//! The pool of ready schemas: made ahead, so that registering runs no DDL. It follows the rate at which
//! organisations register.

use std::time::{Duration, Instant};

use db::owner::OwnerConnection;
use db::{DbError, Pulse};
use jiff::{SignedDuration, Timestamp};
use kernel::rng;
use secrecy::SecretString;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::reaper::{self, Reaped};
use crate::{TEMPLATE_VERSION, TenancyError, provision, roles, turn};

/// How many schemas are kept ready at least.
#[derive(Clone, Copy, Debug)]
pub struct PoolSize(pub u32);

/// The rate of registrations is read over this long.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(1);

/// Keeps the pool of ready schemas full. Any number may run: one at a time has the turn.
pub struct Filler {
    owner: SecretString,
    pulse: Pulse,
    least: u32,
    most: u32,
    roles_at_once: u32,
    template: &'static str,
    holder: Uuid,
}

/// What the pool holds, and what it should hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Schemas that are ready.
    pub ready: i64,
    /// Schemas that should be: the least, and as many as were claimed in the busiest ten minutes of the
    /// last hour.
    pub wanted: i64,
}

impl Filler {
    /// A filler that speaks as `owner` and keeps `size` schemas ready.
    pub fn new(owner: SecretString, pulse: Pulse, size: PoolSize) -> Self {
        let holder = rng::uuid_v7(pulse.clock.now(), &*pulse.entropy);
        Self {
            owner,
            pulse,
            least: size.0,
            most: size.0,
            roles_at_once: roles::BATCH,
            template: provision::TEMPLATE,
            holder,
        }
    }

    /// Keeps more ready when more are claimed, up to `most`.
    #[must_use]
    pub fn up_to(mut self, most: u32) -> Self {
        self.most = most.max(self.least);
        self
    }

    /// Makes so many roles at once, at least 1.
    #[must_use]
    pub fn with_roles_at_once(mut self, count: u32) -> Self {
        self.roles_at_once = count.max(1);
        self
    }

    /// Makes schemas of `template` instead of the tenants' own: for tests in which their number counts.
    #[must_use]
    pub fn with_template(mut self, template: &'static str) -> Self {
        self.template = template;
        self
    }

    /// Makes what is missing, one schema a transaction. Answers how many it made: none where another
    /// filler has the turn.
    pub async fn fill(&self) -> Result<u32, TenancyError> {
        let owner = OwnerConnection::connect(&self.owner).await?;
        let mut made = 0;
        while turn::take(&owner, self.holder).await? {
            let level = self.level(&owner).await?;
            if level.ready >= level.wanted {
                break;
            }
            self.make_one(&owner).await?;
            made += 1;
        }
        turn::end(&owner, self.holder).await?;
        Ok(made)
    }

    /// The same with a pause between two schemas, for making one slows down who is served meanwhile; without
    /// once `hurry` says that somebody waits, or while none is ready.
    pub async fn fill_slowly(&self, pause: Duration, hurry: &Notify) -> Result<u32, TenancyError> {
        let owner = OwnerConnection::connect(&self.owner).await?;
        let (mut made, mut hurried) = (0, false);
        while turn::take(&owner, self.holder).await? {
            let level = self.level(&owner).await?;
            if level.ready >= level.wanted {
                break;
            }
            if made > 0 && level.ready > 0 && !hurried {
                hurried = tokio::time::timeout(pause, hurry.notified()).await.is_ok();
            }
            self.make_one(&owner).await?;
            made += 1;
        }
        turn::end(&owner, self.holder).await?;
        Ok(made)
    }

    /// Removes what was left behind, if it is this filler's turn: see [`Reaped`].
    pub async fn reap(&self) -> Result<Reaped, TenancyError> {
        let owner = OwnerConnection::connect(&self.owner).await?;
        if !turn::take(&owner, self.holder).await? {
            return Ok(Reaped::default());
        }
        let reaped = reaper::reap(&owner, &self.pulse).await;
        turn::end(&owner, self.holder).await?;
        reaped
    }

    /// Gives up the turn at once: this process ends in the middle of something.
    pub async fn leave(&self) -> Result<(), TenancyError> {
        let owner = OwnerConnection::connect(&self.owner).await?;
        Ok(turn::end(&owner, self.holder).await?)
    }

    /// What the pool holds, and what it should hold.
    pub async fn look(&self) -> Result<Level, TenancyError> {
        let owner = OwnerConnection::connect(&self.owner).await?;
        self.level(&owner).await
    }

    async fn make_one(&self, owner: &OwnerConnection) -> Result<(), TenancyError> {
        let began = Instant::now();
        while provision::make_pooled(owner, &self.pulse, self.template)
            .await?
            .is_none()
        {
            roles::stock(owner, &self.pulse, self.roles_at_once).await?;
        }
        metrics::histogram!("tenant_provision_duration_seconds").record(began.elapsed());
        Ok(())
    }

    async fn level(&self, owner: &OwnerConnection) -> Result<Level, TenancyError> {
        let since = self
            .pulse
            .clock
            .now()
            .saturating_sub(LOOK_BACK)
            .unwrap_or(Timestamp::MIN);
        let rows = owner
            .query(
                "SELECT (SELECT count(*) FROM platform.tenants
                          WHERE state = 'pooled' AND schema_version = $1) AS ready,
                        coalesce((SELECT max(claims)
                                    FROM (SELECT count(*) AS claims FROM platform.tenants
                                           WHERE claimed_at > $2
                                           GROUP BY floor(extract(epoch FROM claimed_at) / 600)) AS tens), 0) AS peak",
                &[&TEMPLATE_VERSION, &since],
            )
            .await?;
        let row = rows.first().ok_or(DbError::Missing)?;
        let peak: i64 = row.get("peak")?;
        let level = Level {
            ready: row.get("ready")?,
            wanted: (i64::from(self.least) + peak).min(i64::from(self.most)),
        };
        metrics::gauge!("tenant_pool_ready").set(level.ready as f64);
        metrics::gauge!("tenant_pool_wanted").set(level.wanted as f64);
        Ok(level)
    }
}
