//! One-time codes by an authenticator app, and the recovery codes for the day it is lost.

use db::{DbError, TenantTx};
use events::identity::{CodesChange, CodesChanged};
use gateway::{ApiError, Sealed, Tenant};
use kernel::id::{SessionId, UserId};
use kernel::roles::Policy;
use passwords::totp::Seed;

use super::notices::{self, Notice};
use super::{Identity, policy};
use crate::error::{CredentialsError, Error};
use crate::model::{RECOVERY_CODES, RecoveryCode, Security, User};
use crate::store::codes::Codes;
use crate::store::{codes, people, policy as rules};

/// What an authenticator app needs to know, shown once.
#[derive(Debug)]
pub struct Enrollment {
    /// Whose.
    pub user: User,
    /// The seed.
    pub seed: Seed,
}

impl Identity {
    /// Makes a seed for the caller. Nothing asks for its codes until one was shown. Errors:
    /// [`CredentialsError::HasCodes`].
    pub async fn start_codes<P: Policy>(&self, tenant: &Tenant<P>) -> Result<Enrollment, ApiError> {
        let enrollment = tenant
            .write(async |tx| {
                let user = people::fetch_user(tx, tenant.caller()?.user).await?;
                if codes::lock(tx, user.id).await?.confirmed {
                    return Err(Error::from(CredentialsError::HasCodes));
                }
                policy::check_enrolling(tx, tenant.caller()?).await?;
                let seed = Seed::generate(tx.entropy());
                let sealed = self.keys.seal(&place(user.id), seed.bytes(), tx.entropy());
                codes::start(tx, user.id, sealed.bytes()).await?;
                record(tx, user.id, CodesChange::Started).await?;
                Ok(Enrollment { user, seed })
            })
            .await?;
        Ok(enrollment)
    }

    /// From now on signing in asks the caller for a code: `typed` shows that their app has the seed. Answers
    /// the recovery codes, which are shown once. Errors: [`CredentialsError::WrongCode`], [`CredentialsError::NoCodes`],
    /// [`CredentialsError::HasCodes`].
    pub async fn confirm_codes<P: Policy>(
        &self,
        tenant: &Tenant<P>,
        typed: &str,
    ) -> Result<Vec<RecoveryCode>, ApiError> {
        self.take_code(tenant).await?;
        let recovery = tenant
            .write(async |tx| {
                let user = people::fetch_user(tx, tenant.caller()?.user).await?;
                let known = codes::lock(tx, user.id).await?;
                if known.confirmed {
                    return Err(Error::from(CredentialsError::HasCodes));
                }
                policy::check_enrolling(tx, tenant.caller()?).await?;
                let seed = self
                    .open(user.id, &known)?
                    .ok_or(Error::from(CredentialsError::NoCodes))?;
                let step = seed.accept(typed, tx.now(), known.last_step);
                let step = step.ok_or(Error::from(CredentialsError::WrongCode))?;
                let recovery = recovery_codes(tx);
                let hashes: Vec<_> = recovery.iter().map(RecoveryCode::hash).collect();
                codes::confirm(tx, user.id, step, &hashes).await?;
                rules::show_second_factor(tx, tenant.session_id()).await?;
                record(tx, user.id, CodesChange::Added).await?;
                notices::send(tx, &user, Notice::CodesAdded).await?;
                Ok(recovery)
            })
            .await?;
        Ok(recovery)
    }

    /// Makes new recovery codes for the caller; the ones before are worth nothing more. Errors:
    /// [`CredentialsError::NoCodes`].
    pub async fn replace_recovery_codes<P: Policy>(
        &self,
        tenant: &Tenant<P>,
    ) -> Result<Vec<RecoveryCode>, ApiError> {
        let recovery = tenant
            .write(async |tx| {
                let user = people::fetch_user(tx, tenant.caller()?.user).await?;
                if !codes::lock(tx, user.id).await?.confirmed {
                    return Err(Error::from(CredentialsError::NoCodes));
                }
                let recovery = recovery_codes(tx);
                let hashes: Vec<_> = recovery.iter().map(RecoveryCode::hash).collect();
                codes::set_recovery(tx, user.id, &hashes).await?;
                record(tx, user.id, CodesChange::RecoveryReplaced).await?;
                notices::send(tx, &user, Notice::RecoveryCodesReplaced).await?;
                Ok(recovery)
            })
            .await?;
        Ok(recovery)
    }

    /// Signing in asks the caller for no code any more. Errors: [`CredentialsError::NoCodes`],
    /// [`PolicyError::LastSecondFactor`](crate::error::PolicyError::LastSecondFactor).
    pub async fn remove_codes<P: Policy>(&self, tenant: &Tenant<P>) -> Result<(), ApiError> {
        tenant
            .write(async |tx| {
                let user = people::fetch_user(tx, tenant.caller()?.user).await?;
                if !codes::lock(tx, user.id).await?.confirmed {
                    return Err(Error::from(CredentialsError::NoCodes));
                }
                codes::forget(tx, user.id).await?;
                let left = rules::list_ways(tx, user.id).await?.0;
                policy::check_second_factor(tx, left.has_second_factor()).await?;
                record(tx, user.id, CodesChange::Removed).await?;
                notices::send(tx, &user, Notice::CodesRemoved).await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(())
    }

    /// Whether `typed` is a code of a locked account: one of its app's, or one of those it has left. Either
    /// is good once.
    pub(super) async fn accept_code(
        &self,
        tx: &TenantTx,
        user: &User,
        typed: &str,
    ) -> Result<bool, Error> {
        let known = codes::lock(tx, user.id).await?;
        if let Some(code) = RecoveryCode::parse(typed) {
            let used = codes::use_recovery(tx, user.id, &code.hash()).await?;
            if used {
                notices::send(tx, user, Notice::RecoveryCodeUsed).await?;
            }
            return Ok(used);
        }
        let seed = self
            .open(user.id, &known)?
            .ok_or(Error::from(CredentialsError::NoCodes))?;
        match seed.accept(typed, tx.now(), known.last_step) {
            Some(step) => Ok(codes::note_step(tx, user.id, step).await.map(|()| true)?),
            None => Ok(false),
        }
    }

    fn open(&self, user: UserId, known: &Codes) -> Result<Option<Seed>, Error> {
        let Some(sealed) = known.sealed.clone() else {
            return Ok(None);
        };
        let bytes = self.keys.open(&place(user), &Sealed::stored(sealed))?;
        Ok(Some(Seed::kept(&bytes).ok_or(gateway::Unreadable)?))
    }
}

/// What the person behind `session` has to prove who they are.
pub async fn fetch_security(tx: &TenantTx, session: SessionId) -> Result<Security, DbError> {
    codes::fetch_security(tx, session).await
}

fn recovery_codes(tx: &TenantTx) -> Vec<RecoveryCode> {
    let new = || RecoveryCode::generate(tx.entropy());
    std::iter::repeat_with(new).take(RECOVERY_CODES).collect()
}

async fn record(tx: &TenantTx, user_id: UserId, change: CodesChange) -> Result<(), DbError> {
    tx.record(&CodesChanged { user_id, change }).await
}

/// The place a seed is sealed for: no other row can hold it.
pub(super) fn place(user: UserId) -> Vec<u8> {
    [b"users.totp_secret/", &user.uuid().as_bytes()[..]].concat()
}
