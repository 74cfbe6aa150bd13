//! `signalbox dev`: the whole house on a laptop, over a private Postgres, with mail caught.

mod mail_page;
mod place;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::Context;
use db::DbConfig;
use fakes::{MailCatcher, PostgresOptions, PrivatePostgres};
use secrecy::{ExposeSecret, SecretString};
use tracing::info;

use crate::config::{Config, MailSetting};
use crate::migrate;
use crate::serve::{self, Extras};
use crate::telemetry;
use crate::wiring::House;
use crate::work;

/// The database inside the private cluster.
const DATABASE: &str = "signalbox";

/// Ready schemas on a laptop: a few sign-ups at once, made while nobody waits.
const READY: u32 = 5;

/// Runs until Ctrl-C, then stops everything it started.
pub fn run(mut config: Config) -> anyhow::Result<()> {
    config.pool_size = config.pool_size.min(READY);
    config.log_text = true;
    let _reports = telemetry::start(&config)?;
    let metrics = telemetry::collect_metrics()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let postgres = start_postgres(&mut config).await?;
        let mail = MailCatcher::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        config.mail = MailSetting::Smtp(mail.url().into());
        let owner_url = config
            .owner_url
            .clone()
            .context("the owner login is set above")?;
        migrate::migrate_all(&owner_url).await?;

        let house = House::open(&config).await?;
        let reader = mail.reader();
        let extras = Extras::new(move |app| mail_page::routes(app, &reader));
        let result = serve_and_work(&config, house, extras, metrics).await;
        info!(
            "stopping Postgres; the data stays in {}",
            postgres.data_dir().display()
        );
        postgres.stop().await;
        result
    })
}

async fn serve_and_work(
    config: &Config,
    house: House,
    extras: Extras,
    metrics: metrics_exporter_prometheus::PrometheusHandle,
) -> anyhow::Result<()> {
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let worker = tokio::spawn(work::until(house.clone(), config.clone(), stopped));
    info!(
        "Signalbox is on {}  (mail is on {}/dev/mail; Ctrl-C stops)",
        config.base_url(),
        config.base_url()
    );
    let served = serve::until_signal(config, house, extras, metrics).await;
    let _ = stop.send(true);
    worker.await?;
    served
}

/// Starts the private cluster, makes the database when it is new, and points the configuration at it.
async fn start_postgres(config: &mut Config) -> anyhow::Result<PrivatePostgres> {
    info!(
        "starting a private Postgres in {}",
        config.data_dir.display()
    );
    std::fs::create_dir_all(&config.data_dir)?;
    let data_dir = std::fs::canonicalize(&config.data_dir)?;
    let options = PostgresOptions {
        bin_dir: config.postgres_bin.clone(),
        ..PostgresOptions::new(data_dir.join("postgres"))
    };
    let postgres = PrivatePostgres::start(options).await?;
    info!("Postgres {} is up", postgres.version());
    place::ensure_database(&postgres.connection_url().into(), DATABASE).await?;
    tenancy::bootstrap::run(&postgres.connection_url_to("postgres", DATABASE).into()).await?;
    config.secret_key = Some(place::secret_key(&data_dir)?);
    config.owner_url = Some(
        postgres
            .connection_url_to("signalbox_owner", DATABASE)
            .into(),
    );
    let app_url = postgres.connection_url_to("signalbox_app", DATABASE);
    write_settings(config, &data_dir, &app_url)?;
    config.database = Some(DbConfig::new(app_url));
    Ok(postgres)
}

/// What an operator's command needs to reach this house.
fn write_settings(config: &Config, data_dir: &Path, app_url: &str) -> anyhow::Result<()> {
    let exposed = |secret: &Option<SecretString>| {
        let secret = secret.as_ref().map(ExposeSecret::expose_secret);
        secret.unwrap_or_default().to_owned()
    };
    place::write_settings(
        data_dir,
        &[
            ("SIGNALBOX_BASE_DOMAIN", &config.base_domain),
            ("SIGNALBOX_DATABASE_URL", app_url),
            ("SIGNALBOX_OWNER_DATABASE_URL", &exposed(&config.owner_url)),
            ("SIGNALBOX_SECRET_KEY", &exposed(&config.secret_key)),
            ("SIGNALBOX_SMTP_URL", "off"),
        ],
    )
}
