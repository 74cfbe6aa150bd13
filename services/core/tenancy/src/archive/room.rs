//! Room for a tenant that arrives: a slug that is free, a schema of the right version, and at the end the
//! platform's row. All inside the caller's transaction.

use db::owner::OwnerConnection;
use db::{DbError, Pulse, SchemaName};
use kernel::rng;
use uuid::Uuid;

use super::{ArchiveError, TenantFacts};
use crate::{migrate, provision};

/// A schema that is being filled.
pub(super) struct Room {
    pub(super) id: Uuid,
    pub(super) schema: SchemaName,
}

/// What the organisation will be called and where it will be reached.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) slug: &'a str,
    /// The canonical host, without a port.
    pub(super) host: &'a str,
    pub(super) pulse: &'a Pulse,
}

const TAKEN: &str = "
    SELECT EXISTS (SELECT FROM platform.tenants WHERE slug = $1)
        OR EXISTS (SELECT FROM platform.hosts WHERE host = $2)
        OR EXISTS (SELECT FROM platform.tombstones WHERE slug = $1 AND until > $3) AS taken";

/// Opens the transaction. It sees one moment, which begins with its first query.
pub(super) async fn begin(owner: &OwnerConnection) -> Result<(), ArchiveError> {
    Ok(owner
        .batch(
            "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL client_min_messages = warning;
             SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0",
        )
        .await?)
}

/// Makes an empty schema of `version`.
pub(super) async fn open(
    owner: &OwnerConnection,
    place: Place<'_>,
    version: i32,
) -> Result<Room, ArchiveError> {
    let now = place.pulse.clock.now();
    let id = rng::uuid_v7(now, &*place.pulse.entropy);
    let schema = provision::schema_name(&id)?;
    if !is_slug(place.slug) {
        return Err(ArchiveError::SlugUnfit(place.slug.to_owned()));
    }
    let rows = owner
        .query(TAKEN, &[&place.slug, &place.host, &now])
        .await?;
    if rows.first().ok_or(DbError::Missing)?.get("taken")? {
        return Err(ArchiveError::SlugTaken(place.slug.to_owned()));
    }
    provision::open(owner, &schema).await?;
    migrate::build_at(owner, &schema, version).await?;
    Ok(Room { id, schema })
}

/// What the check constraint of `platform.tenants` asks for, before anything was done.
fn is_slug(slug: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=40).contains(&slug.len())
        && slug
            .split('-')
            .all(|part| !part.is_empty() && part.chars().all(fits))
}

/// Brings the schema to this build's version, gives its role what it may do, and adds the platform's rows.
pub(super) async fn move_in(
    owner: &OwnerConnection,
    room: &Room,
    place: Place<'_>,
    facts: &TenantFacts,
) -> Result<(), ArchiveError> {
    let now = place.pulse.clock.now();
    migrate::finish_arrival(owner, &room.schema).await?;
    // A tenant that was stopped arrives stopped; one that was on its way out was brought back on purpose.
    let state = match facts.state.as_str() {
        "read_only" | "suspended" => facts.state.as_str(),
        _ => "active",
    };
    let added = owner
        .execute(
            "INSERT INTO platform.tenants
                    (id, schema_name, state, slug, name, schema_version, created_at, claimed_at, verified_at, plan)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)",
            &[
                &room.id,
                &room.schema.as_str(),
                &state,
                &place.slug,
                &facts.name,
                &crate::TEMPLATE_VERSION,
                &now,
                &facts.verified_at,
                &facts.plan,
            ],
        )
        .await;
    added.map_err(|error| taken_meanwhile(error, place.slug))?;
    let added = owner
        .execute(
            "INSERT INTO platform.hosts (host, tenant_id, canonical, created_at) VALUES ($1, $2, true, $3)",
            &[&place.host, &room.id, &now],
        )
        .await;
    added.map_err(|error| taken_meanwhile(error, place.slug))?;
    // What arrives is what it was sealed as: the archive has been checked, or the first one stands beside it.
    let anchor = format!(
        "INSERT INTO platform.audit_anchors (tenant, seq, hash, sealed_at)
         SELECT $1, seq, hash, $2 FROM {}.audit_log WHERE seq IS NOT NULL AND length(hash) = 32
          ORDER BY seq DESC LIMIT 1",
        room.schema
    );
    owner
        .execute(&anchor, &[&room.schema.as_str(), &now])
        .await?;
    Ok(())
}

fn taken_meanwhile(error: DbError, slug: &str) -> ArchiveError {
    match error.constraint() {
        Some("tenants_slug_key" | "hosts_pkey") => ArchiveError::SlugTaken(slug.to_owned()),
        _ => error.into(),
    }
}

/// Ends the transaction: COMMIT where all went well and was meant, else ROLLBACK, so that nothing is left behind.
pub(super) async fn end<T>(
    owner: &OwnerConnection,
    rehearsal: bool,
    result: Result<T, ArchiveError>,
) -> Result<T, ArchiveError> {
    match result {
        Ok(value) if !rehearsal => {
            owner.batch("COMMIT").await?;
            Ok(value)
        }
        other => {
            // Where the connection is gone, so is the transaction.
            let _ = owner.batch("ROLLBACK").await;
            other
        }
    }
}
