//! Proof that a live tenant was looked up. Only this crate makes one, from a row of the platform.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kernel::id::TenantId;

use crate::{DbError, PlatformSql, PlatformTx, Row, platform_sql};

/// The name of a tenant's schema and role: `t_` and 26 characters of base32, generated and final.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaName(String);

impl SchemaName {
    /// Accepts a generated name. Whatever is not one of ours does not become part of a statement.
    pub fn parse(name: &str) -> Option<Self> {
        let body = name.strip_prefix("t_")?;
        let fits = body.len() == 26 && body.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
        fits.then(|| Self(name.to_owned()))
    }

    /// The name, safe to stand in SQL without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a tenant is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantState {
    /// Serves everything.
    Active,
    /// Reads only.
    ReadOnly,
    /// Sign-in, export and billing only.
    Suspended,
    /// In its days of grace.
    Deleting,
    /// A tombstone.
    Deleted,
}

impl TenantState {
    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::ReadOnly => "read_only",
            Self::Suspended => "suspended",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
        }
    }

    /// Reads the stored word; `None` for a schema that still waits for its organisation.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "active" => Self::Active,
            "read_only" => Self::ReadOnly,
            "suspended" => Self::Suspended,
            "deleting" => Self::Deleting,
            "deleted" => Self::Deleted,
            _ => return None,
        })
    }
}

/// A tenant that exists. Holding one proves a look-up; it can be cloned, never written down.
#[derive(Clone)]
pub struct TenantRef {
    inner: Arc<Tenant>,
}

struct Tenant {
    id: TenantId,
    schema: SchemaName,
    slug: String,
    name: String,
    host: String,
    state: TenantState,
    state_reason: Option<String>,
    purge_at: Option<Timestamp>,
    schema_version: i32,
    max_transactions: Option<usize>,
    statement_timeout: Option<Duration>,
    scope: String,
    open_read: String,
    open_write: String,
}

/// What an organisation is to be called and where it is to be reached.
#[derive(Clone, Copy, Debug)]
pub struct NewTenant<'a> {
    /// The organisation's name.
    pub name: &'a str,
    /// The first label of its host.
    pub slug: &'a str,
    /// Its canonical host, without a port.
    pub host: &'a str,
}

impl TenantRef {
    /// The id.
    pub fn id(&self) -> TenantId {
        self.inner.id
    }

    /// The organisation's name.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The first label of its own host.
    pub fn slug(&self) -> &str {
        &self.inner.slug
    }

    /// The host on which its console signs in, without a port.
    pub fn host(&self) -> &str {
        &self.inner.host
    }

    /// Where it is in its life.
    pub fn state(&self) -> TenantState {
        self.inner.state
    }

    /// Why it is not active, for its people.
    pub fn state_reason(&self) -> Option<&str> {
        self.inner.state_reason.as_deref()
    }

    /// The end of the days of grace, while it is being deleted.
    pub fn purge_at(&self) -> Option<Timestamp> {
        self.inner.purge_at
    }

    /// The last migration its schema has seen.
    pub fn schema_version(&self) -> i32 {
        self.inner.schema_version
    }

    /// The schema's name, as `platform.work` and `platform.check_schedule` know the tenant.
    pub fn schema(&self) -> &SchemaName {
        &self.inner.schema
    }

    /// How many transactions it may have open at once in one process, where that is not as everybody's.
    pub(crate) fn max_transactions(&self) -> Option<usize> {
        self.inner.max_transactions
    }

    /// Role and path, for the present transaction.
    pub(crate) fn scope(&self) -> &str {
        &self.inner.scope
    }

    /// `BEGIN`, role and path.
    pub(crate) fn open_read(&self) -> &str {
        &self.inner.open_read
    }

    pub(crate) fn open_write(&self) -> &str {
        &self.inner.open_write
    }

    /// How long a statement of it may run, where that is not as everybody's.
    pub(crate) fn statement_timeout(&self) -> Option<Duration> {
        self.inner.statement_timeout
    }

    fn from_row(row: &Row, walls: crate::pool::Walls) -> Result<Self, DbError> {
        let corrupt = |column| DbError::Corrupt {
            table: "platform.tenants",
            column,
        };
        let schema = SchemaName::parse(row.get("schema_name")?).ok_or(corrupt("schema_name"))?;
        let state = TenantState::parse(row.get("state")?).ok_or(corrupt("state"))?;
        // The name is generated by us and was checked above; it is never a person's input.
        let mut scope = String::new();
        if walls.role {
            scope.push_str(&format!("SET LOCAL ROLE {schema}; "));
        }
        scope.push_str(&format!("SET LOCAL search_path = {schema}"));
        let timeout_ms: Option<i32> = row.get("statement_timeout_ms")?;
        let timeout_ms = timeout_ms.and_then(|ms| u64::try_from(ms).ok());
        let max_transactions: Option<i32> = row.get("max_transactions")?;
        Ok(Self {
            inner: Arc::new(Tenant {
                id: row.id("id")?,
                slug: row.get("slug")?,
                name: row.get("name")?,
                host: row.get("host")?,
                state,
                state_reason: row.get("state_reason")?,
                purge_at: row.get("purge_at")?,
                schema_version: row.get("schema_version")?,
                max_transactions: max_transactions.and_then(|max| usize::try_from(max).ok()),
                statement_timeout: timeout_ms.map(Duration::from_millis),
                open_read: format!("BEGIN READ ONLY; {scope}"),
                open_write: format!("BEGIN; {scope}"),
                scope,
                schema,
            }),
        })
    }
}

