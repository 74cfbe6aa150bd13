//! What identity does about facts, its own included.

use async_trait::async_trait;
use db::TenantTx;
use events::identity::{SessionEnded, VerificationRequested};
use jobs::{Hint, JobError, StoredEvent, Subscriber};
use kernel::email::EmailAddress;
use kernel::event::Event;
use serde::de::DeserializeOwned;

use crate::service;

/// Everything identity subscribes to.
pub fn subscribers() -> Vec<Box<dyn Subscriber>> {
    vec![Box::new(MailVerification), Box::new(CloseSockets)]
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
        let typed = EmailAddress::parse(&requested.email)
            .ok_or_else(|| JobError::Dead("the address asked for is none".to_owned()))?;
        service::send_verification(tx, &typed).await?;
        Ok(Vec::new())
    }
}

/// Tells every process that a session is over, so that its sockets close.
struct CloseSockets;

#[async_trait]
impl Subscriber for CloseSockets {
    fn events(&self) -> &[&'static str] {
        &[SessionEnded::KIND]
    }

    async fn on_event(&self, tx: &TenantTx, event: &StoredEvent) -> Result<Vec<Hint>, JobError> {
        let ended: SessionEnded = payload(event)?;
        Ok(vec![Hint::SessionEnded {
            tenant: tx.tenant().id(),
            session: ended.session_id,
        }])
    }
}

fn payload<T: DeserializeOwned>(event: &StoredEvent) -> Result<T, JobError> {
    serde_json::from_value(event.payload.clone())
        .map_err(|error| JobError::Dead(format!("the payload cannot be read: {error}")))
}
