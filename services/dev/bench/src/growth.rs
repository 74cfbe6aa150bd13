//! What grows with the number of organisations, and what must not: making one more schema, taking one down,
//! and the answers to those that are busy.

use std::time::Instant;

use anyhow::Context;
use db::NewTenant;
use db::owner::OwnerConnection;
use tenancy::audit::{Mandate, OperatorActor};
use tenancy::drop::drop_tenant;

use crate::house::BenchHouse;
use crate::load::{Plan, Round};
use crate::report::median;
use crate::{CONNECTIONS, ROUND};

/// Schemas made one by one.
const SCHEMAS: u32 = 40;
/// Organisations taken down one by one.
const GONE: u32 = 10;
/// Organisations that are asked again and again.
pub const HOT: usize = 50;
const ROUNDS: usize = 3;

/// Microseconds that making one more ready schema takes, each, connection included.
pub async fn provision(house: &BenchHouse) -> anyhow::Result<Vec<f64>> {
    let mut ready = house.ready().await?;
    let mut times = Vec::new();
    for _ in 0..SCHEMAS {
        ready += 1;
        let began = Instant::now();
        house.fill(ready).await?;
        times.push(began.elapsed().as_secs_f64() * 1e6);
    }
    Ok(times)
}

/// Microseconds that taking down one organisation takes whose days of grace are over, each. Their slugs begin
/// with `named`.
pub async fn take_down(house: &BenchHouse, named: &str) -> anyhow::Result<Vec<f64>> {
    let (db, owner) = (&house.house.db, house.owner()?);
    let owner = OwnerConnection::connect(&owner).await?;
    let mandate = Mandate {
        actor: OperatorActor::Terminal("bench".to_owned()),
        reason: None,
    };
    let mut times = Vec::new();
    for n in 0..GONE {
        let slug = format!("{named}-{n}");
        let host = format!("{slug}.localhost");
        let new = NewTenant {
            name: "Bench",
            slug: &slug,
            host: &host,
        };
        let claimed = db
            .write_platform(async |tx| tx.claim_tenant(new, tenancy::TEMPLATE_VERSION).await)
            .await?;
        let tenant = claimed.context("no schema is ready")?;
        owner
            .execute(
                "UPDATE platform.tenants SET state = 'deleting', purge_at = now() - interval '1 hour'
                  WHERE slug = $1",
                &[&slug],
            )
            .await?;
        let began = Instant::now();
        drop_tenant(&owner, tenant.schema(), db.pulse(), &mandate).await?;
        times.push(began.elapsed().as_secs_f64() * 1e6);
    }
    Ok(times)
}

/// What the busy ones saw.
#[derive(Clone, Copy)]
pub struct Busy {
    pub p95_us: f64,
    /// The ceiling's in the same minute.
    pub ceiling_p95_us: f64,
}

/// Asks for the lists of the busy ones and for the ceiling, in turn, after warming up.
pub fn busy(ceiling: &mut Plan, lists: &mut Plan) -> anyhow::Result<Busy> {
    for plan in [&*ceiling, &*lists] {
        plan.warm_up(CONNECTIONS, ROUND)?;
    }
    for _ in 0..ROUNDS {
        ceiling.round(CONNECTIONS, ROUND)?;
        lists.round(CONNECTIONS, ROUND)?;
    }
    let p95 = |plan: &Plan| median(plan.rounds.iter().map(|round: &Round| round.p95_us));
    Ok(Busy {
        p95_us: p95(lists),
        ceiling_p95_us: p95(ceiling),
    })
}
