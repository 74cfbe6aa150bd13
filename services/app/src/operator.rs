//! What operators do at a terminal: the commands, and what all of them share – how they are told about,
//! who is acting, and what the exit code says.
//!
//! Every verb may be said twice, is written into `platform.operator_audit`, and says with `--dry-run` what
//! it would do.

pub mod accounts;
pub mod archive;
pub mod backup;
mod create;
pub mod database;
mod domain;
pub mod jobs;
pub mod keys;
pub mod log;
mod naming;
pub mod networks;
mod plan;
mod recover;
pub mod switches;
pub mod tenant;
pub mod upkeep;

use std::io::Write;
use std::process::ExitCode;

use ::jobs::{Bus, Hint};
use anyhow::Context;
use clap::Args;
use db::{Db, DbError, PlatformTx};
use serde_json::Value;
use tenancy::audit::{Mandate, OperatorActor};

use crate::config::{Config, Environment, Source};
use crate::wiring;

/// How a command is told about and carried out.
#[derive(Clone, Debug, Default, Args)]
pub struct Manner {
    /// Prints JSON: one document, or a line for each organisation.
    #[arg(long, global = true)]
    pub json: bool,
    /// Says what would be done, and changes nothing.
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Why, for the audit log and, where a state changes, for the organisation's people.
    #[arg(long, global = true)]
    pub reason: Option<String>,
}

/// What the exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done, or there was nothing to do.
    Done,
    /// Something broke.
    Failed,
    /// Its state, or a missing `--confirm`, does not allow it.
    Refused,
    /// No such organisation, or no such work.
    NotFound,
    /// Of several, some.
    Partly,
}

impl Outcome {
    /// The number, as the command's help lists it. 2 is clap's, for a command that cannot be read.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Refused => 3,
            Self::NotFound => 4,
            Self::Partly => 5,
        }
    }

    /// The outcome of several.
    pub fn of_all(outcomes: &[Self]) -> Self {
        match outcomes {
            [] => Self::Done,
            [first, rest @ ..] if rest.iter().all(|other| other == first) => *first,
            _ => Self::Partly,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome.code())
    }
}

/// What the commands say about their exit codes.
pub const EXIT_CODES: &str = "Exit codes: 0 done, also where nothing was to do; 1 failed; 2 the command cannot be read; \
     3 refused; 4 not found; 5 done for some only.";

/// A terminal's way to the house: the serving login, and the bus to tell the processes that run.
pub struct Desk {
    /// The database, as the serving login.
    pub db: Db,
    /// The configuration.
    pub config: Config,
    /// How to go about it.
    pub manner: Manner,
    /// Who acts, and why.
    pub mandate: Mandate,
}

impl Desk {
    /// Connects. Errors: settings that are missing, a database that is away, a reason that is too long.
    pub async fn open(config: Config, manner: Manner) -> anyhow::Result<Self> {
        let database = config.database.as_ref();
        let database = database.context("SIGNALBOX_DATABASE_URL is not set")?;
        Ok(Self {
            db: Db::connect(database).await?,
            mandate: mandate_of(&manner)?,
            config,
            manner,
        })
    }

    /// Runs `work` in one transaction; with `--dry-run` it is rolled back after it was tried.
    pub async fn act<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&PlatformTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tried = None;
        let dry_run = self.manner.dry_run;
        let done = self
            .db
            .write_platform(async |tx| {
                let value = work(tx).await.map_err(Halt::Refused)?;
                if dry_run {
                    tried = Some(value);
                    return Err(Halt::Tried);
                }
                Ok(value)
            })
            .await;
        match (done, tried) {
            (Ok(value), _) | (Err(Halt::Tried), Some(value)) => Ok(value),
            (Err(Halt::Refused(error)), _) => Err(error),
            (Err(Halt::Tried), None) => Err(DbError::NotCommitted.into()),
        }
    }

    /// Tells the processes that run. They notice within half a minute even where they cannot be told.
    pub async fn tell(&self, hints: Vec<Hint>) {
        if self.manner.dry_run || hints.is_empty() {
            return;
        }
        let Some(database) = &self.config.database else {
            return;
        };
        let bus = wiring::bus_config(&self.config, database);
        if let Err(error) = Bus::tell(bus, &self.db, hints).await {
            tracing::warn!(%error, "running processes notice by themselves within half a minute");
        }
    }

    /// The base domain, without a port.
    pub fn domain(&self) -> &str {
        self.config.domain()
    }

    /// Prints `text`, or `json` where that was asked for.
    pub fn say(&self, text: &str, json: &Value) -> anyhow::Result<()> {
        print(self.manner.json, text, json)
    }
}

/// Prints the document where `as_json`, else the text.
fn print(as_json: bool, text: &str, document: &Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if as_json {
        writeln!(out, "{document}")?;
    } else {
        writeln!(out, "{text}")?;
    }
    Ok(())
}

/// Why a transaction of [`Desk::act`] was not committed.
enum Halt<E> {
    /// It was only tried.
    Tried,
    /// It failed.
    Refused(E),
}

impl<E: From<DbError>> From<DbError> for Halt<E> {
    fn from(error: DbError) -> Self {
        Self::Refused(error.into())
    }
}

/// Who acts at this terminal, and why. Errors: a reason that is too long.
fn mandate_of(manner: &Manner) -> anyhow::Result<Mandate> {
    let reason = manner.reason.clone();
    let fits = reason
        .as_ref()
        .is_none_or(|text| text.chars().count() <= 500);
    anyhow::ensure!(fits, "--reason: at most 500 characters");
    Ok(Mandate {
        actor: OperatorActor::Terminal(user_of_the_machine(&Environment)),
        reason,
    })
}

/// Whose terminal it is, also behind sudo.
pub(crate) fn user_of_the_machine(source: &dyn Source) -> String {
    let names = ["SUDO_USER", "USER", "LOGNAME"];
    let name = names.iter().find_map(|name| source.variable(name));
    name.filter(|name| !name.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}
