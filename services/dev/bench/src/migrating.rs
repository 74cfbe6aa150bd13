//! Migrations: how long it takes to find nothing to do, and how many schemas a second take a small step.

use std::time::Instant;

use anyhow::Context;
use secrecy::SecretString;
use tenancy::TEMPLATE_VERSION;
use tenancy::migrate::{self, Chain, Engine, Options, Start};

use crate::house::BenchHouse;

/// Tenants among whom nothing is found to do.
const TENANTS: i64 = 2_000;
const WORKERS: u32 = 2;

/// What was measured.
pub struct Migrated {
    /// A run with nothing to do, connections included.
    pub nothing_us: f64,
    /// Tenants it was asked about.
    pub tenants: i64,
    /// Schemas a second, one column and one index each.
    pub per_second: f64,
    /// Schemas migrated.
    pub schemas: u32,
}

/// Measures both. Leaves the schemas one version ahead of this build, so it comes last.
pub async fn measure(house: &BenchHouse) -> anyhow::Result<Migrated> {
    let url = house.owner()?;
    let (nothing_us, tenants) = find_nothing(&url).await?;
    let small = "ALTER TABLE endpoints ADD COLUMN bench text NOT NULL DEFAULT '';
                 CREATE INDEX endpoints_bench_idx ON endpoints (bench)";
    let chain = Chain::embedded().with(&format!("V{}__bench", TEMPLATE_VERSION + 1), small)?;
    let options = Options {
        workers: WORKERS,
        ..Options::default()
    };
    let started = Instant::now();
    let report = Engine::new(url, chain, options).start(Start::Run).await?;
    let elapsed = started.elapsed();
    let report = report.context("nobody was behind")?;
    anyhow::ensure!(report.state == "done", "the run came to {report:?}");
    Ok(Migrated {
        nothing_us,
        tenants,
        per_second: f64::from(report.done) / elapsed.as_secs_f64(),
        schemas: report.done,
    })
}

/// Those that are missing to two thousand are rows without schemas: a run that finds nothing to do looks at
/// no schema.
async fn find_nothing(url: &SecretString) -> anyhow::Result<(f64, i64)> {
    let owner = migrate::connect(url).await?;
    let rows = owner
        .query("SELECT count(*) AS there FROM platform.tenants", &[])
        .await?;
    let there: i64 = rows.first().context("no count")?.get("there")?;
    let missing = (TENANTS - there).max(0);
    owner
        .execute(
            "INSERT INTO platform.tenants (id, schema_name, schema_version, created_at)
             SELECT gen_random_uuid(), 't_bench' || translate(lpad(n::text, 21, '0'), '0123456789', 'abcdefghij'),
                    $1, clock_timestamp()
               FROM generate_series(1, $2::bigint) AS n",
            &[&TEMPLATE_VERSION, &missing],
        )
        .await?;
    let started = Instant::now();
    let fresh = migrate::connect(url).await?;
    migrate::run_platform(&fresh).await?;
    let engine = Engine::new(url.clone(), Chain::embedded(), Options::default());
    let report = engine.start(Start::Run).await?;
    let elapsed = started.elapsed();
    owner
        .execute(
            "DELETE FROM platform.tenants WHERE schema_name LIKE 't_bench%'",
            &[],
        )
        .await?;
    anyhow::ensure!(report.is_none(), "somebody was behind");
    Ok((elapsed.as_secs_f64() * 1e6, there + missing))
}
