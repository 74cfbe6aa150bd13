//! What an organisation is called, where it answers, and which plan it has.

use db::PlatformTx;
use kernel::error::FieldError;
use kernel::id::TenantId;
use tenancy::audit::Mandate;
use tenancy::domains;
use tenancy::rename::{self, NewName, Renamed};
use tenancy::roster::Host;
use tenancy::verbs::{self, Plan, Selector, Subject, VerbError};

use super::Operators;
use crate::error::Error;

/// Gives an organisation a plan, and limits where they are given. Answers whether anything changed.
/// Errors: [`Error::TenantNotFound`].
pub async fn set_plan(
    tx: &PlatformTx,
    id: TenantId,
    plan: &Plan<'_>,
    mandate: &Mandate,
) -> Result<bool, Error> {
    Ok(verbs::set_plan(tx, &Selector::Id(id), plan, mandate).await?)
}

/// Lets a domain go. Errors: [`Error::TenantNotFound`]; [`Error::Field`] at `host`.
pub async fn remove_domain(
    tx: &PlatformTx,
    id: TenantId,
    host: &str,
    mandate: &Mandate,
) -> Result<Subject, Error> {
    let done = domains::remove(tx, &Selector::Id(id), host, mandate).await;
    done.map_err(of_host)
}

/// Makes a proven host the one where the console signs in. Errors: [`Error::TenantNotFound`];
/// [`Error::Field`] at `host`.
pub async fn use_domain(
    tx: &PlatformTx,
    id: TenantId,
    host: &str,
    mandate: &Mandate,
) -> Result<Subject, Error> {
    let done = domains::make_canonical(tx, &Selector::Id(id), host, mandate).await;
    done.map_err(of_host)
}

fn of_host(error: VerbError) -> Error {
    Error::of_verb(error, "host")
}

impl Operators {
    /// Gives an organisation another address, and another name where there is one. Errors:
    /// [`Error::TenantNotFound`]; [`Error::Field`] at `slug`.
    pub async fn rename(
        &self,
        tx: &PlatformTx,
        id: TenantId,
        (slug, name): (&str, Option<&str>),
        mandate: &Mandate,
    ) -> Result<Renamed, Error> {
        if let Some(why) = (self.addresses.fault_of_slug)(slug) {
            let words = format!("{slug} cannot be taken: {why}.");
            return Err(Error::Field(FieldError::new("slug", "refused", words)));
        }
        let new = NewName {
            slug,
            name,
            domain: &self.addresses.domain,
        };
        Ok(rename::rename(tx, &Selector::Id(id), new, mandate).await?)
    }

    /// Adds a domain that waits for its proof. Errors: [`Error::TenantNotFound`]; [`Error::Field`] at `host`.
    pub async fn add_domain(
        &self,
        tx: &PlatformTx,
        id: TenantId,
        host: &str,
        mandate: &Mandate,
    ) -> Result<Host, Error> {
        let domain = &self.addresses.domain;
        let done = domains::add(tx, &Selector::Id(id), host, domain, mandate).await;
        done.map_err(of_host)
    }
}
