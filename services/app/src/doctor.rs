//! `signalbox doctor`: reads the configuration as `serve` and `work` would, tries every dependency, and
//! says of each fault how to mend it. Changes nothing, shows no secret. `--live` sends a mail and an event,
//! `--db` asks Postgres how it is.

mod live;

use std::fmt::Display;
use std::io::Write;

use clap::Args;
use db::Db;
use jobs::{Bus, BusConfig};
use kernel::email::EmailAddress;
use secrecy::ExposeSecret;

use crate::config::{Command, Config, MailSetting, SETTINGS, Source, env_example};
use crate::operator::database;
use crate::{migrate, wiring};

/// What the doctor is asked.
#[derive(Debug, Args)]
pub struct Examination {
    /// Prints every setting as deploy/.env.example instead.
    #[arg(long, conflicts_with_all = ["live", "db"])]
    env_example: bool,
    /// Sends a test mail to ADDRESS and a test event to Sentry instead.
    #[arg(long, value_name = "ADDRESS", group = "instead", value_parser = address)]
    live: Option<EmailAddress>,
    /// Asks Postgres how it is instead: what is full, old, unused, left behind.
    #[arg(long, group = "instead")]
    db: bool,
    /// Prints one JSON document: `{"findings": […]}`. With --live or --db.
    #[arg(long, requires = "instead")]
    json: bool,
}

fn address(text: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(text).ok_or_else(|| "not a mail address".to_owned())
}

/// Examines as it was asked. Errors when something is wrong, so that a script can tell.
pub async fn run(source: &dyn Source, asked: &Examination) -> anyhow::Result<()> {
    if asked.env_example {
        write!(std::io::stdout(), "{}", env_example())?;
        return Ok(());
    }
    if let Some(to) = &asked.live {
        return live::run(&Config::read(Command::Work, source)?, to, asked.json).await;
    }
    if asked.db {
        return database::run(&Config::read(Command::Migrate, source)?, asked.json).await;
    }
    configuration(source).await
}

/// Reads the configuration as `serve` and `work` would, and tries what it names.
async fn configuration(source: &dyn Source) -> anyhow::Result<()> {
    let mut report = Report {
        out: std::io::stdout(),
        faults: 0,
    };
    report.settings(source)?;
    for command in [Command::Serve, Command::Work] {
        let name = format!("configuration of `signalbox {}`", command.as_str());
        match Config::read(command, source) {
            Ok(config) => {
                report.good(&name, "complete")?;
                if command == Command::Serve {
                    report.doors(&config)?;
                }
                report.dependencies(&config).await?;
            }
            Err(errors) => report.bad(&name, errors)?,
        }
    }
    anyhow::ensure!(report.faults == 0, "{} thing(s) to mend", report.faults);
    Ok(())
}

struct Report {
    out: std::io::Stdout,
    faults: u32,
}

impl Report {
    fn good(&mut self, what: &str, how: impl Display) -> std::io::Result<()> {
        writeln!(self.out, "ok     {what}: {how}")
    }

    fn bad(&mut self, what: &str, why: impl Display) -> std::io::Result<()> {
        self.faults += 1;
        writeln!(self.out, "WRONG  {what}: {why}")
    }

    fn note(
        &mut self,
        what: &str,
        result: Result<impl Display, impl Display>,
    ) -> std::io::Result<()> {
        match result {
            Ok(how) => self.good(what, how),
            Err(why) => self.bad(what, why),
        }
    }

    /// Every setting that is not at its default, secrets by their length.
    fn settings(&mut self, source: &dyn Source) -> std::io::Result<()> {
        for setting in SETTINGS {
            if source.variable(&format!("{}_FILE", setting.name)).is_some() {
                writeln!(self.out, "set    {} by a file", setting.name)?;
            } else if let Some(value) = source.variable(setting.name) {
                if setting.secret {
                    writeln!(
                        self.out,
                        "set    {} ({} characters)",
                        setting.name,
                        value.len()
                    )?;
                } else {
                    writeln!(self.out, "set    {}={value}", setting.name)?;
                }
            }
        }
        Ok(())
    }

    /// What the configuration makes of the doors: refusals stand in its faults, each with its mending.
    fn doors(&mut self, config: &Config) -> std::io::Result<()> {
        self.good(
            "secret key",
            "long enough, and neither a placeholder nor a pattern",
        )?;
        self.good(
            "address",
            format_args!(
                "{}: cookies are Secure, browsers insist on https",
                config.base_url()
            ),
        )?;
        match config.cors_origins.len() {
            0 => self.good("other origins", "none may use the API"),
            named => self.good(
                "other origins",
                format_args!("{named} by name, no wildcard"),
            ),
        }
    }

    async fn dependencies(&mut self, config: &Config) -> std::io::Result<()> {
        let mut connected = None;
        if let Some(database) = &config.database {
            match Db::connect(database).await {
                Ok(db) => {
                    self.good(
                        "database, as the serving login",
                        "reachable, and no more rights than serving needs",
                    )?;
                    connected = Some(db);
                }
                Err(error) => self.bad(
                    "database, as the serving login",
                    format_args!(
                        "{error}. deploy/postgres/bootstrap.sql makes the logins as they must be"
                    ),
                )?,
            }
        }
        if let Some(owner) = &config.owner_url {
            let state = migrate::check(owner).await;
            self.note(
                "database, as the owner",
                state.map_err(|error| format!("{error:#}")),
            )?;
        }
        if let (Some(url), Some(db)) = (&config.redis_url, &connected) {
            let bus = Bus::start(BusConfig::Redis { url: url.clone() }, db).await;
            let heard = bus.map(|_| "the URL can be used");
            self.note("Redis", heard.map_err(|error| error.to_string()))?;
        }
        match &config.mail {
            MailSetting::Off => self.good("mail", "switched off on purpose")?,
            MailSetting::Smtp(url) => {
                let reached = wiring::mailer(config, wiring::MAIL_TIMEOUT)
                    .map(|_| format!("{} can be used", scheme(url.expose_secret())));
                self.note("mail", reached.map_err(|error| format!("{error:#}")))?;
            }
        }
        self.console(config)
    }

    /// The built pages: the organisations', and the operators' where they are served.
    fn console(&mut self, config: &Config) -> std::io::Result<()> {
        let Some(folder) = &config.console_dir else {
            return self.good("console", "not served by this process");
        };
        let mut pages = vec!["index.html"];
        if config.operator_listen.is_some() {
            pages.push("operator/index.html");
        }
        match pages.into_iter().find(|page| !folder.join(page).is_file()) {
            None => self.good("console", folder.display()),
            Some(page) => self.bad(
                "console",
                format_args!(
                    "{} holds no {page}; build it with `npm run build` in services/console",
                    folder.display()
                ),
            ),
        }
    }
}

fn scheme(url: &str) -> &str {
    url.split_once("://")
        .map_or("the address", |(scheme, _)| scheme)
}
