//! `signalbox migrate`: the platform first, then every tenant that is behind this build, ring by ring.

mod report;
mod tell;

use std::pin::pin;

use anyhow::Context;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::SecretString;
use serde_json::json;
use tenancy::audit::{Mandate, OperatorActor};
use tenancy::migrate::{self, Chain, Engine, Halting, Options, Pace, RunReport, Start};
use tenancy::{Filler, PoolSize, TEMPLATE_VERSION, TenancyError};

use crate::config::{Config, Environment};
use crate::operator::{Manner, Outcome, user_of_the_machine};
use tell::Teller;

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Migrate {
    /// Brings the platform and every tenant to this build's version; takes part in a run that goes on.
    Run(Run),
    /// Says how many tenants stand at which version, and what the last run came to.
    Status,
    /// Goes on with a run that was halted or killed.
    Resume(Effort),
    /// Tries again those tenants alone that could not be migrated.
    Retry(Effort),
    /// Compares every schema with what its version should be, and names what differs.
    Verify,
}

/// A run.
#[derive(Clone, Debug, Args)]
pub struct Run {
    #[command(flatten)]
    effort: Effort,
    /// Who goes first, by slug, several with commas; the oldest organisation if nobody is named.
    #[arg(long, value_delimiter = ',')]
    canary: Vec<String>,
    /// Migrates the platform's own tables and no tenant: before a new build is deployed.
    #[arg(long)]
    platform_only: bool,
}

/// How hard to work at it.
#[derive(Clone, Debug, Args)]
pub struct Effort {
    /// Connections at work at the same time.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=32))]
    workers: u32,
    /// The run halts when more than one in a hundred attempted tenants have failed, and more than so many:
    /// 3 if nothing is said, or one in a hundred of all that are to be migrated where that is fewer.
    #[arg(long)]
    tolerate: Option<u32>,
}

/// Runs the command. Errors: a database that is away, settings that are missing.
pub async fn run(config: &Config, manner: &Manner, command: Migrate) -> anyhow::Result<Outcome> {
    let url = config
        .owner_url
        .as_ref()
        .context("SIGNALBOX_OWNER_DATABASE_URL is not set")?;
    let teller = Teller { json: manner.json };
    match command {
        Migrate::Status => report::status(url, &teller).await,
        Migrate::Verify => report::verify(url, &teller).await,
        Migrate::Run(run) => {
            if !migrate_platform(url, manner, &teller).await? || run.platform_only {
                return Ok(Outcome::Done);
            }
            let engine = engine(url, manner, &run.effort, run.canary);
            start(&engine, Start::Run, url, manner, &teller).await
        }
        Migrate::Resume(effort) => {
            let engine = engine(url, manner, &effort, Vec::new());
            start(&engine, Start::Resume, url, manner, &teller).await
        }
        Migrate::Retry(effort) => {
            let engine = engine(url, manner, &effort, Vec::new());
            start(&engine, Start::Retry, url, manner, &teller).await
        }
    }
}

/// Migrates the platform's own tables, or says what would be. Answers whether its tenants can be looked at:
/// not before there is a platform.
async fn migrate_platform(
    url: &SecretString,
    manner: &Manner,
    teller: &Teller,
) -> anyhow::Result<bool> {
    let owner = migrate::connect(url).await?;
    if !manner.dry_run {
        let applied = migrate::run_platform(&owner).await?;
        tracing::info!(applied, "the platform is current");
        return Ok(true);
    }
    let pending = migrate::count_platform_pending(&owner).await?;
    if pending > 0 {
        teller.say(
            &format!("{pending} migration(s) of the platform would be applied first; then the tenants are looked at"),
            &json!({ "dry_run": true, "platform_pending": pending }),
        )?;
    }
    Ok(pending == 0)
}

fn engine(url: &SecretString, manner: &Manner, effort: &Effort, canaries: Vec<String>) -> Engine {
    let options = Options {
        workers: effort.workers,
        canaries,
        halting: Halting {
            tolerated: effort.tolerate,
            ..Halting::default()
        },
        pace: Pace::default(),
        mandate: Mandate {
            actor: OperatorActor::Terminal(user_of_the_machine(&Environment)),
            reason: manner.reason.clone(),
        },
    };
    Engine::new(url.clone(), Chain::embedded(), options)
}

/// Does what is asked, or says what would be done, and tells what came of it.
pub async fn start(
    engine: &Engine,
    how: Start,
    url: &SecretString,
    manner: &Manner,
    teller: &Teller,
) -> anyhow::Result<Outcome> {
    if manner.dry_run {
        return match engine.preview(how).await {
            Ok(preview) => teller.preview(&preview),
            Err(error) => teller.refusal(error),
        };
    }
    match watched(engine, how, manner.json).await {
        Ok(Some(report)) => teller.report(&report),
        Ok(None) => report::nothing_to_do(url, how, teller).await,
        Err(error) => teller.refusal(error),
    }
}

/// The run, with a bar on stderr while it goes on.
async fn watched(
    engine: &Engine,
    how: Start,
    silent: bool,
) -> Result<Option<RunReport>, TenancyError> {
    let bar = if silent {
        ProgressBar::hidden()
    } else {
        ProgressBar::new(0)
    };
    if let Ok(style) =
        ProgressStyle::with_template("{bar:40} {pos}/{len} tenants, {msg} not migrated, {eta}")
    {
        bar.set_style(style);
    }
    let mut progress = engine.progress();
    let mut run = pin!(engine.start(how));
    loop {
        tokio::select! {
            ended = &mut run => {
                bar.finish_and_clear();
                return ended;
            }
            Ok(()) = progress.changed() => {
                let now = *progress.borrow_and_update();
                bar.set_length(now.planned.into());
                bar.set_message(now.failed.to_string());
                bar.set_position((now.done + now.failed).into());
            }
        }
    }
}

/// Migrates the platform and everybody, what was halted, killed or has failed before included: for a house
/// without operators, a laptop's or a benchmark's. Errors: a tenant that cannot be migrated.
pub async fn migrate_all(url: &SecretString) -> anyhow::Result<()> {
    let owner = migrate::connect(url).await?;
    let applied = migrate::run_platform(&owner).await?;
    tracing::info!(applied, "the platform is current");
    let engine = Engine::new(url.clone(), Chain::embedded(), Options::default());
    // The failed first: where they fail again, there is no use in going on to the others.
    for how in [Start::Resume, Start::Retry, Start::Run] {
        let Some(report) = watched(&engine, how, false).await? else {
            continue;
        };
        anyhow::ensure!(
            report.failed == 0 || how == Start::Resume,
            "{} tenant(s) were not migrated; all others are current",
            report.failed
        );
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
