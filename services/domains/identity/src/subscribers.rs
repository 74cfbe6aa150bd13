//! What identity does about facts, its own included.

use async_trait::async_trait;
use db::TenantTx;
use events::identity::{
    AccountDeleted, AccountDisowned, ApiKeyRevoked, EndsSessions, MemberDeactivated, MemberRemoved,
    PasswordChanged, PasswordResetRequested, SessionEnded, SessionsEnded, SignInPolicyChanged,
    VerificationRequested,
};
use events::recovery::RecoveryCompleted;
use events::support::{SupportEnded, SupportWithdrawn};
use jobs::{Hint, JobError, StoredEvent, Subscriber};
use kernel::email::EmailAddress;
use kernel::event::Event;
use serde::de::DeserializeOwned;

use crate::forgetting::CallForgetting;
use crate::service;

/// Everything identity subscribes to.
pub fn subscribers() -> Vec<Box<dyn Subscriber>> {
    vec![
        Box::new(MailVerification),
        Box::new(MailReset),
        Box::new(CloseSockets),
        Box::new(CallForgetting),
    ]
}

/// Mails the link that somebody asked for, where the address is one of ours.
struct MailVerification;

#[async_trait]
impl Subscriber for MailVerification {
    fn events(&self) -> &[&'static str] {
        &[VerificationRequested::KIND]
    }

    async fn on_event(&self, tx: &TenantTx, event: &StoredEvent) -> Result<Vec<Hint>, JobError> {
        let requested: VerificationRequested = payload(event)?;
        service::send_verification(tx, &address(&requested.email)?).await?;
        Ok(Vec::new())
    }
}

/// Mails the link to a new password that somebody asked for, where the address is one of ours.
struct MailReset;

#[async_trait]
impl Subscriber for MailReset {
    fn events(&self) -> &[&'static str] {
        &[PasswordResetRequested::KIND]
    }

    async fn on_event(&self, tx: &TenantTx, event: &StoredEvent) -> Result<Vec<Hint>, JobError> {
        let requested: PasswordResetRequested = payload(event)?;
        service::send_reset(tx, &address(&requested.email)?).await?;
        Ok(Vec::new())
    }
}

/// Tells every process that sessions are over, so that their sockets close. An event that ends sessions
/// beside something else is listed here and has `ended_sessions`, as [`EndsSessions`] has.
struct CloseSockets;

#[async_trait]
impl Subscriber for CloseSockets {
    fn events(&self) -> &[&'static str] {
        &[
            SessionEnded::KIND,
            SessionsEnded::KIND,
            PasswordChanged::KIND,
            SignInPolicyChanged::KIND,
            AccountDeleted::KIND,
            AccountDisowned::KIND,
            MemberDeactivated::KIND,
            MemberRemoved::KIND,
            RecoveryCompleted::KIND,
            SupportEnded::KIND,
            SupportWithdrawn::KIND,
            ApiKeyRevoked::KIND,
        ]
    }

    async fn on_event(&self, tx: &TenantTx, event: &StoredEvent) -> Result<Vec<Hint>, JobError> {
        let ended = if event.kind == SessionEnded::KIND {
            vec![payload::<SessionEnded>(event)?.session_id]
        } else if event.kind == ApiKeyRevoked::KIND {
            vec![payload::<ApiKeyRevoked>(event)?.key_id.uuid().into()]
        } else {
            payload::<EndsSessions>(event)?.ended_sessions
        };
        let tenant = tx.tenant().id();
        let closed = |session| Hint::SessionEnded { tenant, session };
        Ok(ended.into_iter().map(closed).collect())
    }
}

fn address(typed: &str) -> Result<EmailAddress, JobError> {
    EmailAddress::parse(typed)
        .ok_or_else(|| JobError::Dead("the address asked for is none".to_owned()))
}

fn payload<T: DeserializeOwned>(event: &StoredEvent) -> Result<T, JobError> {
    serde_json::from_value(event.payload.clone())
        .map_err(|error| JobError::Dead(format!("the payload cannot be read: {error}")))
}
