//! Asking for support access: a link to the organisation's console, good once and for a minute.

use data_encoding::BASE64URL_NOPAD;
use db::{PlatformTx, TenantState};
use jiff::Timestamp;
use kernel::id::TenantId;
use kernel::rng;
use serde_json::json;
use sha2::{Digest, Sha256};
use tenancy::audit::{self, Act};
use tenancy::support::{self, NewAccess};
use tenancy::verbs::{self, Selector};

use crate::error::Error;
use crate::model::Caller;

/// A look that was asked for.
#[derive(Debug)]
pub struct Granted {
    /// The host where the organisation signs in.
    pub host: String,
    /// The code, to stand in the link's fragment.
    pub code: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// Asks for a look at an organisation that consents. Errors: [`Error::TenantNotFound`],
/// [`Error::SupportNotAllowed`], [`Error::SupportUnavailable`].
pub async fn ask(
    tx: &PlatformTx,
    caller: &Caller,
    id: TenantId,
    reason: &str,
    ticket: Option<&str>,
) -> Result<Granted, Error> {
    let subject = verbs::fetch_for_update(tx, &Selector::Id(id)).await?;
    if !matches!(subject.state, TenantState::Active | TenantState::Suspended) {
        return Err(Error::SupportUnavailable(subject.state.as_str()));
    }
    let consent = support::find_consent(tx, id).await?;
    consent.ok_or(Error::SupportNotAllowed)?;
    let host = subject.hosts.first().ok_or(Error::TenantNotFound)?.clone();
    let code = BASE64URL_NOPAD.encode(&rng::bytes32(tx.entropy()));
    let new = NewAccess {
        tenant: id,
        operator: caller.account.id,
        reason,
        ticket,
        code_hash: Sha256::digest(code.as_bytes()).into(),
    };
    let expires_at = support::add(tx, &new).await?;
    let mandate = caller.mandate(Some(reason.to_owned()));
    let act = Act {
        mandate: &mandate,
        action: "support.requested",
        tenant: Some(id),
        subject: subject.slug.as_deref(),
        detail: json!({ "ticket": ticket }),
    };
    audit::record(tx, &act).await?;
    Ok(Granted {
        host,
        code,
        expires_at,
    })
}
