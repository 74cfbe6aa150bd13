//! The pool of connections of the serving login, and what is asked of that login.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, RecyclingMethod};
use kernel::rng::Entropy;
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::DbError;
use crate::connection::{Connections, Lifetime, Pool};

/// Whether a tenant's statements run under the tenant's own role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleWall {
    /// `SET LOCAL ROLE t_x`: the default.
    Tenant,
    /// The login's own role. For Citus only, where every role costs a connection to every worker.
    Off,
}

/// How to reach Postgres.
#[derive(Clone, Debug)]
pub struct DbConfig {
    /// URL or key-value string of the login `signalbox_app`. A secret: it may hold a password.
    pub url: SecretString,
    /// Connections that upkeep keeps open while nobody asks for any.
    pub min_connections: usize,
    /// Connections at the most.
    pub max_connections: usize,
    /// Transactions that one tenant may have open at once, unless its row says otherwise.
    pub max_tenant_transactions: usize,
    /// How long a request waits for a connection, and in all for Postgres, before it is told to come back.
    pub acquire_timeout: Duration,
    /// A connection older than this is not handed out again: a backend never gives back the memory it
    /// keeps for each tenant it has touched.
    pub max_age: Duration,
    /// Nor is one that has served more tenants than this.
    pub max_tenants: usize,
    /// How long a start waits for a Postgres that is not there yet.
    pub start_patience: Duration,
    /// The first so many tenants that a connection serves have statements of their own there. A shared one
    /// is planned anew whenever the tenant, and with it the path, changes; but a backend keeps every plan
    /// for life.
    pub own_statements: usize,
    /// See [`RoleWall`].
    pub role_wall: RoleWall,
}

impl DbConfig {
    /// The defaults, for `url`.
    pub fn new(url: impl Into<SecretString>) -> Self {
        Self {
            url: url.into(),
            min_connections: 2,
            max_connections: 10,
            max_tenant_transactions: 5,
            acquire_timeout: Duration::from_secs(2),
            max_age: Duration::from_secs(30 * 60),
            max_tenants: 2_000,
            start_patience: Duration::ZERO,
            own_statements: 16,
            role_wall: RoleWall::Tenant,
        }
    }
}

/// Which walls stand. Always all of them, but for the tests that prove what each one holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walls {
    pub(crate) role: bool,
}

/// How the wire to Postgres is made.
#[derive(Clone)]
pub(crate) enum Wire {
    Plain,
    Tls(MakeRustlsConnect),
}

/// Reads a URL. TLS where it asks for it, verified against the public roots; a socket or
/// `sslmode=disable` goes without. `prefer` would fall back silently, so it is read as `require`
/// unless every host is this machine.
pub(crate) fn parse(url: &SecretString) -> Result<(Config, Wire), DbError> {
    let mut config: Config = url
        .expose_secret()
        .parse()
        .map_err(|_| DbError::Url("it is not a Postgres URL".into()))?;
    config.connect_timeout(Duration::from_secs(10));
    // A server that went without a word is noticed after a minute and a half, not after two hours.
    config.keepalives_idle(Duration::from_secs(60));
    config.keepalives_interval(Duration::from_secs(10));
    config.keepalives_retries(3);
    config.tcp_user_timeout(Duration::from_secs(90));
    config.application_name("signalbox");
    let local = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    let wire = match config.get_ssl_mode() {
        SslMode::Disable => Wire::Plain,
        SslMode::Prefer if local => {
            config.ssl_mode(SslMode::Disable);
            Wire::Plain
        }
        _ => {
            config.ssl_mode(SslMode::Require);
            Wire::Tls(MakeRustlsConnect::new(tls()?))
        }
    };
    Ok((config, wire))
}

fn tls() -> Result<ClientConfig, DbError> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| DbError::Url(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

pub(crate) fn build(config: &DbConfig, entropy: Arc<dyn Entropy>) -> Result<Pool, DbError> {
    let (postgres, wire) = parse(&config.url)?;
    let manager_config = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = match wire {
        Wire::Plain => Manager::from_config(postgres, NoTls, manager_config),
        Wire::Tls(tls) => Manager::from_config(postgres, tls, manager_config),
    };
    let lifetime = Lifetime {
        max_age: config.max_age,
        max_tenants: config.max_tenants,
        own_statements: config.own_statements,
    };
    Pool::builder(Connections::new(manager, lifetime, entropy))
        .max_size(config.max_connections)
        .build()
        .map_err(|error| DbError::Url(error.to_string()))
}
