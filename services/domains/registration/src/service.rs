//! The use cases of registration. Only here is decided; the rules of the fields are `model` and `slug`.

mod claim;
mod lapse;
mod preview;
mod search;

use std::sync::Arc;

use db::{DbError, PlatformTx, TenantRef, TenantTx};
use gateway::Keys;
use gateway::{ApiError, NamedAttempt, Root};
use gateway::{Limit, Limiter};
use jobs::{Bus, Hint};
use kernel::email::EmailAddress;
use kernel::event::Origin;
use kernel::id::{TenantId, UserId};
use passwords::Passwords;
use tenancy::switches::{RegistrationSwitch, Switches};
use uuid::Uuid;

use crate::error::Error;
use crate::model::{Answered, Application, NewOrganization, Registered};
use crate::ports::{People, Place};
use crate::store;

pub use lapse::{CALL_LAST, REMOVE_UNPROVEN, call_last, remove_unproven};
pub use search::{FIND_WORKSPACES, answer_search};

pub use crate::model::typed_address;

/// How often somebody may try. The numbers are settings.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Registrations of a network that came to an end.
    pub accepted: Limit,
    /// Registrations of a network that were refused.
    pub refused: Limit,
    /// Searches for workspaces by a network.
    pub search: Limit,
    /// Mails about workspaces to an address.
    pub search_account: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            accepted: Limit::per_hour("registration", 5),
            refused: Limit::per_hour("registration_refused", 60),
            search: Limit::per_hour("find_workspaces", 3),
            search_account: Limit::per_hour("find_workspaces_account", 3),
        }
    }
}

/// What the use cases need besides a transaction.
#[derive(Clone)]
pub struct Registration {
    /// Who keeps the people.
    pub people: Arc<dyn People>,
    /// The rules and the hashing of passwords.
    pub passwords: Passwords,
    /// The key of address hashes.
    pub keys: Keys,
    /// Counts attempts.
    pub limiter: Limiter,
    /// How many there may be.
    pub limits: Limits,
    /// Wakes the filler of the pool, and tells of the new host.
    pub bus: Bus,
    /// Whether anybody may register.
    pub switches: Switches,
}

impl Registration {
    /// Registers an organisation: schema, host, owner, quota, token, mail and audit row in one
    /// transaction. A named attempt that was answered before gets that answer again.
    ///
    /// Errors: [`Error::Invalid`], [`Error::ReservedName`], [`Error::SlugTaken`], [`Error::NoneReady`],
    /// [`Error::KeyReused`], [`Error::Closed`]; 429.
    pub async fn register(
        &self,
        root: &Root,
        form: Application,
        attempt: Option<NamedAttempt>,
    ) -> Result<Answered, ApiError> {
        // The body holds a password: its plain hash would be a way to guess it.
        let attempt = attempt.map(|attempt| NamedAttempt {
            body_hash: self.keys.idempotency_hash(&[b"body", &attempt.body_hash]),
            ..attempt
        });
        if let Some(attempt) = &attempt
            && let Some(answered) = claim::replay(root, attempt).await?
        {
            return Ok(answered);
        }
        // Nothing is counted: whoever comes back when it is open has all their attempts.
        if self.switches.current().await.registration != RegistrationSwitch::Open {
            return Err(Error::Closed.into());
        }
        let network = self.limiter.address(root.source());
        self.limiter.take(self.limits.refused, network).await?;
        self.limiter.take(self.limits.accepted, network).await?;
        let answered = self.register_counted(root, form, attempt.as_ref()).await;
        // Both were taken before it was known which of them counts.
        let other = match &answered {
            Ok(_) => self.limits.refused,
            Err(_) => self.limits.accepted,
        };
        self.limiter
            .give_back(other, network)
            .await
            .map_err(Error::from)?;
        Ok(answered?)
    }

    /// Registers an organisation for somebody, whatever the switch of registration and the limits say. The
    /// owner proves their address as everybody does.
    ///
    /// Errors: as [`Registration::register`].
    pub async fn provision(
        &self,
        place: &impl Place,
        form: Application,
    ) -> Result<Registered, Error> {
        Ok(self.register_counted(place, form, None).await?.organization)
    }

