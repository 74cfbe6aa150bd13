//! Proving again who one is, before what must not be done by whoever finds an open browser.

use db::{DbError, TenantTx};
use events::identity::SessionConfirmed;
use gateway::{ApiError, Caller, SessionSecret, Tenant};
use kernel::roles::Enrolling;

use super::limits::find_known;
use super::{Identity, Noted};
use crate::error::Error;
use crate::model::{Account, Attempt, Device, Proof};
use crate::store::{attempts, people, sessions};

impl Identity {
    /// Confirms the caller's session, whose cookie has a new secret afterwards. Counted like an attempt to
    /// sign in, for whoever holds a stolen session has everything but the password. Errors:
    /// [`Error::WrongPassword`].
    pub async fn reauthenticate(
        &self,
        tenant: &Tenant<Enrolling>,
        proof: &Proof,
        device: &Device,
    ) -> Result<SessionSecret, ApiError> {
        let session = tenant.session_id();
        let (account, known) = tenant
            .read(async |tx| {
                let account = people::fetch_account_of(tx, session).await?;
                let folded = account.user.email.to_ascii_lowercase();
                let known = find_known(tx, &folded, device).await?;
                Ok::<_, DbError>((account, known))
            })
            .await
            .map_err(Error::from)?;
        let (organization, address) = (tenant.organization().id(), tenant.origin().address);
        let folded = account.user.email.to_ascii_lowercase();
        let counted = self.count_proof(organization, address, &folded, known);
        let taken = counted.await?;
        let proven = match self.proves(&account, proof).await {
            Ok(proven) => proven,
            Err(error) => return Err(self.unread(taken, error).await),
        };
        let confirmed = tenant
            .write(async |tx| {
                let caller = tenant.caller()?;
                confirm(tx, caller, &account, proven, device).await
            })
            .await?;
        match confirmed {
            Ok(secret) => {
                self.give_back(taken).await?;
                Ok(secret)
            }
            Err(refusal) => Err(self.failed(&taken, refusal).await),
        }
    }

    /// Whether `proof` is one of this account's.
    async fn proves(&self, account: &Account, proof: &Proof) -> Result<bool, Error> {
        match proof {
            Proof::Password(password) => {
                let hash = account.password_hash.as_ref();
                Ok(self.passwords.verify(password, hash).await?)
            }
        }
    }
}

async fn confirm(
    tx: &TenantTx,
    caller: Caller,
    compared: &Account,
    proven: bool,
    device: &Device,
) -> Noted<SessionSecret> {
    // Meanwhile the password may have been changed.
    let account = people::lock_account(tx, caller.user).await?;
    let same = account.is_some_and(|it| it.password_hash == compared.password_hash);
    let secret = SessionSecret::generate(tx.entropy());
    let user = Some(caller.user);
    if !proven || !same || !sessions::confirm(tx, caller.session, secret.hash()).await? {
        attempts::add_attempt(tx, Attempt::ConfirmationRefused, user, device).await?;
        return Ok(Err(Error::WrongPassword));
    }
    attempts::add_attempt(tx, Attempt::Confirmed, user, device).await?;
    let confirmed = SessionConfirmed {
        session_id: caller.session,
        user_id: caller.user,
    };
    tx.record(&confirmed).await?;
    Ok(Ok(secret))
}
