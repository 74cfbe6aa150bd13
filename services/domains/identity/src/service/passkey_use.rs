//! Coming in by a passkey, and proving by one again who one is. It is two factors at once: a device that its
//! owner has, unlocked by what they know or are. So nobody is asked for a code besides.

use db::TenantTx;
use gateway::{ApiError, Visitor};
use kernel::id::UserId;

use super::passkeys::{Challenge, broken, refusal, site};
use super::sign_in::open_browser_session;
use super::{Identity, Noted, policy};
use crate::ceremony::{self, Fault, Site};
use crate::error::{Error, PasskeyError};
use crate::model::{
    Account, Attempt, BrowserSession, CEREMONY, Device, Method, Passkey, Purpose, SecretToken,
    ShownPasskey, UserState, WaysIn, later,
};
use crate::store::{attempts, one_time, passkeys, people};

/// Why a passkey proves nothing.
enum Doubt {
    /// The answer is not good, or nobody has such a passkey here.
    Refused(Option<UserId>),
    /// There are two of it.
    Cloned(UserId),
}

impl Identity {
    /// Asks a browser for a passkey of this host. The same for everybody: who it is, the answer says.
    pub async fn ask_for_passkey(&self, visitor: &Visitor) -> Result<Challenge, ApiError> {
        let site = site(visitor.url(), visitor.organization().name())?;
        let challenge = visitor
            .write(async |tx| {
                one_time::sweep(tx, Purpose::UsePasskey).await?;
                let asked = site.ask_for_one().map_err(broken)?;
                let handle = SecretToken::generate(tx.entropy());
                let (purpose, until) = (Purpose::UsePasskey, later(tx.now(), CEREMONY));
                let (hash, state) = (handle.hash(), Some(&asked.state));
                one_time::replace(tx, None, purpose, &hash, state, until).await?;
                Ok::<_, Error>(Challenge { handle, asked })
            })
            .await?;
        Ok(challenge)
    }

    /// Signs a browser in by a passkey. The challenge is used up, whatever comes of it. Errors:
    /// [`PasskeyError::Refused`], [`Error::EmailUnverified`]; 429.
    pub async fn sign_in_by_passkey(
        &self,
        visitor: &Visitor,
        shown: &ShownPasskey,
        device: &Device,
    ) -> Result<BrowserSession, ApiError> {
        let site = site(visitor.url(), visitor.organization().name())?;
        let network = self.limiter.address(visitor.source());
        if let Err(refusal) = self.limiter.take(self.limits.sign_in, network).await {
            return Err(self.note_limited(visitor, refusal, device).await?);
        }
        let admitted = visitor
            .write(async |tx| admit(tx, &site, shown, device).await)
            .await?;
        // A good passkey is no guess, whatever else is missing.
        if !matches!(admitted, Err(Error::Passkey(PasskeyError::Refused))) {
            let given_back = self.limiter.give_back(self.limits.sign_in, network).await;
            given_back.map_err(Error::from)?;
        }
        Ok(admitted?)
    }

    /// By what a person can come in here. An identity elsewhere is none where nobody can be asked about it.
    pub(super) async fn ways_in(&self, tx: &TenantTx, user: UserId) -> Result<WaysIn, Error> {
        let ways = passkeys::fetch_ways(tx, user, tx.tenant().host()).await?;
        Ok(if self.has_discord() {
            ways
        } else {
            WaysIn {
                identities: 0,
                ..ways
            }
        })
    }
}