impl fmt::Debug for TenantRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantRef({} {})", self.inner.slug, self.inner.schema)
    }
}

const BY_HOST: PlatformSql = platform_sql!(
    "SELECT t.id, t.schema_name, t.state, t.slug, t.name, t.schema_version,
            t.state_reason, t.purge_at, t.statement_timeout_ms, t.max_transactions, c.host
       FROM platform.hosts h
       JOIN platform.tenants t ON t.id = h.tenant_id
       JOIN platform.hosts c ON c.tenant_id = t.id AND c.canonical
      WHERE h.host = $1
        AND (h.canonical OR h.redirects_until > $2 OR h.verified_at IS NOT NULL)"
);

const BY_SCHEMA: PlatformSql = platform_sql!(
    "SELECT t.id, t.schema_name, t.state, t.slug, t.name, t.schema_version,
            t.state_reason, t.purge_at, t.statement_timeout_ms, t.max_transactions, c.host
       FROM platform.tenants t
       JOIN platform.hosts c ON c.tenant_id = t.id AND c.canonical
      WHERE t.schema_name = ANY($1)
      ORDER BY t.id"
);

const CLAIM: PlatformSql = platform_sql!(
    "WITH ready AS (
         SELECT id FROM platform.tenants
          WHERE state = 'pooled' AND schema_version = $4
          ORDER BY created_at
          LIMIT 1
            FOR UPDATE SKIP LOCKED
     )
     UPDATE platform.tenants t
        SET state = 'active', slug = $1, name = $2, claimed_at = $3
       FROM ready
      WHERE t.id = ready.id
     RETURNING t.id, t.schema_name, t.state, t.slug, t.name, t.schema_version,
               t.state_reason, t.purge_at, t.statement_timeout_ms, t.max_transactions, $5::text AS host"
);

const ADD_HOST: PlatformSql = platform_sql!(
    "INSERT INTO platform.hosts (host, tenant_id, canonical, created_at) VALUES ($1, $2, true, $3)"
);

impl PlatformTx {
    /// The tenant that answers on `host` (normalised, without a port): on its canonical host, on an earlier
    /// one that still redirects, or on a domain of its own that is proven.
    pub async fn find_tenant_by_host(&self, host: &str) -> Result<Option<TenantRef>, DbError> {
        let row = self.query_opt(BY_HOST, &[&host, &self.now()]).await?;
        row.map(|row| TenantRef::from_row(&row, self.walls()))
            .transpose()
    }

    /// The tenants with these schemas, in the order of their ids. Unknown names are left out.
    pub async fn list_tenants_by_schema(
        &self,
        schemas: &[String],
    ) -> Result<Vec<TenantRef>, DbError> {
        let rows = self.query(BY_SCHEMA, &[&schemas]).await?;
        rows.iter()
            .map(|row| TenantRef::from_row(row, self.walls()))
            .collect()
    }

    /// Claims a ready schema of `version` for an organisation and adds its host, or `None` where the
    /// pool is empty. Errors: `tenants_slug_key`, `hosts_pkey` when the name was taken meanwhile.
    pub async fn claim_tenant(
        &self,
        new: NewTenant<'_>,
        version: i32,
    ) -> Result<Option<TenantRef>, DbError> {
        let now = self.now();
        let claimed = self
            .query_opt(CLAIM, &[&new.slug, &new.name, &now, &version, &new.host])
            .await?;
        let Some(row) = claimed else { return Ok(None) };
        let tenant = TenantRef::from_row(&row, self.walls())?;
        self.execute(ADD_HOST, &[&new.host, &tenant.id().uuid(), &now])
            .await?;
        Ok(Some(tenant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_generated_name_becomes_a_schema() {
        assert!(SchemaName::parse("t_abcdefghijklmnopqrstuvwxyz").is_some());
        for hostile in [
            "",
            "t_",
            "platform",
            "t_abc",
            "t_ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "t_abcdefghijklmnopqrstuvwxy;",
            "t_abcdefghijklmnopqrstuvwxy1",
            "t_abcdefghijklmnopqrstuvwxyza",
        ] {
            assert!(SchemaName::parse(hostile).is_none(), "{hostile}");
        }
    }
}
