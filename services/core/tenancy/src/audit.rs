//! What operators and the platform itself did to organisations: one row for each act, in its transaction.

use db::owner::OwnerConnection;
use db::{DbError, PlatformSql, PlatformTx, Pulse, platform_sql};
use kernel::id::TenantId;
use kernel::rng;
use serde_json::Value;
use uuid::Uuid;

/// Who acts on organisations from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperatorActor {
    /// Somebody at a terminal, by the name of their account on the machine.
    Terminal(String),
    /// A signed-in operator.
    Operator(Uuid),
    /// Somebody of the organisation: who, its own log says.
    Organization,
    /// Somebody at the operators' sign-in, who was not let in.
    Stranger,
    /// The platform on its own: the end of a grace, a failed proof.
    Worker,
}

impl std::fmt::Display for OperatorActor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Terminal(user) => write!(f, "cli:{user}"),
            Self::Operator(id) => write!(f, "operator:{id}"),
            Self::Organization => f.write_str("organization"),
            Self::Stranger => f.write_str("stranger"),
            Self::Worker => f.write_str("worker"),
        }
    }
}

/// Who acts, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// Who.
    pub actor: OperatorActor,
    /// Why, in their words; at most 500 characters.
    pub reason: Option<String>,
}

/// One act, as the row of `platform.operator_audit` keeps it.
#[derive(Debug)]
pub struct Act<'a> {
    /// Who, and why.
    pub mandate: &'a Mandate,
    /// What: `tenant.suspended`.
    pub action: &'a str,
    /// To whom, where it was one organisation.
    pub tenant: Option<TenantId>,
    /// The slug or host as it was.
    pub subject: Option<&'a str>,
    /// What else is worth knowing. Nothing secret.
    pub detail: Value,
}

const ADD: PlatformSql = platform_sql!(
    "INSERT INTO platform.operator_audit (id, at, actor, action, tenant_id, subject, reason, detail)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
);

/// Writes the row, in the transaction of the change.
pub async fn record(tx: &PlatformTx, act: &Act<'_>) -> Result<(), DbError> {
    record_named(tx, act).await.map(drop)
}

/// The same, and answers the row's id.
pub async fn record_named(tx: &PlatformTx, act: &Act<'_>) -> Result<Uuid, DbError> {
    let id: Uuid = tx.new_id();
    let (actor, tenant) = (
        act.mandate.actor.to_string(),
        act.tenant.map(TenantId::uuid),
    );
    let reason = act.mandate.reason.as_deref();
    tx.execute(
        ADD,
        &[
            &id,
            &tx.now(),
            &actor,
            &act.action,
            &tenant,
            &act.subject,
            &reason,
            &act.detail,
        ],
    )
    .await?;
    Ok(id)
}

/// The same in a transaction of the owner login.
pub async fn record_as_owner(
    owner: &OwnerConnection,
    pulse: &Pulse,
    act: &Act<'_>,
) -> Result<(), DbError> {
    let now = pulse.clock.now();
    let id = rng::uuid_v7(now, &*pulse.entropy);
    let (actor, tenant) = (
        act.mandate.actor.to_string(),
        act.tenant.map(TenantId::uuid),
    );
    let reason = act.mandate.reason.as_deref();
    owner
        .execute(
            "INSERT INTO platform.operator_audit (id, at, actor, action, tenant_id, subject, reason, detail)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[&id, &now, &actor, &act.action, &tenant, &act.subject, &reason, &act.detail],
        )
        .await
        .map(drop)
}
