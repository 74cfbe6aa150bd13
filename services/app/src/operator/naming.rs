//! `signalbox tenant rename`: another address, another name.

use clap::Args;
use serde_json::json;
use tenancy::rename::{self, NewName};
use tenancy::swap;
use tenancy::verbs::VerbError;

use super::tenant::{forget, refuse, selector};
use super::{Desk, Outcome};
use crate::operators::fault_of_slug;

/// Who is to be called what.
#[derive(Clone, Debug, Args)]
pub struct Naming {
    /// Its slug, or its id.
    tenant: String,
    /// The first label of its new host.
    slug: String,
    /// Its new name; without it, the name stays.
    #[arg(long)]
    name: Option<String>,
}

/// Who is to change places.
#[derive(Clone, Debug, Args)]
pub struct Swapping {
    /// The one, by its slug or its id.
    tenant: String,
    /// The other.
    other: String,
    /// The first name again: its people find the other's data from now on.
    #[arg(long)]
    confirm: Option<String>,
}

/// Lets two change places.
pub async fn swap(desk: &Desk, swapping: Swapping) -> anyhow::Result<Outcome> {
    let Swapping {
        tenant,
        other,
        confirm,
    } = swapping;
    if confirm.as_ref() != Some(&tenant) && !desk.manner.dry_run {
        let text = format!("Not confirmed. Say it again with --confirm {tenant}.");
        desk.say(
            &text,
            &json!({ "error": "not_confirmed", "tenant": tenant }),
        )?;
        return Ok(Outcome::Refused);
    }
    let which = (selector(&tenant), selector(&other));
    let done = desk
        .act(async |tx| swap::swap(tx, &which.0, &which.1, &desk.mandate).await)
        .await;
    let (one, two) = match done {
        Ok(both) => both,
        Err(error) => return refuse(desk, &tenant, &error),
    };
    desk.tell(forget(&[one.hosts.clone(), two.hosts.clone()].concat()))
        .await;
    let done = if desk.manner.dry_run {
        "would change"
    } else {
        "have changed"
    };
    desk.say(
        &format!("{tenant} and {other} {done} places."),
        &json!({ "tenants": [one.id, two.id], "dry_run": desk.manner.dry_run }),
    )?;
    Ok(Outcome::Done)
}

/// Runs the command.
pub async fn rename(desk: &Desk, naming: Naming) -> anyhow::Result<Outcome> {
    if let Some(why) = fault_of_slug(&naming.slug) {
        let name = naming.slug;
        return refuse(desk, &naming.tenant, &VerbError::NameRefused { name, why });
    }
    let which = selector(&naming.tenant);
    let new = NewName {
        slug: &naming.slug,
        name: naming.name.as_deref(),
        domain: desk.domain(),
    };
    let done = desk
        .act(async |tx| rename::rename(tx, &which, new, &desk.mandate).await)
        .await;
    let renamed = match done {
        Ok(renamed) => renamed,
        Err(error) => return refuse(desk, &naming.tenant, &error),
    };
    let mut hosts = renamed.subject.hosts.clone();
    hosts.push(renamed.host.clone());
    desk.tell(forget(&hosts)).await;
    let text = match (renamed.changed, desk.manner.dry_run) {
        (false, _) => format!("{}: nothing to do, that is its name", naming.tenant),
        (true, true) => format!("{}: would be on {}", naming.tenant, renamed.host),
        (true, false) => format!("{}: now on {}", naming.tenant, renamed.host),
    };
    desk.say(
        &text,
        &json!({
            "tenant": naming.tenant, "id": renamed.subject.id, "slug": naming.slug,
            "host": renamed.host, "changed": renamed.changed,
        }),
    )?;
    Ok(Outcome::Done)
}
