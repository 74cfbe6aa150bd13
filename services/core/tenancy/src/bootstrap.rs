//! The first step on an empty database: logins, the group, the empty path. Needs a superuser.

use db::owner::OwnerConnection;
use secrecy::SecretString;

use crate::TenancyError;

/// The script an operator runs with psql; `signalbox dev` and the tests run it themselves.
pub const SCRIPT: &str = include_str!("../../../../deploy/postgres/bootstrap.sql");

/// Runs the script as `superuser`. Safe to run again.
pub async fn run(superuser: &SecretString) -> Result<(), TenancyError> {
    OwnerConnection::connect(superuser)
        .await?
        .batch(SCRIPT)
        .await?;
    Ok(())
}
