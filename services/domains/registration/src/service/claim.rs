//! Claiming a ready schema for an organisation: the one transaction, and what may be tried again.

use std::time::{Duration, Instant};

use data_encoding::BASE32_NOPAD;
use db::{DbError, NewTenant, PlatformTx, TenantRef, TenantTx};
use events::registration::OrganizationRegistered;
use gateway::NamedAttempt;
use jiff::SignedDuration;
use jobs::Hint;
use kernel::event::Actor;
use kernel::id::UserId;
use passwords::PasswordHash;
use serde_json::json;
use tenancy::TEMPLATE_VERSION;
use tenancy::audit::{self, Act};

use super::Registration;
use crate::error::Error;
use crate::model::{
    Answered, FREE_ENDPOINTS, FREE_USERS, NewOrganization, Owner, Registered, WantedSlug,
};
use crate::ports::Place;
use crate::slug::Slug;
use crate::store;

/// How long a caller waits for a schema to be made.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked for meanwhile.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Lost races for a number behind a name, after which chance decides.
const NUMBERED: u32 = 4;
/// Lost races after which something else must be wrong.
const RACES: u32 = 12;
/// How long an answer is kept for whoever asks for it again.
const ANSWER_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// The quota that counts what is watched.
const ENDPOINTS: &str = "endpoints";
const USERS: &str = "users";

/// Why a transaction did not come to its end. All but the last are tried again or answered otherwise.
enum Halt {
    /// Another organisation took the name between the look and the claim.
    NameTaken,
    /// An attempt of the same name was faster.
    SameAttempt,
    /// Something else.
    Failed(Error),
}

impl From<DbError> for Halt {
    fn from(error: DbError) -> Self {
        match error.constraint() {
            Some("tenants_slug_key" | "hosts_pkey") => Self::NameTaken,
            _ => Self::Failed(error.into()),
        }
    }
}

