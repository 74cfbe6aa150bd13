//! `signalbox migrate`: the platform first, then every tenant that is behind this build.

use std::io::Write;

use anyhow::Context;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::SecretString;
use tenancy::migrate::{self, Pending};
use tenancy::{Filler, PoolSize, TEMPLATE_VERSION};

use crate::config::Config;

/// Tenants read at a time.
const BATCH: i64 = 1000;

/// What to do.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Migrate {
    /// Brings the platform and every tenant to this build's version.
    Run,
    /// Says how many tenants stand at which version.
    Status,
}

/// Runs the command. Errors: a database that cannot be reached, or tenants that could not be migrated
/// (all others are).
pub async fn run(config: &Config, command: Migrate) -> anyhow::Result<()> {
    let url = config
        .owner_url
        .as_ref()
        .context("SIGNALBOX_OWNER_DATABASE_URL is not set")?;
    match command {
        Migrate::Run => migrate_all(url).await,
        Migrate::Status => status(url).await,
    }
}

/// Migrates the platform, then each tenant in a transaction of its own. One that fails does not stop the
/// others.
pub async fn migrate_all(url: &SecretString) -> anyhow::Result<()> {
    let owner = migrate::connect(url).await?;
    let applied = migrate::run_platform(&owner).await?;
    tracing::info!(applied, "the platform is current");
    let mut failed = 0_u32;
    loop {
        let pending = migrate::list_pending(&owner, BATCH).await?;
        let before = failed;
        let bar = ProgressBar::new(pending.len() as u64).with_style(ProgressStyle::with_template(
            "{bar:40} {pos}/{len} tenants {eta}",
        )?);
        for Pending { schema, version } in &pending {
            if let Err(error) = migrate::run_tenant(&owner, schema).await {
                failed += 1;
                tracing::error!(%schema, version, error = %format!("{:#}", anyhow::Error::from(error)), "not migrated");
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        // What is still pending has failed: another turn would only fail again.
        if pending.len() < BATCH as usize || failed > before {
            break;
        }
    }
    anyhow::ensure!(
        failed == 0,
        "{failed} tenant(s) were not migrated; all others are current"
    );
    Ok(())
}

async fn status(url: &SecretString) -> anyhow::Result<()> {
    let owner = migrate::connect(url).await?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "this build needs version {TEMPLATE_VERSION}")?;
    for (version, tenants) in migrate::count_by_version(&owner).await? {
        writeln!(out, "version {version}: {tenants} schema(s)")?;
    }
    Ok(())
}

/// The filler of the pool of ready schemas, where the owner login is configured.
pub fn filler(config: &Config, pulse: db::Pulse) -> Option<Filler> {
    let url = config.owner_url.clone()?;
    Some(Filler::new(url, pulse, PoolSize(config.pool_size)).up_to(config.pool_max))
}

/// Whether the owner login is reachable and every schema current; for `doctor`.
pub async fn check(url: &SecretString) -> anyhow::Result<String> {
    let owner = migrate::connect(url).await?;
    let counts = migrate::count_by_version(&owner)
        .await
        .context("the platform's tables are missing; run `signalbox migrate run`")?;
    let behind: i64 = counts
        .iter()
        .filter(|(version, _)| *version < TEMPLATE_VERSION)
        .map(|(_, n)| n)
        .sum();
    anyhow::ensure!(
        behind == 0,
        "{behind} schema(s) are behind this build; run `signalbox migrate run`"
    );
    Ok(format!(
        "reachable, and every schema is at version {TEMPLATE_VERSION}"
    ))
}
