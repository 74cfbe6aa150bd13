//! Memory, as the kernel counts it: of an idle `signalbox serve`, and of a backend of Postgres that has served
//! many organisations.

use std::collections::HashSet;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use tokio::process::Command;
use tokio_postgres::{Client, NoTls};

use crate::house::BenchHouse;
use crate::load;

/// Organisations between two looks at a backend.
const STEP: usize = 50;
const BACKENDS: &str = "SELECT pid FROM pg_stat_activity WHERE application_name = 'signalbox' AND backend_type = 'client backend'";

/// Starts the binary beside this one, lets it settle, and reads its resident memory in bytes.
pub async fn measure(house: &BenchHouse) -> anyhow::Result<u64> {
    let here = std::env::current_exe()?;
    let binary = here.with_file_name("signalbox");
    anyhow::ensure!(binary.exists(), "{} was not built", binary.display());
    let mut serve = Command::new(binary)
        .arg("serve")
        .env("SIGNALBOX_LISTEN", "127.0.0.1:0")
        .env("SIGNALBOX_INTERNAL_LISTEN", "127.0.0.1:0")
        .env("SIGNALBOX_BASE_DOMAIN", "signalbox.localhost")
        .env("SIGNALBOX_DATABASE_URL", house.app_url())
        .env(
            "SIGNALBOX_SECRET_KEY",
            "a secret key for the benchmark, and for nothing else",
        )
        .env("SIGNALBOX_SMTP_URL", "off")
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    tokio::time::sleep(Duration::from_secs(4)).await;
    anyhow::ensure!(
        serve.try_wait()?.is_none(),
        "`signalbox serve` ended by itself"
    );
    let pid = serve.id().context("it has ended")?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    serve.kill().await?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}

/// Takes every tour once through a connection that is closed after so many organisations. Answers the most
/// that its backend had for itself, in bytes.
pub async fn of_backend(
    house: &BenchHouse,
    tours: &[Vec<Vec<u8>>],
    max_tenants: usize,
) -> anyhow::Result<u64> {
    let (client, connection) = tokio_postgres::connect(&house.app_url(), NoTls).await?;
    tokio::spawn(connection);
    let others = backends(&client).await?;
    let address = house.narrow(max_tenants).await?;
    let mut most = 0;
    for step in tours.chunks(STEP) {
        let requests = step.concat();
        tokio::task::spawn_blocking(move || load::ask_each(address, &requests)).await??;
        for pid in backends(&client).await?.difference(&others) {
            most = most.max(private_bytes(*pid).unwrap_or_default());
        }
    }
    anyhow::ensure!(most > 0, "no backend was seen");
    Ok(most)
}

async fn backends(client: &Client) -> anyhow::Result<HashSet<i32>> {
    let rows = client.query(BACKENDS, &[]).await?;
    Ok(rows.iter().map(|row| row.get("pid")).collect())
}

/// What a process shares with nobody: the rest is Postgres' common memory. `None` where it has ended.
fn private_bytes(pid: i32) -> Option<u64> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let kib = rollup.lines().filter_map(|line| {
        let value = line.strip_prefix("Private_")?.split_whitespace().nth(1)?;
        value.parse::<u64>().ok()
    });
    Some(kib.sum::<u64>() * 1024)
}
