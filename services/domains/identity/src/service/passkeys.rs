//! People's own passkeys: made on this host, listed, called something else, taken away.

use db::{DbError, OnConstraint, TenantTx};
use events::identity::{PasskeyChange, PasskeyChanged};
use gateway::{ApiError, Tenant};
use kernel::id::{PasskeyId, SessionId};
use kernel::roles::Policy;

use super::notices::{self, Notice};
use super::{Identity, Noted, policy};
use crate::ceremony::{Asked, Fault, Site};
use crate::error::{Error, IdentityError, PasskeyError};
use crate::model::{
    Account, CEREMONY, MAX_PASSKEYS, OfferedPasskey, Passkey, Purpose, SecretToken, later,
};
use crate::store::{one_time, passkeys, people, policy as rules};

/// What a browser is asked, and by what the challenge is found again.
#[derive(Debug)]
pub struct Challenge {
    /// Good once, for five minutes.
    pub handle: SecretToken,
    /// What is asked.
    pub asked: Asked,
}

/// The passkeys of the person behind `session`.
pub async fn list_passkeys(tx: &TenantTx, session: SessionId) -> Result<Vec<Passkey>, DbError> {
    passkeys::list_of(tx, session).await
}

impl Identity {
    /// Asks the caller's browser for a passkey. Errors: [`PasskeyError::Limit`].
    pub async fn ask_for_new_passkey<P: Policy>(
        &self,
        tenant: &Tenant<P>,
    ) -> Result<Challenge, ApiError> {
        let site = site(tenant.url(), tenant.organization().name())?;
        let challenge = tenant
            .write(async |tx| {
                policy::check_enrolling(tx, tenant.caller()?).await?;
                let account = lock_with_room(tx, tenant).await?;
                let host = tx.tenant().host();
                let known = passkeys::list_credentials(tx, account.user.id, host).await?;
                let asked = site.ask_for_new(&account.user, known).map_err(broken)?;
                let handle = SecretToken::generate(tx.entropy());
                one_time::replace(
                    tx,
                    Some(account.user.id),
                    Purpose::AddPasskey,
                    &handle.hash(),
                    Some(&asked.state),
                    later(tx.now(), CEREMONY),
                )
                .await?;
                Ok::<_, Error>(Challenge { handle, asked })
            })
            .await?;
        Ok(challenge)
    }

    /// Keeps the passkey that the caller's browser made. The challenge is good once.
    /// Errors: [`PasskeyError::NotAdded`], [`PasskeyError::Known`], [`PasskeyError::Limit`].
    pub async fn add_passkey<P: Policy>(
        &self,
        tenant: &Tenant<P>,
        offered: &OfferedPasskey,
    ) -> Result<Passkey, ApiError> {
        let site = site(tenant.url(), tenant.organization().name())?;
        let added = tenant
            .write(async |tx| {
                policy::check_enrolling(tx, tenant.caller()?).await?;
                let account = lock_with_room(tx, tenant).await?;
                let added = take_new(tx, &site, &account, offered).await?;
                if added.is_ok() {
                    // It was unlocked just now.
                    rules::show_second_factor(tx, tenant.session_id()).await?;
                }
                Ok::<_, Error>(added)
            })
            .await?;
        Ok(added?)
    }

    /// Takes a passkey of the caller's away. Errors: [`PasskeyError::NotFound`],
    /// [`IdentityError::LastWayIn`], [`PolicyError::LastSecondFactor`](crate::error::PolicyError::LastSecondFactor).
    pub async fn remove_passkey<P: Policy>(
        &self,
        tenant: &Tenant<P>,
        id: PasskeyId,
    ) -> Result<(), ApiError> {
        tenant
            .write(async |tx| {
                let account = lock(tx, tenant).await?;
                let kept = passkeys::lock_own(tx, id, account.user.id).await?;
                let kept = kept.ok_or(PasskeyError::NotFound)?;
                let mut left = self.ways_in(tx, account.user.id).await?;
                // One of another host lets nobody in here anyway.
                if kept.host == tx.tenant().host() {
                    left.passkeys -= 1;
                }
                if left.count() == 0 {
                    return Err(Error::from(IdentityError::LastWayIn));
                }
                passkeys::remove(tx, id).await?;
                let factors = rules::list_ways(tx, account.user.id).await?.0;
                policy::check_second_factor(tx, factors.has_second_factor()).await?;
                notices::send(tx, &account.user, Notice::PasskeyRemoved).await?;
                Ok(record(tx, &kept, Some(&kept.name), None).await?)
            })
            .await?;
        Ok(())
    }

