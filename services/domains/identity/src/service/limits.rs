//! How often somebody may try. Counted in Postgres, by the network they come from and by the account.

use std::net::IpAddr;

use gateway::{ApiError, Limit, LimitSubject, Tenant, Visitor};
use kernel::email::EmailAddress;
use kernel::id::{TenantId, UserId};
use kernel::roles::Policy;

use super::Identity;
use crate::error::Error;
use crate::model::{Attempt, Credentials, Device};
use crate::store::{attempts, people};

/// What is limited, and how much. The numbers are settings.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Failed sign-ins of a network.
    pub sign_in: Limit,
    /// Failed sign-ins to an account, from wherever: wide, so that nobody can lock a victim out.
    pub sign_in_account: Limit,
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
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_in: Limit::per_hour("login", 10),
            sign_in_account: Limit::per_hour("login_account", 300),
            resend: Limit::per_hour("resend", 3),
            resend_account: Limit::per_hour("resend_account", 3),
            reset: Limit::per_hour("reset", 10),
            reset_account: Limit::per_hour("reset_account", 3),
            proof: Limit::per_hour("proof", 10),
            code: Limit::per_hour("code", 10),
            invitation: Limit::per_hour("invitation", 60),
        }
    }
}

/// An attempt to sign in that was counted, to be given back if it was a good one.
pub(super) struct Taken {
    network: LimitSubject,
    account: LimitSubject,
}

impl Identity {
    /// Counts an attempt to sign in. One too many is written down like every other.
    pub(super) async fn take_sign_in(
        &self,
        visitor: &Visitor,
        typed: &Credentials,
        device: &Device,
    ) -> Result<Taken, ApiError> {
        let (tenant, address) = (visitor.organization().id(), visitor.origin().address);
        let folded = typed.email.folded();
        let refusal = match self.count_proof(tenant, address, &folded).await {
            Ok(taken) => return Ok(taken),
            Err(refusal) => refusal,
        };
        if refusal.status().as_u16() == 429 {
            tracing::warn!(target: "security", "too many attempts to sign in");
            visitor
                .write(async |tx| attempts::add_attempt(tx, Attempt::Limited, None, device).await)
                .await
                .map_err(Error::from)?;
        }
        Err(refusal)
    }

    /// Counts an attempt to prove who one is: for the network it comes from, and for the account of `email`
    /// in its folded form.
    pub(super) async fn count_proof(
        &self,
        tenant: TenantId,
        address: Option<IpAddr>,
        email: &str,
    ) -> Result<Taken, ApiError> {
        let taken = Taken {
            network: self.limiter.address(address),
            account: self.limiter.account(tenant, email),
        };
        let Limits {
            sign_in,
            sign_in_account,
            ..
        } = self.limits;
        self.limiter.take(sign_in, taken.network).await?;
        self.limiter.take(sign_in_account, taken.account).await?;
        Ok(taken)
    }

    /// Gives an attempt back: its password was right.
    pub(super) async fn give_back(&self, taken: Taken) -> Result<(), ApiError> {
        let Limits {
            sign_in,
            sign_in_account,
            ..
        } = self.limits;
        let network = self.limiter.give_back(sign_in, taken.network).await;
        let account = self.limiter.give_back(sign_in_account, taken.account).await;
        Ok(network.and(account).map_err(Error::from)?)
    }

    /// Counts a wish for another verification mail.
    pub(super) async fn take_resend(
        &self,
        visitor: &Visitor,
        typed: &EmailAddress,
    ) -> Result<(), ApiError> {
        let network = self.limiter.address(visitor.origin().address);
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
        let network = self.limiter.address(visitor.origin().address);
        self.limiter.take(self.limits.reset, network).await?;
        let account = self.account(visitor, typed);
        self.limiter
            .take(self.limits.reset_account, account)
            .await?;
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
