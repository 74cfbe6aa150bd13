//! Asking a second operator, and deciding: what is approved is done in the same transaction, once.

use std::collections::BTreeSet;

use db::PlatformTx;
use kernel::error::DomainError;
use kernel::id::{ApprovalId, TenantId};
use kernel::page::{self, Page};
use serde_json::json;
use tenancy::audit::{self, Act};
use tenancy::life::{self, Step, Verb};
use tenancy::verbs::{self, Changed, Selector};

use super::tenants::{self, bad_cursor};
use crate::approval::{ApprovalState, Item, Request, WAITS};
use crate::error::Error;
use crate::model::{AccountState, Caller, later};
use crate::roles::Permission;
use crate::store::{accounts, approvals};

/// What is to be asked.
#[derive(Debug)]
pub struct Wish<'a> {
    /// What.
    pub verb: Verb,
    /// To whom.
    pub tenants: &'a [TenantId],
    /// For a deletion: their slugs again.
    pub confirmed: &'a [String],
    /// Why.
    pub reason: Option<String>,
}

/// What became of a wish.
#[derive(Debug)]
pub struct Asked {
    /// The request, unless everything was answered at once.
    pub request: Option<Request>,
    /// Organisations of which nothing is asked: refused, or there already.
    pub answered: Vec<(TenantId, Result<Changed, Error>)>,
}

/// Asks for it. What would be refused is refused now, and of what is done already nothing is asked.
pub async fn ask(tx: &PlatformTx, caller: &Caller, wish: &Wish<'_>) -> Result<Asked, Error> {
    let (mut wanted, mut answered) = (Vec::new(), Vec::new());
    // Locked in the order of their ids, like every transaction that holds several.
    for id in wish.tenants.iter().copied().collect::<BTreeSet<_>>() {
        match judge(tx, id, wish).await {
            Ok((slug, None)) => wanted.push((id, slug)),
            Ok((_, Some(done))) => answered.push((id, Ok(done))),
            Err(Error::Db(error)) => return Err(error.into()),
            Err(refusal) => answered.push((id, Err(refusal))),
        }
    }
    let place = |id: &TenantId| wish.tenants.iter().position(|it| it == id);
    wanted.sort_by_key(|(id, _)| place(id));
    answered.sort_by_key(|(id, _)| place(id));
    if wanted.is_empty() {
        return Ok(Asked {
            request: None,
            answered,
        });
    }
    let id: ApprovalId = tx.new_id();
    let expires_at = later(tx.now(), WAITS);
    let reason = wish.reason.as_deref();
    let by = caller.account.id;
    approvals::add(tx, id, wish.verb, reason, by, expires_at, &wanted).await?;
    let mandate = caller.mandate(wish.reason.clone());
    // A row for each, so that each one's page tells of it, and forgets it with the organisation.
    for (tenant, slug) in &wanted {
        let act = Act {
            mandate: &mandate,
            action: "approval.requested",
            tenant: Some(*tenant),
            subject: slug.as_deref(),
            detail: json!({ "approval": id, "verb": wish.verb.as_str() }),
        };
        audit::record(tx, &act).await?;
    }
    Ok(Asked {
        request: Some(fetch(tx, id).await?),
        answered,
    })
}

/// The slug of an organisation of which the verb may be asked, and what was there already.
async fn judge(
    tx: &PlatformTx,
    id: TenantId,
    wish: &Wish<'_>,
) -> Result<(Option<String>, Option<Changed>), Error> {
    let subject = verbs::fetch_for_update(tx, &Selector::Id(id)).await?;
    if wish.verb == Verb::Delete
        && let Some(slug) = subject.slug.as_ref()
        && !wish.confirmed.contains(slug)
    {
        return Err(Error::NotConfirmed(slug.clone()));
    }
    let slug = subject.slug.clone();
    let done = match life::step(subject.state, wish.verb)? {
        Step::Nothing => Some(Changed {
            state: subject.state,
            changed: false,
            purge_at: None,
            subject,
        }),
        Step::To(_) | Step::Back => None,
    };
    Ok((slug, done))
}

