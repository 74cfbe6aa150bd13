//! Telling owners what an operator did to their organisation: work that the change itself has left, by the id
//! of its row in the audit log.

use std::sync::Arc;

use ::jobs::{Claimed, Handler, JobError};
use async_trait::async_trait;
use db::{DbError, TenantTx};
use mail::Template;
use mail::outbox::{self, NewMail};
use mail::templates::Change;
use serde_json::json;
use tenancy::life::Verb;
use tenancy::verbs::TELL_OWNERS;

use crate::ports::Owners;
use crate::store::audit::{self, Told};

/// Every kind of work that operators' acts leave behind. `contact` is the address that owners may ask.
pub fn jobs(owners: Arc<dyn Owners>, contact: Option<String>) -> Vec<Box<dyn Handler>> {
    vec![Box::new(TellOwners { owners, contact })]
}

struct TellOwners {
    owners: Arc<dyn Owners>,
    contact: Option<String>,
}

/// What a row of the audit log says to owners; nothing where it is none of theirs.
fn change_of(action: &str) -> Option<Change> {
    let verb = Verb::ALL.into_iter().find(|verb| verb.action() == action)?;
    Some(match verb {
        Verb::Suspend => Change::Suspended,
        Verb::Freeze => Change::Frozen,
        Verb::Resume => Change::Resumed,
        Verb::Delete => Change::DeletionBegan,
        Verb::Undelete => Change::DeletionUndone,
    })
}

impl TellOwners {
    async fn write(&self, tx: &TenantTx, told: &Told, change: Change) -> Result<(), DbError> {
        let params = json!({
            "organization": tx.tenant().name(),
            "change": change,
            "at": outbox::for_people(told.at),
            "until": told.until.map(outbox::for_people),
            "reason": told.reason,
            "contact": self.contact,
        });
        for owner in self.owners.list(tx).await? {
            let mail = NewMail {
                template: Template::StateChanged,
                recipient: &owner,
                params: params.clone(),
                secret: None,
                dedupe_key: None,
            };
            outbox::enqueue_notice(tx, mail).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Handler for TellOwners {
    fn kind(&self) -> &'static str {
        TELL_OWNERS
    }

    fn in_any_state(&self) -> bool {
        true
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        let (tenant, origin) = (job.tenant()?, job.origin());
        job.finish_platform(async |tx| {
            // An organisation that was brought here from elsewhere brings work whose rows stayed behind.
            let Some(told) = audit::find_told(tx, job.reference(), tenant.id()).await? else {
                return Ok(());
            };
            let Some(change) = change_of(&told.action) else {
                return Ok(());
            };
            tx.enter(tenant, origin, async |inside| {
                Ok(self.write(inside, &told, change).await?)
            })
            .await
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_told_of_every_verb_and_of_nothing_else() {
        for verb in Verb::ALL {
            assert!(change_of(verb.action()).is_some(), "{verb:?}");
        }
        assert_eq!(change_of("tenant.renamed"), None);
    }
}
