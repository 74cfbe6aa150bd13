//! Giving an organisation another name and address. Its schema keeps its name: the slug and the hosts are
//! rows.

use db::{DbError, PlatformSql, PlatformTx, platform_sql};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::audit::{self, Act, Mandate};
use crate::verbs::{self, Selector, Subject, VerbError};

/// How long an earlier address leads to the present one, and nobody else may take it.
pub const REDIRECTS: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What an organisation is to be called from now on.
#[derive(Clone, Copy, Debug)]
pub struct NewName<'a> {
    /// The first label of its host, as registration accepts it.
    pub slug: &'a str,
    /// Its name; none keeps the present one.
    pub name: Option<&'a str>,
    /// The base domain, without a port.
    pub domain: &'a str,
}

/// What renaming did.
#[derive(Clone, Debug)]
pub struct Renamed {
    /// Who it was before.
    pub subject: Subject,
    /// Its own host from now on.
    pub host: String,
    /// Whether anything had to be done.
    pub changed: bool,
}

const RENAME: PlatformSql = platform_sql!(
    "UPDATE platform.tenants SET slug = $2, name = COALESCE($3::text, name)
      WHERE id = $1 AND (slug <> $2 OR name <> COALESCE($3::text, name))"
);

// An address of its own that it comes back to is taken over; anybody else's is a conflict on the key.
const TAKE_BACK: PlatformSql = platform_sql!(
    "DELETE FROM platform.hosts WHERE host = $1 AND tenant_id = $2 AND redirects_until IS NOT NULL"
);

const REDIRECT_OLD: PlatformSql = platform_sql!(
    "UPDATE platform.hosts
        SET canonical = false, verified_at = NULL, redirects_until = $3
      WHERE tenant_id = $1 AND kind = 'own' AND redirects_until IS NULL AND host <> $2
     RETURNING host"
);

// Where a domain of its own is canonical, the new address leads there too.
const ADD_HOST: PlatformSql = platform_sql!(
    "INSERT INTO platform.hosts (host, tenant_id, canonical, created_at, verified_at)
     SELECT $1, $2, NOT other.canonical, $3::timestamptz, CASE WHEN other.canonical THEN $3::timestamptz END
       FROM (SELECT EXISTS (SELECT FROM platform.hosts WHERE tenant_id = $2 AND canonical) AS canonical) AS other"
);

const BURIED: PlatformSql =
    platform_sql!("SELECT until FROM platform.tombstones WHERE slug = $1 AND until > $2");

/// Renames: one row of the tenant, and its address. The old address redirects for 90 days.
///
/// Errors: [`VerbError::NotFound`]; [`VerbError::NameRefused`] where somebody has the address, or had it
/// until lately.
pub async fn rename(
    tx: &PlatformTx,
    which: &Selector,
    new: NewName<'_>,
    mandate: &Mandate,
) -> Result<Renamed, VerbError> {
    let subject = verbs::fetch_for_update(tx, which).await?;
    let Some(old) = subject.slug.clone() else {
        return Err(VerbError::NotFound(which.clone()));
    };
    let host = format!("{}.{}", new.slug, new.domain);
    let refused = |why| VerbError::NameRefused {
        name: new.slug.to_owned(),
        why,
    };
    let buried = tx.query_opt(BURIED, &[&new.slug, &tx.now()]).await?;
    if buried.is_some() {
        return Err(refused("an organisation of this name was deleted lately"));
    }
    let taken = |error: DbError| match error.constraint() {
        Some("tenants_slug_key" | "hosts_pkey") => {
            refused("somebody has it, or had it until lately")
        }
        _ => error.into(),
    };
    let id = subject.id.uuid();
    let renamed = tx.execute(RENAME, &[&id, &new.slug, &new.name]).await;
    let changed = renamed.map_err(taken)? == 1;
    if changed && old != new.slug {
        move_host(tx, &subject, &host).await.map_err(taken)?;
    }
    if changed {
        let act = Act {
            mandate,
            action: "tenant.renamed",
            tenant: Some(subject.id),
            subject: Some(&old),
            detail: json!({ "slug": new.slug, "name": new.name }),
        };
        audit::record(tx, &act).await?;
    }
    Ok(Renamed {
        subject,
        host,
        changed,
    })
}

async fn move_host(tx: &PlatformTx, subject: &Subject, host: &str) -> Result<(), DbError> {
    let (id, now) = (subject.id.uuid(), tx.now());
    let until = now.saturating_add(REDIRECTS).unwrap_or(Timestamp::MAX);
    tx.execute(TAKE_BACK, &[&host, &id]).await?;
    tx.execute(REDIRECT_OLD, &[&id, &host, &until]).await?;
    tx.execute(ADD_HOST, &[&host, &id, &now]).await.map(drop)
}

const EXPIRE: PlatformSql = platform_sql!(
    "DELETE FROM platform.hosts
      WHERE host IN (SELECT host FROM platform.hosts
                      WHERE redirects_until <= $1
                      ORDER BY redirects_until
                      LIMIT $2
                        FOR UPDATE SKIP LOCKED)
     RETURNING host"
);

const FORGET_TOMBSTONES: PlatformSql = platform_sql!(
    "DELETE FROM platform.tombstones
      WHERE slug IN (SELECT slug FROM platform.tombstones WHERE until <= $1 ORDER BY until LIMIT $2)"
);

/// Lets go of addresses whose redirect is over and of names whose time of mourning is, `limit` of each at
/// the most. Answers the hosts.
pub async fn expire_names(tx: &PlatformTx, limit: i64) -> Result<Vec<String>, DbError> {
    let now = tx.now();
    tx.execute(FORGET_TOMBSTONES, &[&now, &limit]).await?;
    let rows = tx.query(EXPIRE, &[&now, &limit]).await?;
    rows.iter().map(|row| row.get("host")).collect()
}
