//! Where `dev` keeps its things: the database in the private cluster, the key beside it.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use db::owner::OwnerConnection;
use kernel::rng::{self, SystemEntropy};
use secrecy::SecretString;

/// Makes `database` where it is not there yet.
pub async fn ensure_database(superuser: &SecretString, database: &str) -> anyhow::Result<()> {
    let postgres = OwnerConnection::connect(superuser).await?;
    let there = postgres
        .query(
            "SELECT 1 AS one FROM pg_database WHERE datname = $1",
            &[&database],
        )
        .await?;
    if there.is_empty() {
        postgres
            .batch(&format!("CREATE DATABASE {database}"))
            .await?;
    }
    Ok(())
}

/// The key that sessions are made from: kept, so that a restart signs nobody out.
pub fn secret_key(data_dir: &Path) -> anyhow::Result<SecretString> {
    let path = data_dir.join("secret-key");
    if let Ok(key) = std::fs::read_to_string(&path) {
        return Ok(key.trim().into());
    }
    let key = rng::token256(&SystemEntropy);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    file.write_all(key.as_bytes())?;
    Ok(key.into())
}
