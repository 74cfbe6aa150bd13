//! Work of registration's that is done later, and what it does about others' facts.

use std::sync::Arc;

use ::jobs::{Bus, Claimed, Handler, Hint, JobError, StoredEvent, Subscriber};
use async_trait::async_trait;
use db::TenantTx;
use events::identity::{
    AccountDeleted, EmailChanged, MemberDeactivated, MemberJoined, MemberReactivated,
    MemberRemoved, SessionCreated, TokenRefreshed, UserVerified,
};
use events::recovery::RecoveryCompleted;
use gateway::Keys;
use kernel::event::Event;
use kernel::id::UserId;
use kernel::roles::Role;
use serde::Deserialize;
use url::Url;

use crate::ports::People;
use crate::service::{
    self, CALL_LAST, CONFIRM_ORGANIZATION, FIND_WORKSPACES, NOTE_ACTIVITY, NOTE_ADDRESS,
    REMOVE_UNPROVEN,
};
use crate::store;

/// Every kind of work registration leaves behind. `base_url` is the root host's address; `keys` hash
/// people's addresses.
pub fn jobs(people: Arc<dyn People>, keys: Keys, bus: Bus, base_url: Url) -> Vec<Box<dyn Handler>> {
    let confirm = ConfirmOrganization {
        people: Arc::clone(&people),
    };
    let note = NoteAddress {
        people: Arc::clone(&people),
        keys,
    };
    let call = CallLast {
        people: Arc::clone(&people),
    };
    let remove = RemoveUnproven {
        people: Arc::clone(&people),
        bus,
    };
    vec![
        Box::new(FindWorkspaces { people, base_url }),
        Box::new(confirm),
        Box::new(note),
        Box::new(call),
        Box::new(remove),
        Box::new(NoteActivity),
    ]
}

/// Everything registration subscribes to.
pub fn subscribers() -> Vec<Box<dyn Subscriber>> {
    vec![
        Box::new(OwnerVerified),
        Box::new(AddressChanged),
        Box::new(SomebodyCame),
    ]
}

/// Mails somebody the list of their workspaces.
struct FindWorkspaces {
    people: Arc<dyn People>,
    base_url: Url,
}

impl FindWorkspaces {
    /// Where the console on `host` is, without a trailing slash.
    fn url_of(&self, host: &str) -> String {
        let mut url = self.base_url.clone();
        // A stored host is a domain name, which fits into any http address.
        let _ = url.set_host(Some(host));
        url.as_str().trim_end_matches('/').to_owned()
    }
}

#[async_trait]
impl Handler for FindWorkspaces {
    fn kind(&self) -> &'static str {
        FIND_WORKSPACES
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        let (origin, search) = (job.origin(), job.reference());
        job.finish_platform(async |tx| {
            let url_of = |host: &str| self.url_of(host);
            service::answer_search(tx, &*self.people, origin, url_of, search).await?;
            Ok(())
        })
        .await
    }
}

/// Notes in `platform.tenants` that an organisation's owner has proven their address. The transaction in
/// which they did could not: a tenant's role reaches nothing of the platform's but the queue.
struct ConfirmOrganization {
    people: Arc<dyn People>,
}

#[async_trait]
impl Handler for ConfirmOrganization {
    fn kind(&self) -> &'static str {
        CONFIRM_ORGANIZATION
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        let (tenant, origin) = (job.tenant()?, job.origin());
        let owner = job.reference().into();
        job.finish_platform(async |tx| {
            service::confirm(tx, &*self.people, tenant, origin, owner).await?;
            Ok(())
        })
        .await
    }
}

/// Asks an owner once more to prove their address.
struct CallLast {
    people: Arc<dyn People>,
}

#[async_trait]
impl Handler for CallLast {
    fn kind(&self) -> &'static str {
        CALL_LAST
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        let owner = job.reference().into();
        job.finish(async |tx| Ok(service::call_last(tx, &*self.people, owner).await?))
            .await
    }
}

/// Ends an organisation whose owner never did.
struct RemoveUnproven {
    people: Arc<dyn People>,
    bus: Bus,
}

#[async_trait]
impl Handler for RemoveUnproven {
    fn kind(&self) -> &'static str {
        REMOVE_UNPROVEN
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        let (tenant, origin) = (job.tenant()?, job.origin());
        let owner = job.reference().into();
        let gone = job
            .finish_platform(async |tx| {
                Ok(service::remove_unproven(tx, &*self.people, tenant, origin, owner).await?)
            })
            .await?;
        let hints: Vec<Hint> = gone
            .into_iter()
            .map(|host| Hint::DirectoryChanged { host })
            .collect();
        self.bus.publish(&hints);
        Ok(())
    }
}

