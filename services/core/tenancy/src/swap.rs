//! Letting two organisations change places: each gets all addresses of the other. How a restored copy becomes
//! the one that people reach, and how that is taken back.

use db::{DbError, PlatformSql, PlatformTx, TenantState, platform_sql};
use serde_json::json;

use crate::audit::{self, Act, Mandate};
use crate::verbs::{self, Selector, Subject, VerbError};

// Both keys are checked row by row: a slug, and the one canonical host, are given away before they are taken.
const PARK: PlatformSql = platform_sql!("UPDATE platform.tenants SET slug = $2 WHERE id = $1");

const UNCROWN: PlatformSql = platform_sql!(
    "UPDATE platform.hosts SET canonical = false WHERE tenant_id = ANY($1) AND canonical RETURNING host"
);

const EXCHANGE: PlatformSql = platform_sql!(
    "UPDATE platform.hosts
        SET tenant_id = CASE WHEN tenant_id = $1 THEN $2::uuid ELSE $1 END
      WHERE tenant_id IN ($1, $2)"
);

const CROWN: PlatformSql =
    platform_sql!("UPDATE platform.hosts SET canonical = true WHERE host = ANY($1)");

/// Exchanges slugs and hosts, domains and redirects included. Answers both as they were before. Said again, it
/// is taken back. Errors: [`VerbError::NotFound`], also for one that is deleted; [`VerbError::NameRefused`]
/// where both are the same.
pub async fn swap(
    tx: &PlatformTx,
    one: &Selector,
    other: &Selector,
    mandate: &Mandate,
) -> Result<(Subject, Subject), VerbError> {
    let (one, other) = (find(tx, one).await?, find(tx, other).await?);
    let ((first, slug), (second, other_slug)) = (&one, &other);
    let ids = [first.id.uuid(), second.id.uuid()];
    if ids[0] == ids[1] {
        return Err(VerbError::NameRefused {
            name: slug.clone(),
            why: "it has that place already",
        });
    }
    let parked = format!("swap-{}", ids[0].simple());
    for (id, slug) in [(ids[0], &parked), (ids[1], slug), (ids[0], other_slug)] {
        tx.execute(PARK, &[&id, slug]).await?;
    }
    let crowned = tx.query(UNCROWN, &[&ids.as_slice()]).await?;
    let crowned: Result<Vec<String>, DbError> = crowned.iter().map(|row| row.get("host")).collect();
    tx.execute(EXCHANGE, &[&ids[0], &ids[1]]).await?;
    tx.execute(CROWN, &[&crowned?]).await?;
    for (subject, was, is) in [(first, slug, other_slug), (second, other_slug, slug)] {
        let act = Act {
            mandate,
            action: "tenant.swapped",
            tenant: Some(subject.id),
            subject: Some(was),
            detail: json!({ "slug": is }),
        };
        audit::record(tx, &act).await?;
    }
    Ok((one.0, other.0))
}

async fn find(tx: &PlatformTx, which: &Selector) -> Result<(Subject, String), VerbError> {
    let subject = verbs::fetch_for_update(tx, which).await?;
    match subject.slug.clone() {
        Some(slug) if subject.state != TenantState::Deleted => Ok((subject, slug)),
        _ => Err(VerbError::NotFound(which.clone())),
    }
}