impl Registration {
    /// Claims a ready schema, waiting a moment for one to be made.
    pub(super) async fn claim(
        &self,
        root: &impl Place,
        new: &NewOrganization,
        hash: &PasswordHash,
        attempt: Option<&NamedAttempt>,
    ) -> Result<Answered, Error> {
        let started = Instant::now();
        let mut races = 0;
        loop {
            match Box::pin(self.claim_now(root, new, hash, attempt, races)).await {
                Ok(Some(organization)) => {
                    return Ok(Answered {
                        organization,
                        replayed: false,
                    });
                }
                Ok(None) if started.elapsed() >= PATIENCE => return Err(Error::NoneReady),
                Ok(None) => {
                    self.bus.publish(&[Hint::PoolWanted]);
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                Err(Halt::NameTaken) => match new.slug {
                    WantedSlug::Chosen(_) => return Err(Error::SlugTaken),
                    WantedSlug::Derived(_) if races < RACES => races += 1,
                    WantedSlug::Derived(_) => return Err(Error::NoneReady),
                },
                Err(Halt::SameAttempt) => {
                    let answered = match attempt {
                        Some(attempt) => replay(root, attempt).await?,
                        None => None,
                    };
                    return answered.ok_or(Error::KeyReused);
                }
                Err(Halt::Failed(error)) => return Err(error),
            }
        }
    }

    /// One transaction; `None` where no schema is ready.
    async fn claim_now(
        &self,
        root: &impl Place,
        new: &NewOrganization,
        hash: &PasswordHash,
        attempt: Option<&NamedAttempt>,
        races: u32,
    ) -> Result<Option<Registered>, Halt> {
        root.write_platform(async |tx| {
            let slug = choose(tx, &new.slug, root.domain(), races).await?;
            let host = format!("{slug}.{}", root.domain());
            let named = NewTenant {
                name: &new.name,
                slug: slug.as_str(),
                host: &host,
            };
            let Some(tenant) = tx.claim_tenant(named, TEMPLATE_VERSION).await? else {
                return Ok(None);
            };
            let owner = Owner {
                email: &new.email,
                password_hash: hash,
            };
            let owner_id = tx
                .enter(&tenant, root.origin(), async |inside| {
                    self.found(inside, &tenant, &owner).await
                })
                .await?;
            let address = self.keys.address_hash(&new.email.folded());
            store::add_address(tx, &address, tenant.id(), owner_id).await?;
            let registered = Registered {
                id: tenant.id(),
                name: new.name.clone(),
                slug: slug.to_string(),
                url: root.url_of(&host),
                email: new.email.as_str().to_owned(),
            };
            if let Some(mandate) = root.mandate() {
                let act = Act {
                    mandate,
                    action: "tenant.created",
                    tenant: Some(tenant.id()),
                    subject: Some(slug.as_str()),
                    detail: json!({}),
                };
                audit::record(tx, &act).await?;
            }
            if let Some(attempt) = attempt {
                keep(tx, attempt, &registered).await?;
            }
            Ok(Some(registered))
        })
        .await
    }

    /// The first rows of an organisation.
    async fn found(
        &self,
        tx: &TenantTx,
        tenant: &TenantRef,
        owner: &Owner<'_>,
    ) -> Result<UserId, DbError> {
        let owner_id = self.people.add_owner(tx, owner).await?;
        store::add_quota(tx, ENDPOINTS, 0, FREE_ENDPOINTS).await?;
        // The owner has a place already.
        store::add_quota(tx, USERS, 1, FREE_USERS).await?;
        super::lapse::watch(tx, owner_id).await?;
        let registered = OrganizationRegistered {
            organization_id: tenant.id(),
            owner_id,
            name: tenant.name().to_owned(),
            slug: tenant.slug().to_owned(),
        };
        tx.acting_as(Actor::User(owner_id))
            .record(&registered)
            .await?;
        Ok(owner_id)
    }
}

/// The slug to claim: the chosen one, or the first number behind the name that is free. Who lost several
/// races for a number stops racing and takes a random end.
async fn choose(
    tx: &PlatformTx,
    wanted: &WantedSlug,
    domain: &str,
    races: u32,
) -> Result<Slug, Halt> {
    match wanted {
        WantedSlug::Chosen(slug) => {
            let taken = store::taken_slugs(tx, std::slice::from_ref(slug), domain).await?;
            if taken.is_empty() {
                Ok(slug.clone())
            } else {
                Err(Halt::NameTaken)
            }
        }
        WantedSlug::Derived(slug) => {
            let taken = store::taken_slugs(tx, &slug.candidates(), domain).await?;
            let free = slug.first_free(&taken).filter(|_| races < NUMBERED);
            Ok(free.unwrap_or_else(|| {
                let mut bytes = [0; 5];
                tx.entropy().fill(&mut bytes);
                slug.with_suffix(&BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
            }))
        }
    }
}

/// The answer that was given to an attempt of this name. Errors: [`Error::KeyReused`] where something
/// else came with it.
pub(super) async fn replay(
    root: &impl Place,
    attempt: &NamedAttempt,
) -> Result<Option<Answered>, Error> {
    let found = root
        .read_platform(async |tx| {
            let since = earlier(tx);
            store::find_answer(tx, &attempt.key_hash, since).await
        })
        .await?;
    let Some((body, answer)) = found else {
        return Ok(None);
    };
    if body != attempt.body_hash {
        return Err(Error::KeyReused);
    }
    let organization = serde_json::from_value(answer).map_err(|_| DbError::Corrupt {
        table: "platform.idempotency_keys",
        column: "answer",
    })?;
    Ok(Some(Answered {
        organization,
        replayed: true,
    }))
}

async fn keep(tx: &PlatformTx, attempt: &NamedAttempt, given: &Registered) -> Result<(), Halt> {
    // Texts and an id: serialising them cannot fail.
    let answer = serde_json::to_value(given).unwrap_or_default();
    let since = earlier(tx);
    if store::keep_answer(tx, attempt, &answer, since).await? {
        Ok(())
    } else {
        Err(Halt::SameAttempt)
    }
}

/// Answers from before this are forgotten.
fn earlier(tx: &PlatformTx) -> jiff::Timestamp {
    tx.now()
        .saturating_sub(ANSWER_KEPT)
        .unwrap_or(jiff::Timestamp::MIN)
}
