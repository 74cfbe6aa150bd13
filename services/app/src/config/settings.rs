//! The table of settings.

use std::fmt::Write;

use super::Command;
use super::Command::{Dev, Migrate, Operate, Serve, Work};

/// One setting: an environment variable, and with `_FILE` behind its name a file that holds the value.
#[derive(Debug)]
pub struct Setting {
    /// Name of the environment variable.
    pub name: &'static str,
    /// What holds where it is not set.
    pub default: Option<&'static str>,
    /// Commands that do not start without it.
    pub needed_by: &'static [Command],
    /// Whether its value is never shown.
    pub secret: bool,
    /// What it is, for a person.
    pub about: &'static str,
}

macro_rules! settings {
    ($($constant:ident = $name:literal $(default $default:literal)? $(needed $($needed:ident)+)? $(, secret $secret:literal)?: $about:literal;)+) => {
        $(
            pub(super) const $constant: Setting = Setting {
                name: $name,
                default: settings!(@option $($default)?),
                needed_by: settings!(@list $($($needed)+)?),
                secret: settings!(@bool $($secret)?),
                about: $about,
            };
        )+

        /// Every setting, in the order of the reference.
        pub const SETTINGS: &[Setting] = &[$($constant),+];
    };
    (@option $value:literal) => { Some($value) };
    (@option) => { None };
    (@list $($value:ident)+) => { &[$($value),+] };
    (@list) => { &[] };
    (@bool $value:literal) => { $value };
    (@bool) => { false };
}

