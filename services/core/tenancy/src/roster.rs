//! The roster: organisations as operators look for them, in pages, and what happened to one of them.

use db::{DbError, PlatformSql, PlatformTx, Row, platform_sql};
use jiff::Timestamp;
use kernel::id::TenantId;
use kernel::search;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::verbs::Selector;

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By slug.
    #[default]
    Slug,
    /// The largest first.
    Size,
    /// By plan.
    Plan,
    /// By state.
    State,
    /// The oldest schema first.
    Version,
    /// The newest first.
    Created,
    /// Whoever was seen last comes first.
    Active,
}

impl Order {
    /// The word that asks for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Slug => "slug",
            Self::Size => "size",
            Self::Plan => "plan",
            Self::State => "state",
            Self::Version => "version",
            Self::Created => "created",
            Self::Active => "active",
        }
    }

    const fn descending(self) -> bool {
        matches!(self, Self::Size | Self::Created | Self::Active)
    }
}

/// Which organisations.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those with this in their slug or name.
    pub search: Option<String>,
    /// Only those in this state. Without it, all that are or were an organisation.
    pub state: Option<String>,
    /// Only those with this plan.
    pub plan: Option<String>,
    /// Only schemas below this version.
    pub below_version: Option<i32>,
    /// In which order.
    pub order: Order,
}

/// The end of the page before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// Its last row's [`Entry::key`].
    pub key: String,
    /// Its last row's id.
    pub id: Uuid,
}

/// An organisation on the roster.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// The id.
    pub id: TenantId,
    /// The first label of its own host; none once it is deleted.
    pub slug: Option<String>,
    /// Its name; none once it is deleted.
    pub name: Option<String>,
    /// `active`, `read_only`, `suspended`, `deleting`, `deleted`, `pooled`.
    pub state: String,
    /// Why it is not active.
    pub state_reason: Option<String>,
    /// The end of its days of grace.
    pub purge_at: Option<Timestamp>,
    /// The plan's name.
    pub plan: String,
    /// Its schema.
    pub schema: String,
    /// The last migration its schema has seen.
    pub schema_version: i32,
    /// Where its console signs in.
    pub host: Option<String>,
    /// Since when it is an organisation.
    pub created_at: Option<Timestamp>,
    /// When its first owner proved their address.
    pub verified_at: Option<Timestamp>,
    /// When somebody signed in last, to the hour.
    pub last_active_at: Option<Timestamp>,
    /// Tables and indexes, as measured at [`Entry::sized_at`].
    pub size_bytes: Option<i64>,
    /// When its size was measured.
    pub sized_at: Option<Timestamp>,
    /// Where it stands in the order.
    #[serde(skip)]
    pub key: String,
}

const PAGE: PlatformSql = platform_sql!(
    "WITH matching AS (
         SELECT t.id, t.slug, t.name, t.state, t.state_reason, t.purge_at, t.plan, t.schema_name,
                t.schema_version, t.claimed_at, t.verified_at, t.last_active_at, t.size_bytes, t.sized_at,
                CASE $5::text
                    WHEN 'size' THEN lpad(COALESCE(t.size_bytes, 0)::text, 20, '0')
                    WHEN 'plan' THEN t.plan
                    WHEN 'state' THEN t.state
                    WHEN 'version' THEN lpad(t.schema_version::text, 10, '0')
                    WHEN 'created' THEN COALESCE(to_char(t.claimed_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), '')
                    WHEN 'active' THEN COALESCE(to_char(t.last_active_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), '')
                    ELSE COALESCE(t.slug, '')
                END AS key
           FROM platform.tenants t
          WHERE ($1::text IS NULL OR t.slug ILIKE $1 OR t.name ILIKE $1)
            AND CASE WHEN $2::text IS NULL THEN t.state <> 'pooled' ELSE t.state = $2 END
            AND ($3::text IS NULL OR t.plan = $3)
            AND ($4::int IS NULL OR t.schema_version < $4)
     )
     SELECT m.id, m.slug, m.name, m.state, m.state_reason, m.purge_at, m.plan, m.schema_name,
            m.schema_version, h.host, m.claimed_at, m.verified_at, m.last_active_at, m.size_bytes, m.sized_at, m.key
       FROM matching m
       LEFT JOIN platform.hosts h ON h.tenant_id = m.id AND h.canonical
      WHERE $8::uuid IS NULL
         OR ($6 AND (m.key, m.id) < ($7::text, $8))
         OR (NOT $6 AND (m.key, m.id) > ($7::text, $8))
      ORDER BY CASE WHEN $6 THEN m.key END DESC, CASE WHEN $6 THEN m.id END DESC, m.key, m.id
      LIMIT $9"
);

/// At most `limit` organisations after `after`.
pub async fn list(
    tx: &PlatformTx,
    filter: &Filter,
    after: Option<&After>,
    limit: i64,
) -> Result<Vec<Entry>, DbError> {
    let pattern = filter.search.as_deref().map(search::containing);
    let (key, id) = (after.map(|a| a.key.as_str()), after.map(|a| a.id));
    let rows = tx
        .query(
            PAGE,
            &[
                &pattern,
                &filter.state,
                &filter.plan,
                &filter.below_version,
                &filter.order.as_str(),
                &filter.order.descending(),
                &key,
                &id,
                &limit,
            ],
        )
        .await?;
    rows.iter().map(read_entry).collect()
}