async fn fetch(tx: &PlatformTx, id: ApprovalId) -> Result<Request, Error> {
    approvals::find(tx, id)
        .await?
        .ok_or(Error::ApprovalNotFound)
}

/// A page of requests, the newest first; with `open`, only those that wait.
pub async fn list(
    tx: &PlatformTx,
    open: bool,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Request>, Error> {
    let scope = format!("approvals {open}");
    let before = match cursor {
        None => None,
        Some(cursor) => Some(page::decode(&scope, cursor).ok_or_else(bad_cursor)?),
    };
    let rows = approvals::list(tx, open, before, i64::from(limit) + 1).await?;
    Ok(Page::cut(rows, limit, &scope, |it| it.id.uuid()))
}

/// Does what was asked for, in the transaction that says so: it is done once, or not at all. Answers what
/// changed. Errors: [`Error::ApprovalNotFound`], [`Error::ApprovalOver`], [`Error::OwnApproval`],
/// [`Error::RequesterGone`].
pub async fn approve(
    tx: &PlatformTx,
    caller: &Caller,
    id: ApprovalId,
) -> Result<(Request, Vec<Changed>), Error> {
    let request = decide(tx, caller, id, ApprovalState::Approved).await?;
    let mandate = caller.mandate(request.reason.clone());
    let mut items: Vec<&Item> = request.items.iter().collect();
    items.sort_by_key(|item| item.tenant);
    let mut changed = Vec::new();
    for item in items {
        let confirmed: Vec<String> = item.slug.iter().cloned().collect();
        let done = tenants::change_state(tx, item.tenant, request.verb, &confirmed, &mandate).await;
        let outcome = match done {
            Ok(done) => {
                changed.push(done);
                "done"
            }
            Err(Error::Db(error)) => return Err(error.into()),
            // One that cannot be done any more keeps no other from it.
            Err(refusal) => refusal.code(),
        };
        approvals::set_outcome(tx, id, item.tenant, outcome).await?;
    }
    Ok((fetch(tx, id).await?, changed))
}

/// Refuses what was asked for; whoever asked may take it back so. Errors: [`Error::ApprovalNotFound`],
/// [`Error::ApprovalOver`].
pub async fn reject(tx: &PlatformTx, caller: &Caller, id: ApprovalId) -> Result<Request, Error> {
    decide(tx, caller, id, ApprovalState::Rejected).await?;
    fetch(tx, id).await
}

async fn decide(
    tx: &PlatformTx,
    caller: &Caller,
    id: ApprovalId,
    state: ApprovalState,
) -> Result<Request, Error> {
    // Whoever decides second finds the first one's decision.
    if !approvals::lock(tx, id).await? {
        return Err(Error::ApprovalNotFound);
    }
    let request = fetch(tx, id).await?;
    request.waits()?;
    let action = match state {
        ApprovalState::Approved => {
            others_wish(tx, caller, &request).await?;
            "approval.approved"
        }
        _ => "approval.rejected",
    };
    approvals::decide(tx, id, state, caller.account.id).await?;
    let act = Act {
        mandate: &caller.mandate(None),
        action,
        tenant: None,
        subject: Some(&request.requested_by.email),
        detail: json!({ "approval": id, "verb": request.verb.as_str() }),
    };
    audit::record(tx, &act).await?;
    Ok(request)
}

/// Somebody else asked, and may still do it themselves.
async fn others_wish(tx: &PlatformTx, caller: &Caller, request: &Request) -> Result<(), Error> {
    let asked = request.requested_by.id;
    if asked == caller.account.id {
        return Err(Error::OwnApproval);
    }
    let account = accounts::lock(tx, asked).await?.map(|it| it.account);
    match account {
        Some(it)
            if it.state == AccountState::Active && it.role.allows(Permission::TenantsManage) =>
        {
            Ok(())
        }
        _ => Err(Error::RequesterGone),
    }
}
