//! "Find my workspace": noted now for everybody alike, answered by mail a moment later.

use db::{DbError, PlatformTx, TenantRef, TenantState};
use gateway::{ApiError, Root};
use kernel::email::EmailAddress;
use kernel::event::Origin;
use kernel::id::{TenantId, UserId};
use mail::Template;
use mail::outbox::{self, NewMail};
use serde_json::json;
use uuid::Uuid;

use super::Registration;
use crate::error::Error;
use crate::ports::People;
use crate::store;

/// The kind of work that answers a search.
pub const FIND_WORKSPACES: &str = "find_workspaces";

impl Registration {
    /// Notes that somebody looks for the workspaces of an address. The same work for every address:
    /// whether it is known is looked up by whoever answers.
    pub async fn note_search(&self, root: &Root, typed: &EmailAddress) -> Result<(), ApiError> {
        let network = self.limiter.address(root.source());
        self.limiter.take(self.limits.search, network).await?;
        let folded = typed.folded();
        // On the root host an address belongs to no organisation yet.
        let no_tenant = TenantId::from(Uuid::nil());
        let account = self.limiter.account(no_tenant, &folded);
        self.limiter
            .take(self.limits.search_account, account)
            .await?;
        let hash = self.keys.address_hash(&folded);
        let replaced = self.keys.replaced_address_hashes(&folded);
        root.write_platform(async |tx| {
            let id: Uuid = tx.new_id();
            store::add_search(tx, id, &hash, &replaced).await?;
            jobs::enqueue(tx, FIND_WORKSPACES, id, tx.now()).await
        })
        .await
        .map_err(Error::from)?;
        Ok(())
    }
}

/// Answers a search: one mail that lists every workspace in which the person has proven the address, sent
/// by the first of them. Without one there is nobody to write to.
pub async fn answer_search(
    tx: &PlatformTx,
    people: &dyn People,
    origin: Origin,
    url_of: impl Fn(&str) -> String,
    search: Uuid,
) -> Result<(), DbError> {
    let Some(hashes) = store::take_search(tx, search).await? else {
        return Ok(());
    };
    let mut found = Vec::new();
    for (tenant, person) in members(tx, &hashes).await? {
        // Its rows cannot be read before its schema is migrated; the others are told all the same.
        if !tenancy::is_served(&tenant) {
            continue;
        }
        let proof = tx
            .enter(&tenant, origin, async |inside| {
                people.find_proof(inside, person).await
            })
            .await?;
        found.extend(proof.map(|proof| (tenant, proof.email)));
    }
    // A suspended workspace sends no mail.
    let active = found
        .iter()
        .find(|(tenant, _)| tenant.state() == TenantState::Active);
    let Some((sender, recipient)) = active.or(found.first()) else {
        return Ok(());
    };
    let workspaces: Vec<_> = found
        .iter()
        .map(|(tenant, _)| json!({ "organization": tenant.name(), "address": url_of(tenant.host()) }))
        .collect();
    tx.enter(sender, origin, async |inside| {
        outbox::enqueue(
            inside,
            NewMail {
                template: Template::FindWorkspaces,
                recipient,
                params: json!({ "workspaces": workspaces }),
                secret: None,
                dedupe_key: None,
            },
        )
        .await
    })
    .await
}

/// Everybody with this address, in the order of their tenants' ids.
async fn members(tx: &PlatformTx, hashes: &[Vec<u8>]) -> Result<Vec<(TenantRef, UserId)>, DbError> {
    let people = store::list_members(tx, hashes).await?;
    let schemas: Vec<String> = people.iter().map(|(schema, _)| schema.clone()).collect();
    let tenants = tx.list_tenants_by_schema(&schemas).await?;
    Ok(tenants
        .into_iter()
        .filter_map(|tenant| {
            let person = people
                .iter()
                .find(|(schema, _)| schema == tenant.schema().as_str())?;
            Some((tenant, person.1))
        })
        .collect())
}
