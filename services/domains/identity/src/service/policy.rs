//! The organisation's rules for signing in: what they are, changing them, and holding people to them.
//!
//! Everything that lets somebody in asks [`admits`] before it looks at what they prove themselves by, so that
//! its answer is the same for everybody; and a session opens only where [`check`] allows it.

use db::TenantTx;
use events::identity::SignInPolicyChanged;
use gateway::Caller;
use kernel::id::UserId;

use super::{Identity, Noted};
use crate::error::{Error, PolicyError};
use crate::model::policy::{Author, Effects, Rules, SignInPolicy, WaysOf};
use crate::model::{Attempt, Device, Method};
use crate::store::{attempts, policy};

/// Sessions that the event of a change names. Sockets of others close when their session is looked at next,
/// within half a minute.
const NAMED_SESSIONS: usize = 1_000;

/// The rules as they stand.
pub async fn fetch_policy(tx: &TenantTx) -> Result<SignInPolicy, Error> {
    Ok(policy::fetch(tx).await?)
}

/// Whether the rules let whoever acts in by `method`. Errors: [`PolicyError::Elsewhere`],
/// [`PolicyError::MethodOff`].
pub async fn check(tx: &TenantTx, method: Method) -> Result<(), Error> {
    let rules = policy::fetch(tx).await?.rules;
    if !rules.let_in_from(tx.origin().address) {
        return Err(PolicyError::Elsewhere.into());
    }
    if !rules.methods.contains(&method) {
        return Err(PolicyError::MethodOff(method).into());
    }
    Ok(())
}

/// The same for an attempt to come in: a refusal is written down, with whom it names. Asked before anything
/// else about the attempt is, the answer tells of the caller's network and of the way, and of nobody here.
pub async fn admits(
    tx: &TenantTx,
    method: Method,
    named: Option<UserId>,
    device: &Device,
) -> Noted<()> {
    let (attempt, refusal) = match check(tx, method).await {
        Ok(()) => return Ok(Ok(())),
        Err(Error::Policy(refusal @ PolicyError::Elsewhere)) => (Attempt::NetworkRefused, refusal),
        Err(Error::Policy(refusal)) => (Attempt::MethodRefused, refusal),
        Err(failure) => return Err(failure),
    };
    attempts::add_attempt(tx, attempt, named, device).await?;
    Ok(Err(refusal.into()))
}

/// Whether `user`, whose row is locked, may be without one of their second factors: `left` is whether they
/// have another. Errors: [`PolicyError::LastSecondFactor`].
pub async fn check_second_factor(tx: &TenantTx, left: bool) -> Result<(), Error> {
    if !left && policy::fetch(tx).await?.rules.second_factor_required {
        return Err(PolicyError::LastSecondFactor.into());
    }
    Ok(())
}

/// Whether a caller may set a second factor up: whoever owes one, and has one, shows it first. Else a
/// password alone would be enough to make another. Errors: [`PolicyError::ShowSecondFactor`].
pub async fn check_enrolling(tx: &TenantTx, caller: Caller) -> Result<(), Error> {
    if caller.owing
        && policy::list_ways(tx, caller.user)
            .await?
            .0
            .has_second_factor()
    {
        return Err(PolicyError::ShowSecondFactor.into());
    }
    Ok(())
}

impl Identity {
    /// Changes the rules, and holds everything that is open to them. `revisions` are those that may be
    /// replaced, `None` for any. Errors: [`PolicyError::VersionStale`], [`PolicyError::Invalid`].
    pub async fn change_policy(
        &self,
        tx: &TenantTx,
        caller: Caller,
        revisions: Option<&[i32]>,
        rules: &Rules,
    ) -> Result<SignInPolicy, Error> {
        policy::lock_everybody(tx).await?;
        let old = policy::fetch(tx).await?;
        if revisions.is_some_and(|it| !it.contains(&old.revision)) {
            let current = old.revision;
            return Err(PolicyError::VersionStale { current }.into());
        }
        if old.rules == *rules {
            return Ok(old);
        }
        self.refuse_locking_out(tx, caller, rules).await?;
        let ended = policy::end_sessions(tx, rules, caller.session).await?;
        let revision = policy::save(tx, rules).await?;
        policy::copy(tx, rules).await?;
        let (before, after) = old.rules.changes(rules);
        let sessions_ended = ended.len();
        let changed = SignInPolicyChanged {
            organization_id: tx.tenant().id(),
            before,
            after,
            sessions_ended,
            ended_sessions: ended.into_iter().take(NAMED_SESSIONS).collect(),
        };
        tx.record(&changed).await?;
        Ok(SignInPolicy {
            rules: rules.clone(),
            revision,
            updated_at: Some(tx.now()),
        })
    }

    /// What such a change would do at this moment. Errors: [`PolicyError::Invalid`], as for the change.
    pub async fn preview_policy(
        &self,
        tx: &TenantTx,
        caller: Caller,
        rules: &Rules,
    ) -> Result<Effects, Error> {
        self.refuse_locking_out(tx, caller, rules).await?;
        Ok(policy::fetch_effects(tx, rules, caller.session).await?)
    }

    /// By what people can sign in at present, under the rules and the configuration.
    pub fn usable_methods(&self, rules: &Rules) -> Vec<Method> {
        let usable = |it: &&Method| match it {
            Method::Password | Method::Passkey => true,
            Method::Discord => self.has_discord(),
        };
        rules.methods.iter().filter(usable).copied().collect()
    }

    async fn refuse_locking_out(
        &self,
        tx: &TenantTx,
        caller: Caller,
        rules: &Rules,
    ) -> Result<(), Error> {
        let (own, owners) = policy::list_ways(tx, caller.user).await?;
        let asked = |ways: WaysOf| WaysOf {
            discord: ways.discord && self.has_discord(),
            ..ways
        };
        let author = Author {
            own: asked(own),
            address: tx.origin().address,
            owners: owners.into_iter().map(asked).collect(),
            has_discord: self.has_discord(),
        };
        let faults = rules.faults(&author);
        if faults.is_empty() {
            Ok(())
        } else {
            Err(PolicyError::Invalid(faults).into())
        }
    }
}