const ONE: PlatformSql = platform_sql!(
    "SELECT t.id, t.slug, t.name, t.state, t.state_reason, t.purge_at, t.plan, t.schema_name,
            t.schema_version, h.host, t.claimed_at, t.verified_at, t.last_active_at, t.size_bytes, t.sized_at,
            '' AS key
       FROM platform.tenants t
       LEFT JOIN platform.hosts h ON h.tenant_id = t.id AND h.canonical
      WHERE (t.slug = $1 OR t.id = $2) AND t.state <> 'pooled'"
);

/// One organisation.
pub async fn find(tx: &PlatformTx, which: &Selector) -> Result<Option<Entry>, DbError> {
    let (slug, id) = match which {
        Selector::Slug(slug) => (Some(slug.as_str()), None),
        Selector::Id(id) => (None, Some(id.uuid())),
    };
    let row = tx.query_opt(ONE, &[&slug, &id]).await?;
    row.map(|row| read_entry(&row)).transpose()
}

/// A host of an organisation.
#[derive(Clone, Debug, Serialize)]
pub struct Host {
    /// The host, without a port.
    pub host: String,
    /// `own` below the base domain, or `custom`.
    pub kind: String,
    /// Whether its console signs in here.
    pub canonical: bool,
    /// Until when an earlier name leads to the present one.
    pub redirects_until: Option<Timestamp>,
    /// What the TXT record of a custom domain must hold.
    pub proof: Option<String>,
    /// Since when it is proven.
    pub verified_at: Option<Timestamp>,
    /// When the record was looked for last.
    pub checked_at: Option<Timestamp>,
    /// Since when the record has been missing.
    pub failing_since: Option<Timestamp>,
}

impl Host {
    /// In words.
    pub fn standing(&self) -> String {
        match self {
            Self {
                canonical: true, ..
            } => "canonical".to_owned(),
            Self {
                redirects_until: Some(until),
                ..
            } => format!("redirects until {until:.0}"),
            Self {
                failing_since: Some(since),
                ..
            } => format!("its record is missing since {since:.0}"),
            Self {
                verified_at: Some(_),
                ..
            } => "redirects".to_owned(),
            _ => "waits for its proof".to_owned(),
        }
    }
}

const HOSTS: PlatformSql = platform_sql!(
    "SELECT host, kind, canonical, redirects_until, proof, verified_at, checked_at, failing_since
       FROM platform.hosts
      WHERE tenant_id = $1
      ORDER BY canonical DESC, host
      LIMIT 200"
);

/// The hosts of an organisation, the canonical one first.
pub async fn hosts(tx: &PlatformTx, tenant: TenantId) -> Result<Vec<Host>, DbError> {
    let rows = tx.query(HOSTS, &[&tenant.uuid()]).await?;
    rows.iter().map(read_host).collect()
}

pub(crate) fn read_host(row: &Row) -> Result<Host, DbError> {
    Ok(Host {
        host: row.get("host")?,
        kind: row.get("kind")?,
        canonical: row.get("canonical")?,
        redirects_until: row.get("redirects_until")?,
        proof: row.get("proof")?,
        verified_at: row.get("verified_at")?,
        checked_at: row.get("checked_at")?,
        failing_since: row.get("failing_since")?,
    })
}

fn read_entry(row: &Row) -> Result<Entry, DbError> {
    Ok(Entry {
        id: row.id("id")?,
        slug: row.get("slug")?,
        name: row.get("name")?,
        state: row.get("state")?,
        state_reason: row.get("state_reason")?,
        purge_at: row.get("purge_at")?,
        plan: row.get("plan")?,
        schema: row.get("schema_name")?,
        schema_version: row.get("schema_version")?,
        host: row.get("host")?,
        created_at: row.get("claimed_at")?,
        verified_at: row.get("verified_at")?,
        last_active_at: row.get("last_active_at")?,
        size_bytes: row.get("size_bytes")?,
        sized_at: row.get("sized_at")?,
        key: row.get("key")?,
    })
}

const COUNT: PlatformSql = platform_sql!(
    "SELECT state, count(*) AS tenants FROM platform.tenants GROUP BY state ORDER BY state"
);

/// How many there are in each state, schemas in waiting included.
pub async fn count_by_state(tx: &PlatformTx) -> Result<Vec<(String, i64)>, DbError> {
    let rows = tx.query(COUNT, &[]).await?;
    rows.iter()
        .map(|row| Ok((row.get("state")?, row.get("tenants")?)))
        .collect()
}

/// Something that was done to an organisation.
#[derive(Clone, Debug, Serialize)]
pub struct Deed {
    /// The row's id.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: String,
    /// What.
    pub action: String,
    /// To which organisation.
    pub tenant_id: Option<Uuid>,
    /// Its slug or host as it was.
    pub subject: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What else is worth knowing.
    pub detail: Value,
}

const TIMELINE: PlatformSql = platform_sql!(
    "SELECT id, at, actor, action, tenant_id, subject, reason, detail
       FROM platform.operator_audit
      WHERE ($1::uuid IS NULL OR tenant_id = $1) AND ($2::uuid IS NULL OR id < $2)
      ORDER BY id DESC
      LIMIT $3"
);

/// What was done to an organisation, or to any, the newest first, before the row `before`.
pub async fn timeline(
    tx: &PlatformTx,
    tenant: Option<TenantId>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Deed>, DbError> {
    let tenant = tenant.map(TenantId::uuid);
    let rows = tx.query(TIMELINE, &[&tenant, &before, &limit]).await?;
    rows.iter()
        .map(|row| {
            Ok(Deed {
                id: row.get("id")?,
                at: row.get("at")?,
                actor: row.get("actor")?,
                action: row.get("action")?,
                tenant_id: row.get("tenant_id")?,
                subject: row.get("subject")?,
                reason: row.get("reason")?,
                detail: row.get("detail")?,
            })
        })
        .collect()
}
