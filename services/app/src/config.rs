//! Configuration: one typed table, read once, every error told at once.
//!
//! The only place that reads the environment. The table makes the reference (`deploy/.env.example`) and
//! what `doctor` prints, so a setting that is not in it does not exist.

mod discord;
mod mail;
mod operators;
mod read;
mod secrets;
mod settings;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ::operators::Approval;
use db::{DbConfig, RoleWall};
use gateway::CorsOrigin;
use ipnet::IpNet;
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};

pub use discord::DiscordSetting;
pub use mail::MailSetting;
pub use read::{ConfigErrors, Environment, Source};
pub use settings::{SETTINGS, Setting, env_example};

use read::Reader;
use settings as s;

/// What the process is going to do; decides what is needed and what is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// The gateway.
    Serve,
    /// Checks, mail, the pool of schemas.
    Work,
    /// Both on a laptop, over a private Postgres.
    Dev,
    /// Migrations.
    Migrate,
    /// What an operator does at a terminal.
    Operate,
    /// Backups of the whole database.
    Backup,
}

impl Command {
    /// The subcommand's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Command::Serve => "serve",
            Command::Work => "work",
            Command::Dev => "dev",
            Command::Migrate => "migrate",
            Command::Operate => "tenant",
            Command::Backup => "backup",
        }
    }
}

/// Requests a minute or an hour, as the gateway counts them.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A minute, by address, without a session.
    pub anonymous_per_minute: u32,
    /// A minute, by session.
    pub session_per_minute: u32,
    /// Requests a minute of one API key.
    pub key_per_minute: u32,
    /// Processes that share those of a minute.
    pub copies: u32,
    /// An hour, by address: registrations that were accepted.
    pub registrations_per_hour: u32,
    /// An hour, by address: registrations that were refused.
    pub refused_registrations_per_hour: u32,
    /// An hour, by address: failed sign-ins.
    pub login_failures_per_hour: u32,
    /// An hour, by account or address: sensitive acts, resends included.
    pub sensitive_per_hour: u32,
}

/// How the whole database is backed up.
#[derive(Clone, Debug)]
pub struct BackupSetting {
    /// A login that may replicate.
    pub database_url: Option<SecretString>,
    /// The OpenPGP key that backups are encrypted to; without one they are not.
    pub recipient_key: Option<PathBuf>,
    /// The program that takes a finished backup elsewhere; its one argument is the backup's folder.
    pub offsite_command: Option<PathBuf>,
    /// Days that a backup is kept beside its followers.
    pub keep_days: u16,
}

/// Error reports to Sentry.
#[derive(Clone, Debug)]
pub struct SentrySetting {
    /// Where to.
    pub dsn: SecretString,
    /// `production`, `staging`.
    pub environment: String,
    /// Share of requests that are traced, 0 to 1.
    pub trace_rate: f32,
}

/// Everything a process is told from outside.
#[derive(Clone, Debug)]
pub struct Config {
    /// What for.
    pub command: Command,
    /// Where the gateway listens.
    pub listen: SocketAddr,
    /// Where metrics and detailed health answer: never on the public listener.
    pub internal_listen: SocketAddr,
    /// Where operators are served; nowhere, unless set.
    pub operator_listen: Option<SocketAddr>,
    /// The host by which they come, beside this machine's own names.
    pub operator_host: Option<String>,
    /// What takes a second operator.
    pub operator_approval: Approval,
    /// How long members can object before an owner gets another way in.
    pub recovery_wait: SignedDuration,
    /// `localhost:8080`: the root host, and with a label in front the tenants'.
    pub base_domain: String,
    /// Where `dev` keeps its database and keys.
    pub data_dir: PathBuf,
    /// The console's built files.
    pub console_dir: Option<PathBuf>,
    /// A folder of Postgres programs for `dev`.
    pub postgres_bin: Option<PathBuf>,
    /// The serving login, where this command needs it.
    pub database: Option<DbConfig>,
    /// The owner login, where this command needs it.
    pub owner_url: Option<SecretString>,
    /// Redis, where configured.
    pub redis_url: Option<SecretString>,
    /// What tokens and keyed hashes are made from.
    pub secret_key: Option<SecretString>,
    /// Those it took the place of, newest first.
    pub replaced_secret_keys: Vec<SecretString>,
    /// Peers whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins whose pages may use the API from elsewhere.
    pub cors_origins: Vec<CorsOrigin>,
    /// Networks beyond the public ones that checks may reach.
    pub target_networks: Vec<IpNet>,
    /// Name servers that are asked for the proofs of domains; the system's where there are none.
    pub dns_servers: Vec<SocketAddr>,
    /// Mail.
    pub mail: MailSetting,
    /// Who mail is from.
    pub mail_from: String,
    /// Whom owners may ask.
    pub support_email: Option<String>,
    /// The application at Discord, where people can sign in by it.
    pub discord: Option<DiscordSetting>,
    /// Sentry, where configured.
    pub sentry: Option<SentrySetting>,
    /// Levels by module, in the syntax of `tracing`'s `EnvFilter`.
    pub log: String,
    /// Text for a terminal instead of JSON.
    pub log_text: bool,
    /// Ready schemas, at the least.
    pub pool_size: u32,
    /// Ready schemas, at the most.
    pub pool_max: u32,
    /// Threads of the gateway.
    pub threads: usize,
    /// How long a stopping gateway still answers, until balancers have noticed.
    pub drain_delay: Duration,
    /// Rate limits.
    pub limits: Limits,
    /// Backups.
    pub backup: BackupSetting,
}

