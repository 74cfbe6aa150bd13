//! Asking a second operator, and deciding: what is approved is done in the same transaction, once.

use std::collections::BTreeSet;

use db::PlatformTx;
use jiff::Timestamp;
use kernel::error::DomainError;
use kernel::id::{ApprovalId, TenantId};
use kernel::page::{self, Page};
use serde_json::{Value, json};
use tenancy::audit::{self, Act, Mandate};
use tenancy::life::{self, Step, Verb};
use tenancy::recovery::{State, Wanted};
use tenancy::verbs::{self, Changed, Selector};

use super::recovery;
use super::tenants;
use crate::approval::{ApprovalState, Deed, Item, Request, WAITS};
use crate::error::Error;
use crate::model::{AccountState, Caller, later};
use crate::ports::Recoveries;
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
    let mandate = caller.mandate(wish.reason.clone());
    let (id, _) = open(tx, caller, Deed::Move(wish.verb), &mandate, &wanted, None).await?;
    Ok(Asked {
        request: Some(fetch(tx, id).await?),
        answered,
    })
}

/// Asks for the recovery of an owner. What would be refused is refused now. Errors: as [`recovery::begin`].
pub async fn ask_recovery(
    tx: &PlatformTx,
    caller: &Caller,
    recoveries: &dyn Recoveries,
    wanted: &Wanted<'_>,
    confirmed: &str,
    reason: Option<String>,
) -> Result<Request, Error> {
    let slug = recovery::confirm(tx, wanted.tenant, confirmed).await?;
    let mandate = caller.mandate(reason);
    let about = [(wanted.tenant, slug)];
    // The second operator reads in the organisation's timeline what was shown, and to whom the link goes.
    let shown = json!({ "email": wanted.email.as_str(), "proof": wanted.proof });
    let deed = Deed::Recover;
    let (id, until) = open(tx, caller, deed, &mandate, &about, Some(shown)).await?;
    recoveries.ask(tx, wanted, &mandate, id, until).await?;
    fetch(tx, id).await
}

/// Writes a request down, and until when it waits.
async fn open(
    tx: &PlatformTx,
    caller: &Caller,
    deed: Deed,
    mandate: &Mandate,
    wanted: &[(TenantId, Option<String>)],
    shown: Option<Value>,
) -> Result<(ApprovalId, Timestamp), Error> {
    let id: ApprovalId = tx.new_id();
    let expires_at = later(tx.now(), WAITS);
    let (reason, by) = (mandate.reason.as_deref(), caller.account.id);
    approvals::add(tx, id, deed, reason, by, expires_at, wanted).await?;
    let mut detail = json!({ "approval": id, "verb": deed.as_str() });
    if let (Some(detail), Some(Value::Object(shown))) = (detail.as_object_mut(), shown) {
        detail.extend(shown);
    }
    // A row for each, so that each one's page tells of it, and forgets it with the organisation.
    for (tenant, slug) in wanted {
        let act = Act {
            mandate,
            action: "approval.requested",
            tenant: Some(*tenant),
            subject: slug.as_deref(),
            detail: detail.clone(),
        };
        audit::record(tx, &act).await?;
    }
    Ok((id, expires_at))
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
    let before = page::read(&scope, cursor)?;
    let rows = approvals::list(tx, open, before, i64::from(limit) + 1).await?;
    Ok(Page::cut(rows, limit, &scope, |it| it.id.uuid()))
}

/// Does what was asked for, in the transaction that says so: it is done once, or not at all. Answers what
/// changed. Errors: [`Error::ApprovalNotFound`], [`Error::ApprovalOver`], [`Error::OwnApproval`],
/// [`Error::RequesterGone`].
pub async fn approve(
    tx: &PlatformTx,
    caller: &Caller,
    recoveries: &dyn Recoveries,
    id: ApprovalId,
) -> Result<(Request, Vec<Changed>), Error> {
    let request = decide(tx, caller, id, ApprovalState::Approved).await?;
    let mandate = caller.mandate(request.reason.clone());
    let mut items: Vec<&Item> = request.items.iter().collect();
    items.sort_by_key(|item| item.tenant);
    let mut changed = Vec::new();
    for item in items {
        let confirmed: Vec<String> = item.slug.iter().cloned().collect();
        let done = match request.deed {
            Deed::Move(verb) => tenants::change_state(tx, item.tenant, verb, &confirmed, &mandate)
                .await
                .map(Some),
            Deed::Recover => begin_asked(tx, recoveries, &request, item, &mandate).await,
        };
        let outcome = match done {
            Ok(done) => {
                changed.extend(done);
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

/// Begins the recovery that was asked for, of an organisation that is still called what it was. One that is
/// refused by now is over.
async fn begin_asked(
    tx: &PlatformTx,
    recoveries: &dyn Recoveries,
    request: &Request,
    item: &Item,
    mandate: &Mandate,
) -> Result<Option<Changed>, Error> {
    let slug = item.slug.as_deref().unwrap_or_default();
    let begun = match recovery::confirm(tx, item.tenant, slug).await {
        Ok(_) => {
            let begun = recoveries.begin_asked(tx, item.tenant, request.id, mandate);
            begun.await.map(drop).map_err(Error::from)
        }
        Err(refusal) => Err(refusal),
    };
    match begun {
        Ok(()) => Ok(None),
        Err(Error::Db(error)) => Err(error.into()),
        Err(refusal) => {
            let why = refusal.code();
            recovery::drop_asked(tx, request.id, State::Void, mandate, why).await?;
            Err(refusal)
        }
    }
}

/// Refuses what was asked for; whoever asked may take it back so. Errors: [`Error::ApprovalNotFound`],
/// [`Error::ApprovalOver`].
pub async fn reject(tx: &PlatformTx, caller: &Caller, id: ApprovalId) -> Result<Request, Error> {
    let request = decide(tx, caller, id, ApprovalState::Rejected).await?;
    if request.deed == Deed::Recover {
        let mandate = caller.mandate(None);
        recovery::drop_asked(tx, id, State::Stopped, &mandate, "rejected").await?;
    }
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
        detail: json!({ "approval": id, "verb": request.deed.as_str() }),
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