async fn admit(
    tx: &TenantTx,
    site: &Site,
    shown: &ShownPasskey,
    device: &Device,
) -> Noted<BrowserSession> {
    let refused = async |attempt, user, error: Error| {
        attempts::add_attempt(tx, attempt, user, device).await?;
        Ok(Err(error))
    };
    if let Err(refusal) = policy::admits(tx, Method::Passkey, None, device).await? {
        return Ok(Err(refusal));
    }
    let nobody = || Error::from(PasskeyError::Refused);
    let account = match recognize(tx, site, shown).await? {
        Ok((account, _)) => account,
        Err(doubt) => {
            note_doubt(tx, doubt, Attempt::PasskeyRefused, device).await?;
            return Ok(Err(nobody()));
        }
    };
    let named = Some(account.user.id);
    match account.state {
        UserState::Active => {}
        UserState::Unverified => {
            return refused(Attempt::Unverified, named, Error::EmailUnverified).await;
        }
        UserState::Deactivated => return refused(Attempt::Deactivated, named, nobody()).await,
    }
    let way = Method::Passkey.into();
    Ok(Ok(open_browser_session(tx, &account, device, &way).await?))
}

/// Whether `shown` proves that it is `user`: `account`'s row is locked. What speaks against it is written
/// down.
pub(super) async fn proves(
    tx: &TenantTx,
    site: &Site,
    user: UserId,
    shown: &ShownPasskey,
    device: &Device,
) -> Result<bool, Error> {
    match recognize(tx, site, shown).await? {
        Ok((account, _)) if account.user.id == user => Ok(true),
        Ok(_) => Ok(false),
        Err(Doubt::Refused(_)) => Ok(false),
        Err(doubt @ Doubt::Cloned(_)) => {
            note_doubt(tx, doubt, Attempt::PasskeyRefused, device).await?;
            Ok(false)
        }
    }
}

async fn note_doubt(
    tx: &TenantTx,
    doubt: Doubt,
    otherwise: Attempt,
    device: &Device,
) -> Result<(), Error> {
    let (attempt, user) = match doubt {
        Doubt::Refused(user) => (otherwise, user),
        Doubt::Cloned(user) => {
            tracing::warn!(target: "security", %user, "the counter of a passkey went back: there may be two of it");
            (Attempt::PasskeyCloned, Some(user))
        }
    };
    Ok(attempts::add_attempt(tx, attempt, user, device).await?)
}

/// Who it is by what they show: their account, locked, and the passkey. The challenge works no more after it,
/// and the passkey is noted as used.
async fn recognize(
    tx: &TenantTx,
    site: &Site,
    shown: &ShownPasskey,
) -> Result<Result<(Account, Passkey), Doubt>, Error> {
    let hash = shown.handle.hash();
    let issued = one_time::find(tx, Purpose::UsePasskey, &hash).await?;
    let Some(issued) = issued else {
        return Ok(Err(Doubt::Refused(None)));
    };
    // Of two at the same moment, one finds it.
    let taken = one_time::take(tx, &hash).await?;
    let state = issued
        .detail
        .filter(|_| taken && issued.expires_at > tx.now());
    let Ok((owner, credential_id)) = ceremony::named_by(&shown.shown) else {
        return Ok(Err(Doubt::Refused(None)));
    };
    let found = passkeys::find(tx, &credential_id, tx.tenant().host()).await?;
    let Some((found, state)) = found.filter(|it| it.user == owner).zip(state) else {
        return Ok(Err(Doubt::Refused(None)));
    };
    // The account first, as whoever changes its passkeys does.
    let account = people::lock_account(tx, owner).await?;
    let kept = passkeys::lock_own(tx, found.id, owner).await?;
    let Some((account, kept)) = account.zip(kept) else {
        return Ok(Err(Doubt::Refused(Some(owner))));
    };
    match site.check(state, &shown.shown, kept.credential.clone()) {
        Ok(credential) => {
            passkeys::used(tx, kept.id, &credential).await?;
            Ok(Ok((account, kept)))
        }
        Err(Fault::CounterWentBack) => Ok(Err(Doubt::Cloned(owner))),
        Err(fault) => match refusal(fault, PasskeyError::Refused) {
            Error::Passkey(PasskeyError::Refused) => Ok(Err(Doubt::Refused(Some(owner)))),
            broken => Err(broken),
        },
    }
}
