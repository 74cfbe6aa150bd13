//! Checks a second: due endpoints of ten organisations, asked on this machine, results stored.

use std::net::Ipv4Addr;
use std::time::Instant;

use db::{PlatformSql, Sql, platform_sql, sql};
use kernel::event::{Actor, Origin};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::house::BenchHouse;
use crate::report::median;

const ORGANISATIONS: usize = 10;
const ENDPOINTS: i32 = 500;
/// Sites that are asked, each on an address of its own: the checker asks one host few questions at a time.
const SITES: u8 = 100;

const ADD: Sql = sql!(
    "INSERT INTO endpoints (id, name, kind, url, method, expected_codes, interval_seconds, timeout_ms,
                            state_changed_at, created_at, updated_at)
     SELECT gen_random_uuid(), 'Site ' || n, 'http', ($1::text[])[1 + n % cardinality($1::text[])] || n, 'GET',
            '200', 3600, 5000, $2, $2, $2
       FROM generate_series(1, $3::int) n"
);
const SCHEDULE: Sql = sql!(
    "INSERT INTO platform.check_schedule (endpoint_id, interval_ms, next_due_at)
     SELECT id, 3600000, $1 FROM endpoints WHERE paused_at IS NULL"
);
const DUE_AGAIN: PlatformSql =
    platform_sql!("UPDATE platform.check_schedule SET next_due_at = $1, leased_until = NULL");

pub async fn measure(house: &BenchHouse, rounds: usize) -> anyhow::Result<f64> {
    let mut sites = Vec::new();
    for last in 2..2 + SITES {
        sites.push(start_site(Ipv4Addr::new(127, 0, 0, last)).await?);
    }
    for n in 0..ORGANISATIONS {
        let host = format!("bench-{n}.localhost");
        let db = &house.house.db;
        let found = db
            .read_platform(async |tx| tx.find_tenant_by_host(&host).await)
            .await?;
        let Some(tenant) = found else {
            anyhow::bail!("{host} is not there")
        };
        let origin = Origin {
            actor: Actor::Worker("bench"),
            address: None,
            request_id: Uuid::nil(),
        };
        db.write(&tenant, origin, None, async |tx| {
            tx.execute(ADD, &[&sites, &tx.now(), &ENDPOINTS]).await?;
            tx.execute(SCHEDULE, &[&tx.now()]).await
        })
        .await?;
    }
    let mut rates = Vec::new();
    for _ in 0..rounds {
        house
            .house
            .db
            .write_platform(async |tx| tx.execute(DUE_AGAIN, &[&tx.now()]).await)
            .await?;
        let began = Instant::now();
        let done = house.house.checker.run_due().await?;
        rates.push(done as f64 / began.elapsed().as_secs_f64());
    }
    Ok(median(rates.into_iter()))
}

/// A site that answers every request with 200 at once.
async fn start_site(address: Ipv4Addr) -> anyhow::Result<String> {
    let listener = TcpListener::bind((address, 0)).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 1024];
                // One request a connection; a client that went away needs no answer.
                if stream.read(&mut request).await.is_ok_and(|n| n > 0) {
                    let answer =
                        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
                    let _ = stream.write_all(answer).await;
                }
            });
        }
    });
    Ok(url)
}