impl Config {
    /// Reads the configuration of `command` from `source`. Every fault is in the error, not just the first.
    pub fn read(command: Command, source: &dyn Source) -> Result<Self, ConfigErrors> {
        let mut reader = Reader::new(command, source);
        let config = Self::assemble(command, &mut reader);
        reader.finish()?;
        Ok(config)
    }

    fn assemble(command: Command, r: &mut Reader<'_>) -> Self {
        let listen = r.parsed(&s::LISTEN);
        let base_domain = r
            .optional(&s::BASE_DOMAIN)
            .unwrap_or_else(|| match command {
                Command::Dev => format!(
                    "localhost:{}",
                    listen.map_or(8080, |l: SocketAddr| l.port())
                ),
                _ => String::new(),
            });
        r.check(
            &s::BASE_DOMAIN,
            !base_domain.contains(['/', '@', ' ']),
            "a host, with a port where it is not 443",
        );
        let config = Self {
            command,
            listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            internal_listen: Self::internal_listen(command, r),
            operator_listen: Self::operator_listen(command, r),
            operator_host: Self::operator_host(r),
            operator_approval: Self::operator_approval(r),
            recovery_wait: Self::recovery_wait(command, r),
            base_domain,
            data_dir: r.text(&s::DATA_DIR).into(),
            console_dir: r.optional(&s::CONSOLE_DIR).map(Into::into),
            postgres_bin: r.optional(&s::POSTGRES_BIN).map(Into::into),
            database: Self::database(r),
            owner_url: r.secret(&s::OWNER_DATABASE_URL),
            redis_url: r.secret(&s::REDIS_URL),
            secret_key: r.secret(&s::SECRET_KEY),
            replaced_secret_keys: secrets::replaced(r),
            trusted_proxies: r.list(&s::TRUSTED_PROXIES),
            cors_origins: r.list(&s::CORS_ORIGINS),
            target_networks: Self::target_networks(command, r),
            dns_servers: r.list(&s::DNS_SERVERS),
            mail: mail::setting(r),
            mail_from: r.text(&s::MAIL_FROM),
            support_email: mail::support_email(r),
            discord: discord::setting(r),
            sentry: Self::sentry(r),
            log: r.text(&s::LOG),
            log_text: r.one_of(&s::LOG_FORMAT, &["json", "text"]) == "text",
            pool_size: r.parsed(&s::POOL_SIZE).unwrap_or(20),
            pool_max: r.parsed(&s::POOL_MAX).unwrap_or(200),
            threads: r.parsed(&s::THREADS).unwrap_or(0),
            drain_delay: Self::drain_delay(command, r),
            limits: Self::limits(r),
            backup: BackupSetting {
                database_url: r.secret(&s::BACKUP_DATABASE_URL),
                recipient_key: r.optional(&s::BACKUP_RECIPIENT_KEY).map(Into::into),
                offsite_command: r.optional(&s::BACKUP_OFFSITE_COMMAND).map(Into::into),
                keep_days: r.parsed(&s::BACKUP_KEEP_DAYS).unwrap_or(7),
            },
        };
        config.check(r);
        config
    }

    /// What no single setting says.
    fn check(&self, r: &mut Reader<'_>) {
        if let Some(key) = &self.secret_key {
            let long = key.expose_secret().len() >= 32;
            r.check(
                &s::SECRET_KEY,
                long,
                "at least 32 characters, for example of `openssl rand -base64 48`",
            );
            r.check(
                &s::SECRET_KEY,
                !long || !secrets::is_guessable(key.expose_secret()),
                "a secret made at random, not a placeholder: take one of `openssl rand -base64 48`",
            );
        }
        self.check_operators(r);
        if self.command == Command::Dev {
            let near = self.listen.ip().is_loopback();
            r.check(
                &s::LISTEN,
                near,
                "a loopback address: `dev` is not for a network",
            );
        }
        r.check(
            &s::POOL_MAX,
            self.pool_max >= self.pool_size,
            "no less than SIGNALBOX_POOL_SIZE",
        );
    }