settings! {
    LISTEN = "SIGNALBOX_LISTEN" default "127.0.0.1:8080":
        "Address and port of the gateway.";
    INTERNAL_LISTEN = "SIGNALBOX_INTERNAL_LISTEN" default "127.0.0.1:9090":
        "Address and port of metrics and detailed health. Never reachable from outside. dev: any free port, unless set.";
    OPERATOR_LISTEN = "SIGNALBOX_OPERATOR_LISTEN":
        "Address and port of the operators' page and API, served by serve. Off unless set; dev: any free port, unless set. Never reachable from outside.";
    OPERATOR_HOST = "SIGNALBOX_OPERATOR_HOST":
        "The host under which a proxy that speaks TLS reaches the operators' listener. Without it, this machine's own names only: localhost, 127.0.0.1.";
    OPERATOR_APPROVAL = "SIGNALBOX_OPERATOR_APPROVAL" default "off":
        "What takes a second operator's approval at the operators' listener: off, or destructive (deleting organisations, suspending or freezing several at once, and recovering an owner). The command line is not asked.";
    RECOVERY_WAIT = "SIGNALBOX_RECOVERY_WAIT_HOURS" default "72":
        "Hours in which an organisation can object before an owner who lost access gets another way in: 24 to 720. dev: less as well.";
    BASE_DOMAIN = "SIGNALBOX_BASE_DOMAIN" needed Serve Work Operate:
        "The root host; organisations answer on a label in front of it. dev: localhost and the port of SIGNALBOX_LISTEN.";
    DATABASE_URL = "SIGNALBOX_DATABASE_URL" needed Serve Work Operate, secret true:
        "Postgres as the login signalbox_app. Add ?sslmode=require when it is not on this machine.";
    OWNER_DATABASE_URL = "SIGNALBOX_OWNER_DATABASE_URL" needed Work Migrate, secret true:
        "Postgres as the login signalbox_owner: migrations and the pool of ready schemas. serve does not need it and should not have it.";
    DB_MIN_CONNECTIONS = "SIGNALBOX_DB_MIN_CONNECTIONS" default "2":
        "Connections to Postgres that one process keeps open when nothing happens.";
    DB_MAX_CONNECTIONS = "SIGNALBOX_DB_MAX_CONNECTIONS" default "10":
        "Connections to Postgres of one process, at the most.";
    DB_MAX_TENANT_TRANSACTIONS = "SIGNALBOX_DB_MAX_TRANSACTIONS_PER_TENANT" default "5":
        "Transactions that one organisation may have open at once in one process. Half of the connections leaves the others theirs.";
    DB_MAX_TENANTS = "SIGNALBOX_DB_MAX_TENANTS_PER_CONNECTION" default "2000":
        "A connection that has served so many organisations is closed, and with it goes what Postgres remembers of their tables.";
    ROLE_WALL = "SIGNALBOX_ROLE_WALL" default "tenant":
        "tenant: statements run under the organisation's own role. off: only for Citus.";
    REDIS_URL = "SIGNALBOX_REDIS_URL", secret true:
        "Redis or Valkey for hints between processes, and for counting requests together. Without it hints travel by LISTEN/NOTIFY.";
    COPIES = "SIGNALBOX_COPIES" default "1":
        "Processes of serve behind one proxy: where Redis is away or not set, each allows its part of the requests a minute.";
    SECRET_KEY = "SIGNALBOX_SECRET_KEY" needed Serve Work, secret true:
        "At least 32 random characters that tokens and keyed hashes are made from. The same on every machine.";
    REPLACED_SECRET_KEYS = "SIGNALBOX_REPLACED_SECRET_KEYS", secret true:
        "Secret keys that SIGNALBOX_SECRET_KEY took the place of, newest first, by commas: what was made with them is still good.";
    CONSOLE_DIR = "SIGNALBOX_CONSOLE_DIR":
        "Folder of the built console. Without it the API answers and the console does not.";
    TRUSTED_PROXIES = "SIGNALBOX_TRUSTED_PROXIES":
        "Networks (CIDR, by commas) of the proxies whose X-Forwarded-* headers are believed.";
    CORS_ORIGINS = "SIGNALBOX_CORS_ORIGINS":
        "Origins (like https://app.example.com, by commas) whose pages may use the API from elsewhere, with credentials. A wildcard is refused. Without it, none.";
    ALLOW_TARGET_NETWORKS = "SIGNALBOX_ALLOW_TARGET_NETWORKS":
        "Networks (CIDR, by commas) that checks may reach beyond public addresses. dev: this machine, unless set; empty closes.";
    DNS_SERVERS = "SIGNALBOX_DNS_SERVERS":
        "Name servers (address:port, by commas) that are asked for the proofs of organisations' domains. Without it, the system's.";
    SMTP_URL = "SIGNALBOX_SMTP_URL" needed Serve Work, secret true:
        "Mail server, like smtps://user:password@mail.example.com. off switches mail off on purpose.";
    MAIL_FROM = "SIGNALBOX_MAIL_FROM" default "Signalbox <no-reply@signalbox.localhost>":
        "Sender of all mail.";
    SUPPORT_EMAIL = "SIGNALBOX_SUPPORT_EMAIL":
        "The address that mails to owners name for questions. Without it, they are asked to answer the mail.";
    DISCORD_CLIENT_ID = "SIGNALBOX_DISCORD_CLIENT_ID":
        "The id of the application at Discord that people sign in by. Without it, nobody does. Its redirect is /api/v1/auth/discord/callback on the root host.";
    DISCORD_CLIENT_SECRET = "SIGNALBOX_DISCORD_CLIENT_SECRET", secret true:
        "The secret of that application.";
    DISCORD_URL = "SIGNALBOX_DISCORD_URL" default "https://discord.com":
        "Where Discord is. Only for tests another one than the default; http only for this machine.";
    SENTRY_DSN = "SIGNALBOX_SENTRY_DSN", secret true:
        "Where errors are reported. Without it, nowhere.";
    SENTRY_ENVIRONMENT = "SIGNALBOX_SENTRY_ENVIRONMENT" default "production":
        "The environment's name in reports.";
    SENTRY_TRACE_RATE = "SIGNALBOX_SENTRY_TRACE_RATE" default "0":
        "Share of requests that are traced, 0 to 1.";
    LOG = "SIGNALBOX_LOG" default "info,refinery_core=warn,actix_server=warn":
        "Log levels, by module where wanted: info,gateway=debug.";
    LOG_FORMAT = "SIGNALBOX_LOG_FORMAT" default "json":
        "json, or text for a terminal.";
    POOL_SIZE = "SIGNALBOX_POOL_SIZE" default "20":
        "Schemas kept ready for new organisations, at the least.";
    POOL_MAX = "SIGNALBOX_POOL_MAX" default "200":
        "Schemas kept ready at the most, however many register: as many are added as did in the busiest ten minutes of the last hour.";
    THREADS = "SIGNALBOX_THREADS" default "0":
        "Threads of the gateway. 0: one a core.";
    DRAIN_SECONDS = "SIGNALBOX_DRAIN_SECONDS" default "5":
        "How long a stopping gateway still answers while /health/ready says that it stops: longer than balancers take to notice. dev: 0.";
    DATA_DIR = "SIGNALBOX_DATA_DIR" default ".dev":
        "dev only: folder of its database and key.";
    POSTGRES_BIN = "SIGNALBOX_POSTGRES_BIN":
        "dev and backup only: folder of the Postgres programs to use; without it they are looked for.";
    BACKUP_DATABASE_URL = "SIGNALBOX_BACKUP_DATABASE_URL", secret true:
        "Postgres as a login that may replicate, for `signalbox backup run`; a URL, not key=value.";
    BACKUP_RECIPIENT_KEY = "SIGNALBOX_BACKUP_RECIPIENT_KEY":
        "File with the OpenPGP public key that backups are encrypted to, by gpg. Without it they are not encrypted.";
    BACKUP_OFFSITE_COMMAND = "SIGNALBOX_BACKUP_OFFSITE_COMMAND":
        "Program that takes a finished backup elsewhere: called with the path of its folder, which it must not change.";
    BACKUP_KEEP_DAYS = "SIGNALBOX_BACKUP_KEEP_DAYS" default "7":
        "Days that a backup stays in its folder. The newest one always stays.";
    LIMIT_ANONYMOUS = "SIGNALBOX_LIMIT_ANONYMOUS_PER_MINUTE" default "60":
        "Requests a minute of one address without a session. 0 counts nothing, here and below.";
    LIMIT_SESSION = "SIGNALBOX_LIMIT_SESSION_PER_MINUTE" default "600":
        "Requests a minute of one session.";
    LIMIT_KEY = "SIGNALBOX_LIMIT_KEY_PER_MINUTE" default "100":
        "Requests a minute of one API key. A key may have a smaller number of its own.";
    LIMIT_REGISTRATIONS = "SIGNALBOX_LIMIT_REGISTRATIONS_PER_HOUR" default "5":
        "Accepted registrations an hour of one address.";
    LIMIT_REFUSED_REGISTRATIONS = "SIGNALBOX_LIMIT_REFUSED_REGISTRATIONS_PER_HOUR" default "60":
        "Refused registrations an hour of one address.";
    LIMIT_LOGIN_FAILURES = "SIGNALBOX_LIMIT_LOGIN_FAILURES_PER_HOUR" default "10":
        "Failed sign-ins an hour of one address. A success gives its attempt back. Whoever fails waits 1, 2, 4, 8 seconds, and from the fifth failure for one account on 15 minutes to a day, from that address alone; not with 0.";
    LIMIT_SENSITIVE = "SIGNALBOX_LIMIT_SENSITIVE_PER_HOUR" default "3":
        "Sensitive acts an hour of one account, mails sent again included.";
}

/// `deploy/.env.example`: every setting with its default, what needs it and what it is.
pub fn env_example() -> String {
    let mut text = String::from(
        "# Every setting of Signalbox. Made by `signalbox doctor --env-example`; a test compares.\n\
         # A name with _FILE behind it reads the value from that file: SIGNALBOX_SECRET_KEY_FILE=/run/secrets/key\n",
    );
    for setting in SETTINGS {
        let needed = setting
            .needed_by
            .iter()
            .map(|c| c.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        let needed = if needed.is_empty() {
            String::new()
        } else {
            format!(" Needed by: {needed}.")
        };
        let _ = write!(text, "\n# {}{needed}\n", setting.about);
        let comment = if setting.needed_by.iter().any(|c| *c != Dev) {
            ""
        } else {
            "#"
        };
        let _ = writeln!(
            text,
            "{comment}{}={}",
            setting.name,
            setting.default.unwrap_or_default()
        );
    }
    text
}
