//! Proving again who one is, before what must not be done by whoever finds an open browser.

use db::{DbError, TenantTx};
use events::identity::SessionConfirmed;
use gateway::{ApiError, Caller, SessionSecret, Tenant};
use kernel::roles::Enrolling;

use super::limits::find_known;
use super::passkeys::site;
use super::{Identity, Noted, passkey_use};
use crate::ceremony::Site;
use crate::error::{CredentialsError, Error, PasskeyError};
use crate::model::{Account, Attempt, Device, Proof};
use crate::store::{attempts, people, policy as rules, sessions};

impl Identity {
    /// Confirms the caller's session, whose cookie has a new secret afterwards. Counted like an attempt to
    /// sign in, for whoever holds a stolen session has everything but a proof. Errors:
    /// [`Error::WrongPassword`], [`CredentialsError::WrongProof`], [`CredentialsError::NoCodes`],
    /// [`PasskeyError::NotTheirs`].
    pub async fn reauthenticate(
        &self,
        tenant: &Tenant<Enrolling>,
        proof: &Proof,
        device: &Device,
    ) -> Result<SessionSecret, ApiError> {
        let site = site(tenant.url(), tenant.organization().name())?;
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
        let (organization, source) = (tenant.organization().id(), tenant.source());
        let folded = account.user.email.to_ascii_lowercase();
        let counted = self.count_proof(organization, source, &folded, known);
        let taken = counted.await?;
        // A code is a million to guess.
        let tries = matches!(proof, Proof::Code(_))
            .then(|| self.tries(organization, account.user.id, &taken));
        if let Some(tries) = tries
            && let Err(refusal) = self.limiter.take(self.limits.code, tries).await
        {
            self.uncount(&taken).await?;
            return Err(refusal);
        }
        let compared = match self.compare(&account, proof).await {
            Ok(same) => same.then_some(&account),
            Err(error) => return Err(self.unread(taken, error).await),
        };
        let confirmed = tenant
            .write(async |tx| {
                let caller = tenant.caller()?;
                let proven = self
                    .proves(tx, caller, compared, proof, &site, device)
                    .await?;
                if proven.is_ok() && !matches!(proof, Proof::Password(_)) {
                    rules::show_second_factor(tx, caller.session).await?;
                }
                confirm(tx, caller, proven, device).await
            })
            .await?;
        match confirmed {
            Ok(secret) => {
                self.give_back(taken).await?;
                if let Some(tries) = tries {
                    let given_back = self.limiter.give_back(self.limits.code, tries).await;
                    given_back.map_err(Error::from)?;
                }
                Ok(secret)
            }
            Err(refusal) => Err(self.failed(&taken, refusal).await),
        }
    }

    /// Whether `proof` is the account's password.
    async fn compare(&self, account: &Account, proof: &Proof) -> Result<bool, Error> {
        let Proof::Password(password) = proof else {
            return Ok(false);
        };
        let hash = account.password_hash.as_ref();
        Ok(self.passwords.verify(password, hash).await?)
    }

    /// Whether `proof` is one of the caller's, whose account is locked from here on. `compared` is the account
    /// whose password it is.
    async fn proves(
        &self,
        tx: &TenantTx,
        caller: Caller,
        compared: Option<&Account>,
        proof: &Proof,
        site: &Site,
        device: &Device,
    ) -> Noted<()> {
        let Some(account) = people::lock_account(tx, caller.user).await? else {
            return Ok(Err(Error::WrongPassword));
        };
        let refused = match proof {
            Proof::Password(_) => {
                // Meanwhile the password may have been changed.
                let same = compared.is_some_and(|it| it.password_hash == account.password_hash);
                (!same).then_some(Error::WrongPassword)
            }
            Proof::Code(_) if !account.asks_for_code => Some(CredentialsError::NoCodes.into()),
            Proof::Code(code) => {
                let good = self.accept_code(tx, &account.user, code).await?;
                (!good).then(|| CredentialsError::WrongProof.into())
            }
            Proof::Passkey(shown) => {
                let good = passkey_use::proves(tx, site, caller.user, shown, device).await?;
                (!good).then(|| PasskeyError::NotTheirs.into())
            }
        };
        Ok(refused.map_or(Ok(()), Err))
    }
}

async fn confirm(
    tx: &TenantTx,
    caller: Caller,
    proven: Result<(), Error>,
    device: &Device,
) -> Noted<SessionSecret> {
    let secret = SessionSecret::generate(tx.entropy());
    let user = Some(caller.user);
    let refusal = match proven {
        Ok(()) if sessions::confirm(tx, caller.session, secret.hash()).await? => None,
        Ok(()) => Some(Error::SessionNotFound),
        Err(error) => Some(error),
    };
    if let Some(refusal) = refusal {
        attempts::add_attempt(tx, Attempt::ConfirmationRefused, user, device).await?;
        return Ok(Err(refusal));
    }
    let (person, session) = (caller.user, caller.session);
    attempts::add_of_session(tx, Attempt::Confirmed, person, session, device).await?;
    let confirmed = SessionConfirmed {
        session_id: caller.session,
        user_id: caller.user,
    };
    tx.record(&confirmed).await?;
    Ok(Ok(secret))
}