/// Hears of owners who have proven their address.
struct OwnerVerified;

#[async_trait]
impl Subscriber for OwnerVerified {
    fn events(&self) -> &[&'static str] {
        &[UserVerified::KIND]
    }

    async fn on_event(&self, tx: &TenantTx, event: &StoredEvent) -> Result<Vec<Hint>, JobError> {
        let verified: UserVerified = serde_json::from_value(event.payload.clone())
            .map_err(|error| JobError::Dead(format!("the payload cannot be read: {error}")))?;
        if verified.role == Role::Owner {
            service::owner_verified(tx, verified.user_id).await?;
        }
        Ok(Vec::new())
    }
}

/// Notes on the platform which address a person has. The transaction in which it changed could not.
struct NoteAddress {
    people: Arc<dyn People>,
    keys: Keys,
}

#[async_trait]
impl Handler for NoteAddress {
    fn kind(&self) -> &'static str {
        NOTE_ADDRESS
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        let (tenant, origin) = (job.tenant()?, job.origin());
        let person = job.reference().into();
        job.finish_platform(async |tx| {
            service::note_address(tx, &*self.people, &self.keys, tenant, origin, person).await?;
            Ok(())
        })
        .await
    }
}

/// Hears of people who have another address, who join and who leave.
struct AddressChanged;

/// What every event has that is about one person.
#[derive(Deserialize)]
struct About {
    user_id: UserId,
}

#[async_trait]
impl Subscriber for AddressChanged {
    fn events(&self) -> &[&'static str] {
        &[
            AccountDeleted::KIND,
            EmailChanged::KIND,
            MemberJoined::KIND,
            MemberDeactivated::KIND,
            MemberReactivated::KIND,
            MemberRemoved::KIND,
            RecoveryCompleted::KIND,
        ]
    }

    async fn on_event(&self, tx: &TenantTx, event: &StoredEvent) -> Result<Vec<Hint>, JobError> {
        let changed: About = serde_json::from_value(event.payload.clone())
            .map_err(|error| JobError::Dead(format!("the payload cannot be read: {error}")))?;
        service::address_changed(tx, changed.user_id).await?;
        Ok(Vec::new())
    }
}

/// Notes when an organisation was used last, for operators.
struct NoteActivity;

#[async_trait]
impl Handler for NoteActivity {
    fn kind(&self) -> &'static str {
        NOTE_ACTIVITY
    }

    async fn run(&self, job: &Claimed) -> Result<(), JobError> {
        let tenant = job.tenant()?.id();
        job.finish_platform(async |tx| Ok(store::note_activity(tx, tenant).await?))
            .await
    }
}

/// Hears of people who sign in and programs that renew their tokens.
struct SomebodyCame;

#[async_trait]
impl Subscriber for SomebodyCame {
    fn events(&self) -> &[&'static str] {
        &[SessionCreated::KIND, TokenRefreshed::KIND]
    }

    async fn on_event(&self, tx: &TenantTx, event: &StoredEvent) -> Result<Vec<Hint>, JobError> {
        service::somebody_came(tx, event.id.uuid()).await?;
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use db::DbError;
    use jiff::Timestamp;
    use kernel::id::UserId;

    use crate::model::Owner;
    use crate::ports::Proof;

    struct Nobody;

    #[async_trait]
    impl People for Nobody {
        async fn add_owner(&self, _: &TenantTx, _: &Owner<'_>) -> Result<UserId, DbError> {
            Err(DbError::Missing)
        }

        async fn call_last(&self, _: &TenantTx, _: UserId, _: Timestamp) -> Result<bool, DbError> {
            Ok(false)
        }

        async fn withdraw(&self, _: &TenantTx, _: UserId) -> Result<bool, DbError> {
            Ok(false)
        }

        async fn find_proof(&self, _: &TenantTx, _: UserId) -> Result<Option<Proof>, DbError> {
            Ok(None)
        }
    }

    #[test]
    fn a_workspace_is_linked_with_the_scheme_and_port_of_the_root_host() {
        let url_of = |base: &str| {
            let base_url = base.parse().expect("a URL");
            let people = Arc::new(Nobody);
            FindWorkspaces { people, base_url }.url_of("acme.signalbox.example")
        };
        assert_eq!(
            url_of("http://localhost:8080"),
            "http://acme.signalbox.example:8080"
        );
        assert_eq!(
            url_of("https://signalbox.example/"),
            "https://acme.signalbox.example"
        );
    }
}