    async fn register_counted(
        &self,
        root: &impl Place,
        form: Application,
        attempt: Option<&NamedAttempt>,
    ) -> Result<Answered, Error> {
        let known = [form.organization_name.as_str(), form.email.as_str()];
        let faults = self.passwords.judge(&form.password, &known).await?;
        let new = NewOrganization::parse(&form, &faults)?;
        let hash = self.passwords.hash(&form.password).await?;
        let answered = self.claim(root, &new, &hash, attempt).await?;
        let host = format!("{}.{}", answered.organization.slug, root.domain());
        // The mail is due: whoever works need not wait for the next look at the queue.
        let hints = [Hint::DirectoryChanged { host }, Hint::WorkQueued];
        self.bus.publish(&hints);
        Ok(answered)
    }
}

/// The kind of work that notes in `platform.tenants` what a tenant's own transaction cannot.
pub const CONFIRM_ORGANIZATION: &str = "confirm_organization";

/// Passes on that an owner has proven their address: it is the organisation's proof as well.
pub async fn owner_verified(tx: &TenantTx, owner: UserId) -> Result<(), DbError> {
    tx.enqueue(CONFIRM_ORGANIZATION, owner.uuid(), tx.now())
        .await
}

/// Notes that an organisation is confirmed, since its owner is.
pub async fn confirm(
    tx: &PlatformTx,
    people: &dyn People,
    tenant: &TenantRef,
    origin: Origin,
    owner: UserId,
) -> Result<(), DbError> {
    let proof = tx
        .enter(tenant, origin, async |inside| {
            people.find_proof(inside, owner).await
        })
        .await?;
    match proof {
        Some(proof) => store::set_verified(tx, tenant.id(), proof.verified_at).await,
        None => Ok(()),
    }
}

/// The kind of work that notes on the platform which address a person has. Its reference is the person.
pub const NOTE_ADDRESS: &str = "note_address";

/// Passes on that a person has another address, or none any more.
pub async fn address_changed(tx: &TenantTx, person: UserId) -> Result<(), DbError> {
    tx.enqueue(NOTE_ADDRESS, person.uuid(), tx.now()).await
}

/// Notes the address a person has at present, as a keyed hash, for whoever looks for their workspaces.
pub async fn note_address(
    tx: &PlatformTx,
    people: &dyn People,
    keys: &Keys,
    tenant: &TenantRef,
    origin: Origin,
    person: UserId,
) -> Result<(), DbError> {
    let proof = tx
        .enter(tenant, origin, async |inside| {
            people.find_proof(inside, person).await
        })
        .await?;
    store::forget_address(tx, tenant.id(), person).await?;
    let address = proof.and_then(|proof| EmailAddress::parse(&proof.email));
    match address {
        Some(address) => {
            let hash = keys.address_hash(&address.folded());
            store::add_address(tx, &hash, tenant.id(), person).await
        }
        None => Ok(()),
    }
}

/// Holds people of `tenant` by the present key's hash of their address where it is a replaced key's. Answers
/// how many were.
pub async fn rehash(
    tx: &PlatformTx,
    keys: &Keys,
    tenant: TenantId,
    people: &[(UserId, String)],
) -> Result<u64, DbError> {
    let known = people.iter().filter_map(|(person, email)| {
        let address = EmailAddress::parse(email)?;
        let hash = keys.address_hash(&address.folded());
        Some((person.uuid(), hash.to_vec()))
    });
    let (people, hashes): (Vec<Uuid>, Vec<Vec<u8>>) = known.unzip();
    store::rehash(tx, tenant, &people, &hashes).await
}

/// The kind of work that notes in `platform.tenants` that somebody came.
pub const NOTE_ACTIVITY: &str = "note_activity";

/// Passes on that somebody came, by any event of theirs.
pub async fn somebody_came(tx: &TenantTx, event: Uuid) -> Result<(), DbError> {
    tx.enqueue(NOTE_ACTIVITY, event, tx.now()).await
}
