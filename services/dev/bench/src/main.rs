//! `scripts/bench`: what the house does a second, beside the ceiling of the same run.
//!
//! Everything runs on this machine, server, database and client on the same cores: trust the ratios. Each
//! row is the median of five rounds that are interleaved with the others', 8 connections each.

mod ceiling;
mod checks;
mod house;
mod load;
mod memory;
mod migrating;
mod registration;
mod report;
mod tenants;

use std::time::Duration;

use house::BenchHouse;
use load::Plan;
use report::Table;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);
const CONNECTIONS: usize = 8;
/// Organisations in rotation.
const ROTATIONS: [usize; 3] = [1, 10, 1000];

fn main() -> anyhow::Result<()> {
    // The one provider of TLS, as in the product.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let mut table = Table::new();
    report::say("starting a private Postgres and the house");
    let house = BenchHouse::start().await?;

    report::say("making 1,000 organisations with 3 endpoints each");
    let requests = tenants::make(&house, ROTATIONS[2]).await?;
    let ceiling = ceiling::start(&house).await?;

    report::say("measuring: the ceiling and the list of endpoints, in turn");
    let mut plans = vec![Plan::new(
        "ceiling: one prepared one-row query as JSON",
        ceiling.address,
        ceiling.requests(),
    )];
    for tenants in ROTATIONS {
        let name = format!("GET /api/v1/endpoints, {tenants} organisation(s)");
        plans.push(Plan::new(
            &name,
            house.address,
            requests.iter().take(tenants).cloned().collect(),
        ));
    }
    for plan in &mut plans {
        plan.warm_up(CONNECTIONS, ROUND)?;
    }
    for _ in 0..ROUNDS {
        for plan in &mut plans {
            plan.round(CONNECTIONS, ROUND)?;
        }
    }
    table.throughput(&plans);

    report::say("measuring: registration");
    table.registration(&registration::measure(&house).await?);
    report::say("measuring: checks of local targets");
    table.checks(checks::measure(&house, ROUNDS).await?);
    table.memory(memory::measure(&house).await?);
    report::say("measuring: migrations");
    table.migrations(&migrating::measure(&house).await?);
    house.stop().await;
    table.print();
    Ok(())
}
