//! How often somebody may try. Counted in Postgres, by the network they come from and by the account.

use std::time::Duration;

use db::{DbError, TenantTx};
use gateway::{ApiError, Limit, LimitSubject, Source, Tenant, Visitor, Waits};
use kernel::email::EmailAddress;
use kernel::id::{TenantId, UserId};
use kernel::roles::Policy;

use super::Identity;
use crate::error::Error;
use crate::model::{Attempt, Credentials, Device, TokenHash, User};
use crate::store::{attempts, devices, people};

/// What is limited, and how much. The numbers are settings.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Failed sign-ins of a network.
    pub sign_in: Limit,
    /// Failed sign-ins to an account, from wherever: wide, so that nobody can lock a victim out.
    pub sign_in_account: Limit,
    /// Wrong passwords for an account from one network, or from a browser that its owner is known by.
    pub guesses: Waits,
    /// Verification mails asked for by a network.
    pub resend: Limit,
    /// Verification mails to an address.
    pub resend_account: Limit,
    /// Links to a new password asked for by a network.
    pub reset: Limit,
    /// Links to a new password to an address.
    pub reset_account: Limit,
    /// Wrong passwords of somebody who is signed in.
    pub proof: Limit,
    /// Wrong codes of somebody who has the password.
    pub code: Limit,
    /// Invitations a person sends.
    pub invitation: Limit,
    /// Copies of what is kept of a person.
    pub export: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_in: Limit::per_hour("login", 10),
            sign_in_account: Limit::per_hour("login_account", 300),
            guesses: Waits {
                name: "guess",
                max: 5,
                ban: Duration::from_mins(15),
                longest: Duration::from_hours(24),
            },
            resend: Limit::per_hour("resend", 3),
            resend_account: Limit::per_hour("resend_account", 3),
            reset: Limit::per_hour("reset", 10),
            reset_account: Limit::per_hour("reset_account", 3),
            proof: Limit::per_hour("proof", 10),
            code: Limit::per_hour("code", 10),
            invitation: Limit::per_hour("invitation", 60),
            export: Limit::per_hour("export", 10),
        }
    }
}

/// An attempt to prove who one is that was counted as a wrong one, until it is known what it was.
pub(super) struct Taken {
    pair: LimitSubject,
    /// The network and the account. None for a browser that the account's owner is known by: it has an
    /// allowance of its own, so that no stranger uses up theirs.
    shared: Option<[LimitSubject; 2]>,
    /// Whose codes are counted with it, instead of those of everybody who has the password.
    known: bool,
}

impl Identity {
    /// Counts an attempt to sign in. One too many is written down like every other.
    pub(super) async fn take_sign_in(
        &self,
        visitor: &Visitor,
        typed: &Credentials,
        device: &Device,
    ) -> Result<Taken, ApiError> {
        let (tenant, source) = (visitor.organization().id(), visitor.source());
        let folded = typed.email.folded();
        let known = visitor
            .read(async |tx| find_known(tx, &folded, device).await)
            .await
            .map_err(Error::from)?;
        match self.count_proof(tenant, source, &folded, known).await {
            Ok(taken) => Ok(taken),
            Err(refusal) => Err(self.note_limited(visitor, refusal, device).await?),
        }
    }

    /// Writes down that somebody tried once too often, if that is why they are refused.
    pub(super) async fn note_limited(
        &self,
        visitor: &Visitor,
        refusal: ApiError,
        device: &Device,
    ) -> Result<ApiError, ApiError> {
        if refusal.status().as_u16() == 429 {
            tracing::warn!(target: "security", "too many attempts to sign in");
            visitor
                .write(async |tx| attempts::add_attempt(tx, Attempt::Limited, None, device).await)
                .await
                .map_err(Error::from)?;
        }
        Ok(refusal)
    }

    /// Counts an attempt to prove who one is by a password: for the account of `email`, in its folded form,
    /// as it is seen from this network; for the network; and for the account. Of a browser that the owner is
    /// `known` by, for that browser alone. Errors: 429 `rate_limited`.
    pub(super) async fn count_proof(
        &self,
        tenant: TenantId,
        source: Source,
        email: &str,
        known: Option<TokenHash>,
    ) -> Result<Taken, ApiError> {
        let taken = match known {
            Some(hash) => Taken {
                pair: self.limiter.device(tenant, &hash, email),
                shared: None,
                known: true,
            },
            None => Taken {
                pair: self.limiter.pair(tenant, source, email),
                shared: Some([
                    self.limiter.address(source),
                    self.limiter.account(tenant, email),
                ]),
                known: false,
            },
        };
        let guesses = self.limits.guesses;
        self.limiter.take_guess(guesses, taken.pair).await?;
        if let Err(refusal) = self.count_shared(&taken).await {
            let given_back = self.limiter.give_guess_back(guesses, taken.pair).await;
            given_back.map_err(Error::from)?;
            return Err(refusal);
        }
        Ok(taken)
    }

    async fn count_shared(&self, taken: &Taken) -> Result<(), ApiError> {
        let Some([network, account]) = taken.shared else {
            return Ok(());
        };
        let Limits {
            sign_in,
            sign_in_account,
            ..
        } = self.limits;
        self.limiter.take(sign_in, network).await?;
        self.limiter.take(sign_in_account, account).await?;
        Ok(())
    }

