//! The house under measurement: a private Postgres that keeps its promises, and everything else as it ships.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use app::config::{Command, Config, Limits, Source};
use app::serve::{self, Extras};
use app::wiring::House;
use db::DbConfig;
use fakes::{PostgresOptions, PrivatePostgres};
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::SecretString;
use tenancy::{Filler, PoolSize};

pub struct BenchHouse {
    pub house: House,
    pub config: Config,
    pub address: SocketAddr,
    pub metrics: PrometheusHandle,
    postgres: PrivatePostgres,
    folder: std::path::PathBuf,
}

struct Defaults;

impl Source for Defaults {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }
}

impl BenchHouse {
    pub async fn start() -> anyhow::Result<Self> {
        let metrics = app::telemetry::collect_metrics()?;
        let folder = std::env::temp_dir().join(format!("signalbox-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let options = PostgresOptions {
            settings: vec![
                "shared_buffers=1GB".to_owned(),
                "max_wal_size=4GB".to_owned(),
            ],
            ..PostgresOptions::new(folder.join("postgres"))
        };
        let postgres = PrivatePostgres::start(options).await?;
        tenancy::bootstrap::run(&postgres.connection_url().into()).await?;
        let url = |user: &str| SecretString::from(postgres.connection_url_to(user, "postgres"));

        let mut config = Config::read(Command::Dev, &Defaults)?;
        config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.base_domain = "localhost".to_owned();
        config.secret_key = Some("a secret key for the benchmark, and for nothing else".into());
        config.owner_url = Some(url("signalbox_owner"));
        config.database = Some(DbConfig::new(url("signalbox_app")));
        config.limits = unlimited();
        app::migrate::migrate_all(&url("signalbox_owner")).await?;

        let house = House::open(&config).await?;
        tokio::spawn(house.clone().listen());
        let (server, address) = serve::listen(&config, house.clone(), Extras::none())?;
        tokio::spawn(server);
        Ok(Self {
            house,
            config,
            address,
            metrics,
            postgres,
            folder,
        })
    }

    /// Makes ready schemas until there are `count`.
    pub async fn fill(&self, count: u32) -> anyhow::Result<()> {
        self.filler(count)?.fill().await?;
        Ok(())
    }

    /// How many schemas are ready.
    pub async fn ready(&self) -> anyhow::Result<u32> {
        Ok(u32::try_from(self.filler(0)?.look().await?.ready)?)
    }

    /// The URL of the owner's login.
    pub fn owner(&self) -> anyhow::Result<SecretString> {
        self.config.owner_url.clone().context("no owner login")
    }

    fn filler(&self, count: u32) -> anyhow::Result<Filler> {
        let owner = self.owner()?;
        let pulse = self.house.db.pulse().clone();
        Ok(Filler::new(owner, pulse, PoolSize(count)))
    }

    /// A second house over the same Postgres, with one connection that serves so many organisations.
    pub async fn narrow(&self, max_tenants: usize) -> anyhow::Result<SocketAddr> {
        let mut config = self.config.clone();
        if let Some(db) = &mut config.database {
            db.max_connections = 1;
            db.min_connections = 1;
            db.max_tenants = max_tenants;
        }
        let house = House::open(&config).await?;
        let (server, address) = serve::listen(&config, house, Extras::none())?;
        tokio::spawn(server);
        Ok(address)
    }

    /// The URL of the serving login.
    pub fn app_url(&self) -> String {
        self.postgres.connection_url_to("signalbox_app", "postgres")
    }

    pub async fn stop(self) {
        self.postgres.stop().await;
        // What cannot be removed is in the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn unlimited() -> Limits {
    Limits {
        anonymous_per_minute: 0,
        session_per_minute: 0,
        key_per_minute: 0,
        copies: 1,
        registrations_per_hour: 0,
        refused_registrations_per_hour: 0,
        login_failures_per_hour: 0,
        sensitive_per_hour: 0,
    }
}