    /// Calls a passkey of the caller's something else. Errors: [`PasskeyError::NotFound`].
    pub async fn rename_passkey<P: Policy>(
        &self,
        tenant: &Tenant<P>,
        id: PasskeyId,
        name: String,
    ) -> Result<Passkey, ApiError> {
        let renamed = tenant
            .write(async |tx| {
                let kept = passkeys::lock_own(tx, id, tenant.caller()?.user).await?;
                let kept = kept.ok_or(PasskeyError::NotFound)?;
                passkeys::rename(tx, id, &name).await?;
                record(tx, &kept, Some(&kept.name), Some(&name)).await?;
                Ok::<_, Error>(Passkey { name, ..kept })
            })
            .await?;
        Ok(renamed)
    }
}

async fn take_new(
    tx: &TenantTx,
    site: &Site,
    account: &Account,
    offered: &OfferedPasskey,
) -> Noted<Passkey> {
    let refused = Ok(Err(Error::from(PasskeyError::NotAdded)));
    let hash = offered.handle.hash();
    let issued = one_time::find(tx, Purpose::AddPasskey, &hash).await?;
    let Some(issued) = issued.filter(|it| it.user == Some(account.user.id)) else {
        return refused;
    };
    one_time::take(tx, &hash).await?;
    let Some(state) = issued.detail.filter(|_| issued.expires_at > tx.now()) else {
        return refused;
    };
    let made = match site.take_new(state, &offered.offered) {
        Ok(made) => made,
        Err(fault) => return Ok(Err(refusal(fault, PasskeyError::NotAdded))),
    };
    if passkeys::is_known(tx, &made.credential_id).await? {
        return Ok(Err(PasskeyError::Known.into()));
    }
    let passkey = Passkey {
        id: tx.new_id(),
        user: account.user.id,
        name: offered.name.clone(),
        host: tx.tenant().host().to_owned(),
        credential: made.credential.clone(),
        created_at: tx.now(),
        last_used_at: None,
    };
    // Somebody else may add it in this very moment.
    passkeys::add(tx, &passkey, &made)
        .await
        .on_constraint(passkeys::CREDENTIAL_KEY, Error::from(PasskeyError::Known))?;
    notices::send(tx, &account.user, Notice::PasskeyAdded).await?;
    record(tx, &passkey, None, Some(&passkey.name)).await?;
    Ok(Ok(passkey))
}

/// The organisation's host, as `url` has it: not as the request names it.
pub(super) fn site(url: String, organization: &str) -> Result<Site, Error> {
    Site::new(&url, organization).map_err(broken)
}

/// Nothing that a caller did.
pub(super) fn broken(fault: Fault) -> Error {
    tracing::error!(%fault, "a passkey could not be looked at");
    PasskeyError::Broken.into()
}

/// What is told of a fault where `refused` is told of a bad answer.
pub(super) fn refusal(fault: Fault, refused: PasskeyError) -> Error {
    match fault {
        Fault::Refused(reason) => {
            tracing::info!(%reason, "a passkey was refused");
            refused.into()
        }
        Fault::CounterWentBack => refused.into(),
        Fault::Kept(_) | Fault::Host => broken(fault),
    }
}

async fn lock<P: Policy>(tx: &TenantTx, tenant: &Tenant<P>) -> Result<Account, Error> {
    let account = people::lock_account(tx, tenant.caller()?.user).await?;
    Ok(account.ok_or(DbError::Missing)?)
}

/// The caller, who may have one more.
async fn lock_with_room<P: Policy>(tx: &TenantTx, tenant: &Tenant<P>) -> Result<Account, Error> {
    let account = lock(tx, tenant).await?;
    if passkeys::count(tx, account.user.id).await? >= MAX_PASSKEYS {
        return Err(PasskeyError::Limit.into());
    }
    Ok(account)
}

async fn record(
    tx: &TenantTx,
    passkey: &Passkey,
    before: Option<&str>,
    after: Option<&str>,
) -> Result<(), DbError> {
    let changed = PasskeyChanged {
        user_id: passkey.user,
        passkey_id: passkey.id,
        host: passkey.host.clone(),
        name_before: before.map(str::to_owned),
        name: after.map(str::to_owned),
        change: match (before, after) {
            (None, _) => PasskeyChange::Added,
            (Some(_), Some(_)) => PasskeyChange::Renamed,
            (Some(_), None) => PasskeyChange::Removed,
        },
    };
    tx.record(&changed).await
}
