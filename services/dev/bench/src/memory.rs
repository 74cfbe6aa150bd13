//! Idle memory of `signalbox serve`, as the kernel counts it.

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use tokio::process::Command;

use crate::house::BenchHouse;

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
