//! `scripts/bench`: what the house does a second, beside the ceiling of the same run.
//!
//! Everything runs on this machine, server, database and client on the same cores: trust the ratios. Each
//! row is the median of five rounds that are interleaved with the others', 8 connections each.

mod ceiling;
mod checks;
mod flood;
mod growth;
mod house;
mod limiter;
mod load;
mod memory;
mod migrating;
mod registration;
mod report;
mod tenants;

use std::time::Duration;

use ceiling::Ceiling;
use growth::{Busy, HOT};
use house::BenchHouse;
use load::Plan;
use report::Table;
use tenants::Organisations;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
const CONNECTIONS: usize = 8;
/// Organisations in rotation.
const ROTATIONS: [usize; 3] = [1, 10, 1000];
/// Endpoints of each of those.
const ENDPOINTS: usize = 3;
/// Schemas beside which one more is made.
const FEW: u32 = 100;
/// Organisations in the end.
const MANY: usize = 2_000;
/// Organisations after which a connection is closed: few, and the default.
const LIMITS: [usize; 2] = [500, 2_000];

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
    let ceiling = ceiling::start(&house).await?;
    let mut organisations = Organisations::default();

    report::say("making 50 organisations, and asking for their lists");
    organisations.add(&house, 0..HOT, ENDPOINTS).await?;
    let few = busy(&house, &ceiling, &organisations)?;
    report::say("making schemas one by one, and taking some down");
    house.fill(FEW - HOT as u32).await?;
    let made_beside_few = growth::provision(&house).await?;
    let gone_beside_few = growth::take_down(&house, "few").await?;

    report::say("making 2,000 organisations, half of them with 3 endpoints each");
    organisations
        .add(&house, HOT..ROTATIONS[2], ENDPOINTS)
        .await?;
    organisations.add(&house, ROTATIONS[2]..MANY, 0).await?;
    let made_beside_many = growth::provision(&house).await?;
    let gone_beside_many = growth::take_down(&house, "many").await?;

    report::say("measuring: the ceiling and the list of endpoints, in turn");
    table.throughput(&lists(&house, &ceiling, &organisations)?);
    let many = busy(&house, &ceiling, &organisations)?;
    table.busy(HOT, (HOT, few), (MANY, many));
    table.claims(&organisations.claims_us);
    for (what, few, many) in [
        ("one more ready schema", made_beside_few, made_beside_many),
        (
            "one organisation taken down",
            gone_beside_few,
            gone_beside_many,
        ),
    ] {
        table.grown(what, (FEW, &few), (MANY as u32, &many));
    }

    report::say("measuring: registration");
    table.registration(&registration::measure(&house).await?);
    report::say("measuring: a flood of sign-ins");
    table.flooded(&flood::measure(house.address, &organisations.lists)?);
    table.limiter(limiter::measure());
    report::say("measuring: checks of local targets");
    table.checks(checks::measure(&house, ROUNDS).await?);
    report::say("measuring: memory");
    for limit in LIMITS {
        let bytes = memory::of_backend(&house, &organisations.tours, limit).await?;
        table.backend(MANY, limit, bytes);
    }
    table.memory(memory::measure(&house).await?);
    report::say("measuring: migrations");
    table.migrations(&migrating::measure(&house).await?);
    house.stop().await;
    table.print();
    Ok(())
}

/// Rounds of the ceiling and of each rotation, in turn.
fn lists(
    house: &BenchHouse,
    ceiling: &Ceiling,
    organisations: &Organisations,
) -> anyhow::Result<Vec<Plan>> {
    let mut plans = vec![ceiling.plan()];
    for tenants in ROTATIONS {
        let name = format!("GET /api/v1/endpoints, {tenants} organisation(s)");
        let requests = organisations.lists.iter().take(tenants).cloned().collect();
        plans.push(Plan::new(&name, house.address, requests));
    }
    for plan in &mut plans {
        plan.warm_up(CONNECTIONS, ROUND)?;
    }
    for _ in 0..ROUNDS {
        for plan in &mut plans {
            plan.round(CONNECTIONS, ROUND)?;
        }
    }
    Ok(plans)
}

fn busy(
    house: &BenchHouse,
    ceiling: &Ceiling,
    organisations: &Organisations,
) -> anyhow::Result<Busy> {
    let requests = organisations.lists.iter().take(HOT).cloned().collect();
    let mut lists = Plan::new("the busy ones", house.address, requests);
    growth::busy(&mut ceiling.plan(), &mut lists)
}