    /// Any free port in `dev`: two laptops' worth of houses may run side by side.
    fn internal_listen(command: Command, r: &mut Reader<'_>) -> SocketAddr {
        let port = if command == Command::Dev && !r.is_set(&s::INTERNAL_LISTEN) {
            0
        } else {
            9090
        };
        let fallback = SocketAddr::from(([127, 0, 0, 1], port));
        if port == 0 {
            fallback
        } else {
            r.parsed(&s::INTERNAL_LISTEN).unwrap_or(fallback)
        }
    }

    fn database(r: &mut Reader<'_>) -> Option<DbConfig> {
        let min_connections = r.parsed(&s::DB_MIN_CONNECTIONS).unwrap_or(2);
        let max_connections = r.parsed(&s::DB_MAX_CONNECTIONS).unwrap_or(10);
        r.check(
            &s::DB_MAX_CONNECTIONS,
            max_connections > 0 && max_connections >= min_connections,
            "at least 1, and no less than SIGNALBOX_DB_MIN_CONNECTIONS",
        );
        let max_tenant_transactions = r.parsed(&s::DB_MAX_TENANT_TRANSACTIONS).unwrap_or(5);
        r.check(
            &s::DB_MAX_TENANT_TRANSACTIONS,
            max_tenant_transactions > 0,
            "at least 1",
        );
        let max_tenants = r.parsed(&s::DB_MAX_TENANTS).unwrap_or(2_000);
        let off = r.one_of(&s::ROLE_WALL, &["tenant", "off"]) == "off";
        let config = DbConfig {
            min_connections,
            max_connections,
            max_tenant_transactions,
            max_tenants,
            role_wall: if off { RoleWall::Off } else { RoleWall::Tenant },
            ..DbConfig::new(r.secret(&s::DATABASE_URL)?)
        };
        Some(config)
    }

    /// `dev` checks this machine; elsewhere only public addresses, unless told otherwise.
    fn target_networks(command: Command, r: &mut Reader<'_>) -> Vec<IpNet> {
        if command == Command::Dev
            && r.optional(&s::ALLOW_TARGET_NETWORKS).is_none()
            && !r.is_set(&s::ALLOW_TARGET_NETWORKS)
        {
            return ["127.0.0.0/8", "::1/128"]
                .iter()
                .filter_map(|n| n.parse().ok())
                .collect();
        }
        r.list(&s::ALLOW_TARGET_NETWORKS)
    }

    /// On a laptop nobody balances.
    fn drain_delay(command: Command, r: &mut Reader<'_>) -> Duration {
        match command {
            Command::Dev => Duration::ZERO,
            _ => Duration::from_secs(r.parsed(&s::DRAIN_SECONDS).unwrap_or(5)),
        }
    }

    fn sentry(r: &mut Reader<'_>) -> Option<SentrySetting> {
        let environment = r.text(&s::SENTRY_ENVIRONMENT);
        let trace_rate = r.parsed(&s::SENTRY_TRACE_RATE).unwrap_or(0.0);
        Some(SentrySetting {
            dsn: r.secret(&s::SENTRY_DSN)?,
            environment,
            trace_rate,
        })
    }

    fn limits(r: &mut Reader<'_>) -> Limits {
        let mut number = |setting| r.parsed(setting).unwrap_or(1);
        Limits {
            anonymous_per_minute: number(&s::LIMIT_ANONYMOUS),
            session_per_minute: number(&s::LIMIT_SESSION),
            key_per_minute: number(&s::LIMIT_KEY),
            copies: number(&s::COPIES).max(1),
            registrations_per_hour: number(&s::LIMIT_REGISTRATIONS),
            refused_registrations_per_hour: number(&s::LIMIT_REFUSED_REGISTRATIONS),
            login_failures_per_hour: number(&s::LIMIT_LOGIN_FAILURES),
            sensitive_per_hour: number(&s::LIMIT_SENSITIVE),
        }
    }

    /// Whether people reach this house by https. Everywhere but in `dev`.
    pub fn secure(&self) -> bool {
        self.command != Command::Dev
    }

    /// The base domain, without a port.
    pub fn domain(&self) -> &str {
        let domain = self.base_domain.as_str();
        domain.split_once(':').map_or(domain, |(host, _)| host)
    }

    /// `http://localhost:8080`.
    pub fn base_url(&self) -> String {
        format!(
            "{}://{}",
            if self.secure() { "https" } else { "http" },
            self.base_domain
        )
    }

    /// How long a graceful stop waits for what is in flight.
    pub const DRAIN: Duration = Duration::from_secs(20);
}

#[cfg(test)]
mod tests;