    /// The attempt was a wrong one: `refusal` says how long the next one waits.
    pub(super) async fn failed(&self, taken: &Taken, refusal: Error) -> ApiError {
        match self
            .limiter
            .fail_guess(self.limits.guesses, taken.pair)
            .await
        {
            Ok(0) => refusal.into(),
            Ok(wait_s) => ApiError::from(refusal).retry_after(wait_s),
            Err(error) => Error::from(error).into(),
        }
    }

    /// Nobody has looked at the attempt: it counts for nothing. Answers why.
    pub(super) async fn unread(&self, taken: Taken, why: Error) -> ApiError {
        match self.uncount(&taken).await {
            Ok(()) => why.into(),
            Err(error) => error.into(),
        }
    }

    /// The same, for a reason of its own.
    pub(super) async fn uncount(&self, taken: &Taken) -> Result<(), Error> {
        let guesses = self.limits.guesses;
        self.limiter.give_guess_back(guesses, taken.pair).await?;
        Ok(self.give_shared_back(taken).await?)
    }

    async fn give_shared_back(&self, taken: &Taken) -> Result<(), DbError> {
        let Some([network, account]) = taken.shared else {
            return Ok(());
        };
        let Limits {
            sign_in,
            sign_in_account,
            ..
        } = self.limits;
        let network = self.limiter.give_back(sign_in, network).await;
        let account = self.limiter.give_back(sign_in_account, account).await;
        network.and(account)
    }

    /// Gives an attempt back: its password was right. Nothing wrong is remembered of that account from there.
    pub(super) async fn give_back(&self, taken: Taken) -> Result<(), ApiError> {
        let guesses = self.limits.guesses;
        let forgotten = self.limiter.forget_guesses(guesses, taken.pair).await;
        let given_back = self.give_shared_back(&taken).await;
        Ok(forgotten.and(given_back).map_err(Error::from)?)
    }

    /// Forgets what was guessed wrong of an account from where its owner is now.
    pub(super) async fn forgive(&self, visitor: &Visitor, owner: &User) -> Result<(), ApiError> {
        let tenant = visitor.organization().id();
        let folded = owner.email.to_ascii_lowercase();
        let pair = self.limiter.pair(tenant, visitor.source(), &folded);
        let forgotten = self.limiter.forget_guesses(self.limits.guesses, pair).await;
        Ok(forgotten.map_err(Error::from)?)
    }

    /// Whose codes an attempt counts among: those of everybody who has the person's password, or those of
    /// the browser that the person is known by.
    pub(super) fn tries(&self, tenant: TenantId, user: UserId, taken: &Taken) -> LimitSubject {
        if taken.known {
            taken.pair
        } else {
            self.person(tenant, user)
        }
    }

    /// Counts a wish for another verification mail.
    pub(super) async fn take_resend(
        &self,
        visitor: &Visitor,
        typed: &EmailAddress,
    ) -> Result<(), ApiError> {
        let network = self.limiter.address(visitor.source());
        self.limiter.take(self.limits.resend, network).await?;
        let account = self.account(visitor, typed);
        self.limiter
            .take(self.limits.resend_account, account)
            .await?;
        Ok(())
    }

    /// Counts a wish for a link to a new password.
    pub(super) async fn take_reset(
        &self,
        visitor: &Visitor,
        typed: &EmailAddress,
    ) -> Result<(), ApiError> {
        let network = self.limiter.address(visitor.source());
        self.limiter.take(self.limits.reset, network).await?;
        let account = self.account(visitor, typed);
        self.limiter
            .take(self.limits.reset_account, account)
            .await?;
        Ok(())
    }

    /// Counts a link of a recovery that somebody opens, among links to a new password.
    pub(super) async fn take_recovery(&self, visitor: &Visitor) -> Result<(), ApiError> {
        let network = self.limiter.address(visitor.source());
        self.limiter.take(self.limits.reset, network).await?;
        Ok(())
    }

    /// Counts a code that somebody who is signed in tries.
    pub(super) async fn take_code<P: Policy>(&self, tenant: &Tenant<P>) -> Result<(), ApiError> {
        let session = tenant.session_id();
        let user = tenant
            .read(async |tx| people::fetch_user_of(tx, session).await)
            .await
            .map_err(Error::from)?;
        let subject = self.person(tenant.organization().id(), user.id);
        self.limiter.take(self.limits.code, subject).await?;
        Ok(())
    }

    /// A person, whatever their address is.
    pub(super) fn person(&self, tenant: TenantId, user: UserId) -> LimitSubject {
        self.limiter.account(tenant, &user.to_string())
    }

    fn account(&self, visitor: &Visitor, typed: &EmailAddress) -> LimitSubject {
        self.limiter
            .account(visitor.organization().id(), &typed.folded())
    }
}

/// By which of the secrets that a browser brings the owner of `email`, in its folded form, is known.
pub(super) async fn find_known(
    tx: &TenantTx,
    email: &str,
    device: &Device,
) -> Result<Option<TokenHash>, DbError> {
    let hashes = device.known_by.hashes();
    if hashes.is_empty() {
        return Ok(None);
    }
    devices::find(tx, email, &hashes).await
}
