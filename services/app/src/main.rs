//! `signalbox`: one binary, one subcommand for each role.

use std::io::Write;
use std::process::ExitCode;

use app::config::{Command, Config, Environment};
use app::doctor::Examination;
use app::migrate::Migrate;
use app::operator::accounts::{self, Accounts};
use app::operator::archive::{self, Archive};
use app::operator::backup::{self, Backup};
use app::operator::jobs::{self, Jobs};
use app::operator::keys::{self, SecretKeys};
use app::operator::log::{self, Log, Verify};
use app::operator::networks::{self, Networks};
use app::operator::switches::{self, Switch};
use app::operator::tenant::{self, Tenant};
use app::operator::{Desk, EXIT_CODES, Manner, Outcome};
use clap::{Parser, Subcommand};

/// Many organisations, each on its own track: uptime, alerts and status pages on one platform.
#[derive(Debug, Parser)]
#[command(name = "signalbox", version)]
struct Cli {
    #[command(subcommand)]
    role: Role,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// Serves the API and the console.
    Serve,
    /// Runs checks, sends mail, keeps schemas ready.
    Work,
    /// Serves and works on this machine alone, over a private Postgres, with mail caught.
    #[cfg(feature = "dev")]
    Dev,
    /// Migrates the platform and its tenants.
    #[command(after_help = EXIT_CODES)]
    Migrate {
        #[command(flatten)]
        manner: Manner,
        #[command(subcommand)]
        command: Migrate,
    },
    #[command(flatten)]
    Desk(Deed),
    /// Backs up the whole database, and proves that it can be restored.
    #[command(after_help = EXIT_CODES)]
    Backup {
        #[command(flatten)]
        manner: Manner,
        #[command(subcommand)]
        command: Backup,
    },
    /// Prints the description of the API.
    Openapi {
        /// Prints that of the operators' API instead.
        #[arg(long)]
        operator: bool,
    },
    /// Prints who may do what: roles, permissions, and what each operation asks for.
    Permissions,
    /// Checks the configuration and every dependency, and says how to mend what is wrong.
    Doctor(Examination),
}

/// What an operator does at a terminal, each told about in the same way.
#[derive(Debug, Subcommand)]
enum Deed {
    /// Looks organisations up, and suspends, renames, deletes them.
    #[command(after_help = EXIT_CODES)]
    Tenant {
        #[command(flatten)]
        manner: Manner,
        #[command(subcommand)]
        command: Tenant,
    },
    /// Looks at the queue, and has work tried again or given up for good.
    #[command(after_help = EXIT_CODES)]
    Jobs {
        #[command(flatten)]
        manner: Manner,
        #[command(subcommand)]
        command: Jobs,
    },
    /// Verifies audit logs.
    #[command(after_help = EXIT_CODES)]
    Audit {
        #[command(flatten)]
        manner: Manner,
        #[command(subcommand)]
        command: Log,
    },
    /// Registration, maintenance, a banner, modules: shows how the switches stand, and throws them.
    #[command(after_help = EXIT_CODES)]
    Switch {
        #[command(flatten)]
        manner: Manner,
        #[command(subcommand)]
        command: Switch,
    },
    /// Networks whose addresses are trusted or blocked: lists, adds and removes them.
    #[command(after_help = EXIT_CODES)]
    Network {
        #[command(flatten)]
        manner: Manner,
        #[command(subcommand)]
        command: Networks,
    },
    /// Makes operators' accounts, lists and disables them.
    #[command(after_help = EXIT_CODES)]
    Operator {
        #[command(flatten)]
        manner: Manner,
        #[command(subcommand)]
        command: Accounts,
    },
    /// Takes what a replaced secret key made over to the present one.
    #[command(after_help = EXIT_CODES)]
    Keys {
        #[command(flatten)]
        manner: Manner,
        #[command(subcommand)]
        command: SecretKeys,
    },
}

fn main() -> ExitCode {
    // Whatever speaks TLS in this process speaks it with ring.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match run(Cli::parse().role) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            // Nobody may be listening on stderr; there is nothing left to do about that.
            let _ = writeln!(std::io::stderr(), "signalbox: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(role: Role) -> anyhow::Result<Outcome> {
    let done = match role {
        Role::Desk(deed) => return operate(deed),
        Role::Backup { manner, command } => {
            let config = read(Command::Backup)?;
            return block_on(backup::run(&config, manner, command));
        }
        Role::Serve => app::serve::run(&read(Command::Serve)?),
        Role::Work => app::work::run(&read(Command::Work)?),
        #[cfg(feature = "dev")]
        Role::Dev => app::dev::run(read(Command::Dev)?),
        Role::Migrate { manner, command } => {
            let config = read(Command::Migrate)?;
            let _reports = app::telemetry::start_beside_answer(&config)?;
            return block_on(app::migrate::run(&config, &manner, command));
        }
        Role::Openapi { operator } => print(&app::api::printed(operator)?),
        Role::Permissions => {
            write!(std::io::stdout(), "{}", app::permissions::page()?).map_err(anyhow::Error::from)
        }
        Role::Doctor(asked) => block_on(app::doctor::run(&Environment, &asked)),
    };
    done.map(|()| Outcome::Done)
}

fn operate(deed: Deed) -> anyhow::Result<Outcome> {
    match deed {
        // Needs no house: an archive speaks for itself.
        Deed::Tenant {
            manner,
            command: Tenant::Archive(Archive::VerifyArchive { file }),
        } => archive::verify(&manner, &file),
        // Nor does an export.
        Deed::Audit {
            manner,
            command: Log::Verify(Verify {
                file: Some(file), ..
            }),
        } => log::verify_file(&manner, &file),
        Deed::Tenant { manner, command } => {
            at_desk(manner, async |desk| tenant::run(desk, command).await)
        }
        Deed::Jobs { manner, command } => {
            at_desk(manner, async |desk| jobs::run(desk, command).await)
        }
        Deed::Audit { manner, command } => {
            at_desk(manner, async |desk| log::run(desk, command).await)
        }
        Deed::Switch { manner, command } => {
            at_desk(manner, async |desk| switches::run(desk, command).await)
        }
        Deed::Network { manner, command } => {
            at_desk(manner, async |desk| networks::run(desk, command).await)
        }
        Deed::Keys { manner, command } => {
            at_desk(manner, async |desk| keys::run(desk, command).await)
        }
        Deed::Operator { manner, command } => {
            at_desk(manner, async |desk| accounts::run(desk, command).await)
        }
    }
}

/// Opens a desk and does `work` there.
fn at_desk(
    manner: Manner,
    work: impl AsyncFnOnce(&Desk) -> anyhow::Result<Outcome>,
) -> anyhow::Result<Outcome> {
    let config = read(Command::Operate)?;
    block_on(async { work(&Desk::open(config, manner).await?).await })
}

fn read(command: Command) -> anyhow::Result<Config> {
    Ok(Config::read(command, &Environment)?)
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

fn print(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}
