//! Rows of `platform.operator_approvals` and `platform.approval_tenants`: reads and writes them as they are,
//! decides nothing.

use db::{DbError, PlatformSql, PlatformTx, Row, platform_sql};
use jiff::Timestamp;
use kernel::id::{ApprovalId, OperatorId, TenantId};
use uuid::Uuid;

use crate::approval::{ApprovalState, Deed, Item, Person, Request};

const ADD: PlatformSql = platform_sql!(
    "INSERT INTO platform.operator_approvals (id, verb, reason, requested_by, requested_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6)"
);

const ADD_TENANTS: PlatformSql = platform_sql!(
    "INSERT INTO platform.approval_tenants (approval_id, tenant_id, position, slug)
     SELECT $1, t.tenant_id, t.position - 1, t.slug
       FROM unnest($2::uuid[], $3::text[]) WITH ORDINALITY AS t (tenant_id, slug, position)"
);

/// Adds a request.
pub async fn add(
    tx: &PlatformTx,
    id: ApprovalId,
    deed: Deed,
    reason: Option<&str>,
    requested_by: OperatorId,
    expires_at: Timestamp,
    tenants: &[(TenantId, Option<String>)],
) -> Result<(), DbError> {
    tx.execute(
        ADD,
        &[
            &id.uuid(),
            &deed.as_str(),
            &reason,
            &requested_by.uuid(),
            &tx.now(),
            &expires_at,
        ],
    )
    .await?;
    let (ids, slugs): (Vec<Uuid>, Vec<Option<&str>>) = tenants
        .iter()
        .map(|(id, slug)| (id.uuid(), slug.as_deref()))
        .unzip();
    tx.execute(ADD_TENANTS, &[&id.uuid(), &ids, &slugs])
        .await
        .map(drop)
}

const LOCK: PlatformSql =
    platform_sql!("SELECT id FROM platform.operator_approvals WHERE id = $1 FOR UPDATE");

/// Locks a request until the transaction ends. Answers whether there is one.
pub async fn lock(tx: &PlatformTx, id: ApprovalId) -> Result<bool, DbError> {
    Ok(tx.query_opt(LOCK, &[&id.uuid()]).await?.is_some())
}

const LIST: PlatformSql = platform_sql!(
    "SELECT a.id, a.verb, a.reason, a.requested_at, a.expires_at, a.state, a.decided_at,
            a.requested_by, r.name AS requester_name, r.email AS requester_email,
            a.decided_by, d.name AS decider_name, d.email AS decider_email
       FROM platform.operator_approvals a
       JOIN platform.operators r ON r.id = a.requested_by
       LEFT JOIN platform.operators d ON d.id = a.decided_by
      WHERE ($1::uuid IS NULL OR a.id = $1)
        AND ($2::uuid IS NULL OR a.id < $2)
        AND (NOT $3 OR (a.state = 'pending' AND a.expires_at > $4))
      ORDER BY a.id DESC
      LIMIT $5"
);

const TENANTS: PlatformSql = platform_sql!(
    "SELECT approval_id, tenant_id, slug, outcome
       FROM platform.approval_tenants
      WHERE approval_id = ANY($1)
      ORDER BY approval_id, position"
);

/// At most `limit` requests before `before`, the newest first; with `open`, only those that wait.
pub async fn list(
    tx: &PlatformTx,
    open: bool,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Request>, DbError> {
    read(tx, None, before, open, limit).await
}

/// One request.
pub async fn find(tx: &PlatformTx, id: ApprovalId) -> Result<Option<Request>, DbError> {
    let found = read(tx, Some(id.uuid()), None, false, 1).await?;
    Ok(found.into_iter().next())
}

async fn read(
    tx: &PlatformTx,
    id: Option<Uuid>,
    before: Option<Uuid>,
    open: bool,
    limit: i64,
) -> Result<Vec<Request>, DbError> {
    let now = tx.now();
    let rows = tx.query(LIST, &[&id, &before, &open, &now, &limit]).await?;
    let requests: Result<Vec<Request>, DbError> =
        rows.iter().map(|row| read_request(row, now)).collect();
    let mut requests = requests?;
    let ids: Vec<Uuid> = requests.iter().map(|it| it.id.uuid()).collect();
    for row in tx.query(TENANTS, &[&ids]).await? {
        let of: ApprovalId = row.id("approval_id")?;
        let item = Item {
            tenant: row.id("tenant_id")?,
            slug: row.get("slug")?,
            outcome: row.get("outcome")?,
        };
        if let Some(request) = requests.iter_mut().find(|it| it.id == of) {
            request.items.push(item);
        }
    }
    Ok(requests)
}

fn corrupt(column: &'static str) -> DbError {
    DbError::Corrupt {
        table: "platform.operator_approvals",
        column,
    }
}

fn read_request(row: &Row, now: Timestamp) -> Result<Request, DbError> {
    let (verb, state): (&str, &str) = (row.get("verb")?, row.get("state")?);
    let expires_at = row.get("expires_at")?;
    let decider: Option<Uuid> = row.get("decided_by")?;
    Ok(Request {
        id: row.id("id")?,
        deed: Deed::parse(verb).ok_or(corrupt("verb"))?,
        reason: row.get("reason")?,
        requested_by: Person {
            id: row.id("requested_by")?,
            name: row.get("requester_name")?,
            email: row.get("requester_email")?,
        },
        requested_at: row.get("requested_at")?,
        expires_at,
        state: ApprovalState::read(state, expires_at, now).ok_or(corrupt("state"))?,
        decided_by: match decider {
            None => None,
            Some(id) => Some(Person {
                id: id.into(),
                name: row.get("decider_name")?,
                email: row.get("decider_email")?,
            }),
        },
        decided_at: row.get("decided_at")?,
        items: Vec::new(),
    })
}

const DECIDE: PlatformSql = platform_sql!(
    "UPDATE platform.operator_approvals SET state = $2, decided_by = $3, decided_at = $4 WHERE id = $1"
);

/// Writes a decision down.
pub async fn decide(
    tx: &PlatformTx,
    id: ApprovalId,
    state: ApprovalState,
    by: OperatorId,
) -> Result<(), DbError> {
    tx.execute(
        DECIDE,
        &[&id.uuid(), &state.as_str(), &by.uuid(), &tx.now()],
    )
    .await
    .map(drop)
}

const SET_OUTCOME: PlatformSql = platform_sql!(
    "UPDATE platform.approval_tenants SET outcome = $3 WHERE approval_id = $1 AND tenant_id = $2"
);

/// Writes down what became of one organisation.
pub async fn set_outcome(
    tx: &PlatformTx,
    id: ApprovalId,
    tenant: TenantId,
    outcome: &str,
) -> Result<(), DbError> {
    tx.execute(SET_OUTCOME, &[&id.uuid(), &tenant.uuid(), &outcome])
        .await
        .map(drop)
}
