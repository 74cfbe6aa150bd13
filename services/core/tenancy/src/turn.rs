//! Whose turn it is to look after the pool: a lease, so that a process that is gone is followed by another.

use db::DbError;
use db::owner::OwnerConnection;
use uuid::Uuid;

/// How long a holder may say nothing before another takes its turn. One schema takes a tenth of a second.
const LEASE_SECONDS: f64 = 30.0;
const POOL: &str = "pool";

/// Takes or keeps the turn. Answers false where it is somebody else's.
pub(crate) async fn take(owner: &OwnerConnection, holder: Uuid) -> Result<bool, DbError> {
    let taken = owner
        .execute(
            "INSERT INTO platform.leases (name, holder, leased_until)
             VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
             ON CONFLICT (name) DO UPDATE
                SET holder = excluded.holder, leased_until = excluded.leased_until
              WHERE leases.holder = excluded.holder OR leases.leased_until < clock_timestamp()",
            &[&POOL, &holder, &LEASE_SECONDS],
        )
        .await?;
    Ok(taken == 1)
}

/// Ends the turn, if it is still the holder's.
pub(crate) async fn end(owner: &OwnerConnection, holder: Uuid) -> Result<(), DbError> {
    owner
        .execute(
            "DELETE FROM platform.leases WHERE name = $1 AND holder = $2",
            &[&POOL, &holder],
        )
        .await
        .map(drop)
}
