//! What the platform does on its own for organisations, a little every minute: names and domains that have
//! run out, proofs in DNS, sizes, schemas that have drifted, the end of what was deleted, and rows of limits,
//! networks and recoveries that mean nothing any more. Any number of workers may do it; each row is one worker's.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use anyhow::Context;
use db::owner::OwnerConnection;
use egress::TxtLookup;
use futures_util::future::join_all;
use gateway::sweep_limits;
use jobs::Hint;
use secrecy::SecretString;
use tenancy::audit::{Mandate, OperatorActor};
use tenancy::domains::{self, Due, Sight, Verdict};
use tenancy::migrate::{self, Chain, Models};
use tenancy::{drop, networks, recovery, rename, sizes, support};
use tokio::sync::Mutex;
use tokio::time::{MissedTickBehavior, interval};

use crate::config::Config;
use crate::wiring::House;

/// How often it is looked at what is to be done.
const EVERY: Duration = Duration::from_secs(60);
/// Names, domains and measurements in one turn.
const AT_ONCE: i64 = 20;

/// Rows that are removed in one turn; of limits, more than addresses can make in a minute that are let in.
const SWEPT: i64 = 20_000;

/// Does it.
pub struct Upkeep {
    house: House,
    owner: Option<SecretString>,
    dns: TxtLookup,
    models: Mutex<Models>,
}

impl Upkeep {
    /// For `house`. Errors: the system's name servers cannot be read.
    pub fn new(house: House, config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            house,
            owner: config.owner_url.clone(),
            dns: TxtLookup::new(&config.dns_servers)?,
            models: Mutex::new(Models::new(Chain::embedded())),
        })
    }

    /// Does it every minute until `stop`.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                _ = ticks.tick() => {}
            }
            self.turn().await;
        }
    }

    /// Does what is due now. What fails is told, and tried again in the next turn.
    pub async fn turn(&self) {
        let (names, domains, support, rows, owner) = tokio::join!(
            self.names(),
            self.domains(),
            self.support(),
            self.rows(),
            self.as_owner()
        );
        for done in [names, domains, support, rows, owner] {
            if let Err(error) = done {
                tracing::error!(error = %format!("{error:#}"), "upkeep of organisations failed");
            }
        }
    }

    async fn names(&self) -> anyhow::Result<()> {
        let gone = self
            .house
            .db
            .write_platform(async |tx| rename::expire_names(tx, AT_ONCE).await)
            .await
            .context("names that have run out")?;
        self.changed(gone);
        Ok(())
    }

    /// Looks for the proofs of domains. DNS is asked between two transactions, never inside one.
    async fn domains(&self) -> anyhow::Result<()> {
        let db = &self.house.db;
        let due = db
            .write_platform(async |tx| domains::claim_due(tx, AT_ONCE).await)
            .await
            .context("domains that are to be looked at")?;
        for (due, sight) in join_all(due.into_iter().map(|due| self.look(due))).await {
            let verdict = db
                .write_platform(async |tx| domains::note_sight(tx, &due, sight).await)
                .await
                .context("what was seen of a domain")?;
            if verdict != Verdict::Unchanged {
                tracing::info!(host = due.host, ?verdict, "a domain of an organisation");
                self.changed(vec![due.host]);
            }
        }
        Ok(())
    }

    async fn look(&self, due: Due) -> (Due, Sight) {
        let sight = match self.dns.holds(&due.record(), &due.proof).await {
            Some(true) => Sight::Present,
            Some(false) => Sight::Missing,
            None => Sight::Unknown,
        };
        (due, sight)
    }

    /// What takes the owner's login: sizes, looking for drift, and dropping what was deleted.
    async fn as_owner(&self) -> anyhow::Result<()> {
        let Some(url) = &self.owner else {
            return Ok(());
        };
        let owner = OwnerConnection::connect(url).await?;
        let pulse = self.house.db.pulse();
        sizes::measure(&owner, pulse.clock.now(), AT_ONCE)
            .await
            .context("sizes")?;
        self.compare(&owner).await.context("schemas that drift")?;
        let mandate = Mandate {
            actor: OperatorActor::Worker,
            reason: None,
        };
        for schema in drop::list_due(&owner, pulse.clock.now(), AT_ONCE).await? {
            // One that cannot be dropped keeps no other waiting.
            match drop::drop_tenant(&owner, &schema, pulse, &mandate).await {
                Ok(dropped) => {
                    tracing::info!(%schema, relations = dropped.relations, "an organisation was dropped");
                    self.changed(dropped.hosts);
                }
                Err(error) => {
                    let error = anyhow::Error::from(error);
                    tracing::error!(%schema, error = %format!("{error:#}"), "an organisation could not be dropped");
                }
            }
        }
        Ok(())
    }

    /// Compares some schemas with what their version says, and tells in numbers what waits for a person.
    async fn compare(&self, owner: &OwnerConnection) -> anyhow::Result<()> {
        let mut models = self.models.lock().await;
        let on_drift = |drift: migrate::Drift| {
            let differences = drift.differences.len();
            tracing::error!(schema = %drift.schema, differences, "a schema has drifted");
        };
        migrate::verify_due(owner, &mut models, on_drift).await?;
        let troubles = migrate::troubles(owner).await?;
        metrics::gauge!("migration_left_behind").set(troubles.left_behind as f64);
        metrics::gauge!("tenants_blocked").set(troubles.blocked as f64);
        metrics::gauge!("tenants_drifted").set(troubles.drifted as f64);
        Ok(())
    }

    /// The end of support access whose time is over, in both logs.
    async fn support(&self) -> anyhow::Result<()> {
        let db = &self.house.db;
        let over = db
            .read_platform(async |tx| support::list_over(tx, AT_ONCE).await)
            .await
            .context("support access that is over")?;
        for (host, session) in over {
            db.write_platform(async |tx| {
                identity::end_support_that_is_over(tx, &host, session).await
            })
            .await
            .context("the end of support access")?;
        }
        Ok(())
    }

    /// Rows of limits that are full again, of which whoever floods leaves one for each address; networks whose
    /// time is over; and recoveries about which nobody decided, or that have long been over.
    async fn rows(&self) -> anyhow::Result<()> {
        let db = &self.house.db;
        db.write_platform(async |tx| sweep_limits(tx, SWEPT).await)
            .await
            .context("limits that are full again")?;
        db.write_platform(async |tx| networks::sweep(tx, SWEPT).await)
            .await
            .context("networks whose time is over")?;
        db.write_platform(async |tx| recovery::tend(tx, AT_ONCE).await)
            .await
            .context("recoveries that are over")
    }

    fn changed(&self, hosts: Vec<String>) {
        let hints: Vec<Hint> = hosts
            .into_iter()
            .map(|host| Hint::DirectoryChanged { host })
            .collect();
        self.house.bus.publish(&hints);
    }
}
