//! Where `dev` keeps its things: the database in the private cluster, the key beside it.

use std::fmt::Write as _;
use std::io::Write as _;
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

/// Writes down the settings with which `signalbox tenant`, `operator` … reach this house from another terminal:
/// `set -a; . .dev/operator.env`. For this account alone.
pub fn write_settings(data_dir: &Path, settings: &[(&str, &str)]) -> anyhow::Result<()> {
    let path = data_dir.join("operator.env");
    let mut text = String::new();
    for (name, value) in settings {
        // Shells read what is between single quotes as it stands.
        let value = value.replace('\'', r"'\''");
        let _ = writeln!(text, "{name}='{value}'");
    }
    // Never readable by others, not for a moment: made anew with its mode.
    let made = data_dir.join("operator.env.new");
    let _ = std::fs::remove_file(&made);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&made)
        .with_context(|| format!("{} cannot be written", made.display()))?;
    file.write_all(text.as_bytes())?;
    Ok(std::fs::rename(made, path)?)
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
