//! `signalbox tenant rename`: another address, another name.

use clap::Args;
use registration::{Slug, SlugFault};
use serde_json::json;
use tenancy::rename::{self, NewName};
use tenancy::verbs::VerbError;

use super::tenant::{forget, refuse, selector};
use super::{Desk, Outcome};

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

/// Runs the command.
pub async fn rename(desk: &Desk, naming: Naming) -> anyhow::Result<Outcome> {
    let why = match Slug::parse(&naming.slug) {
        Ok(_) => None,
        Err(SlugFault::Invalid) => Some("3 to 40 of a-z, 0-9 and single hyphens, none at an end"),
        Err(SlugFault::Reserved) => Some("the word belongs to the service"),
    };
    if let Some(why) = why {
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
