//! `signalbox tenant domain`: domains of an organisation's own.

use clap::{Args, Subcommand};
use serde_json::json;
use tenancy::domains::{self, RECORD};
use tenancy::roster;
use tenancy::verbs::VerbError;

use super::tenant::{forget, refuse, selector};
use super::{Desk, Outcome};

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Domain {
    /// Adds a domain and says what to publish in DNS. It is served once that was seen.
    Add(Names),
    /// Lists the hosts of an organisation.
    List(Whose),
    /// Lets a domain go. It is dead at once.
    Remove(Names),
    /// Makes a proven domain, or the own address again, the host where the console signs in.
    Use(Names),
}

/// An organisation and a host.
#[derive(Clone, Debug, Args)]
pub struct Names {
    /// Its slug, or its id.
    tenant: String,
    /// The host: status.example.com
    host: String,
}

/// An organisation.
#[derive(Clone, Debug, Args)]
pub struct Whose {
    /// Its slug, or its id.
    tenant: String,
}

/// Runs the command.
pub async fn run(desk: &Desk, command: Domain) -> anyhow::Result<Outcome> {
    match command {
        Domain::Add(names) => add(desk, &names).await,
        Domain::List(whose) => list(desk, &whose.tenant).await,
        Domain::Remove(names) => remove(desk, &names).await,
        Domain::Use(names) => make_canonical(desk, &names).await,
    }
}

async fn add(desk: &Desk, names: &Names) -> anyhow::Result<Outcome> {
    let which = selector(&names.tenant);
    let domain = desk.domain();
    let done = desk
        .act(async |tx| domains::add(tx, &which, &names.host, domain, &desk.mandate).await)
        .await;
    match done {
        Ok(host) => {
            let proof = host.proof.as_deref().unwrap_or_default();
            let text = format!(
                "{}: {}. Publish this record, and point the name to this service:\n  {RECORD}.{}. TXT \"{proof}\"",
                host.host,
                host.standing(),
                host.host
            );
            desk.say(&text, &json!({ "tenant": names.tenant, "host": host }))?;
            Ok(Outcome::Done)
        }
        Err(error) => refuse(desk, &names.tenant, &error),
    }
}

async fn list(desk: &Desk, tenant: &str) -> anyhow::Result<Outcome> {
    let which = selector(tenant);
    let found = desk
        .db
        .read_platform(async |tx| {
            let Some(entry) = roster::find(tx, &which).await? else {
                return Ok::<_, db::DbError>(None);
            };
            Ok(Some(roster::hosts(tx, entry.id).await?))
        })
        .await?;
    let Some(hosts) = found else {
        return refuse(desk, tenant, &VerbError::NotFound(which));
    };
    let lines: Vec<String> = hosts
        .iter()
        .map(|host| format!("{:<40} {}", host.host, host.standing()))
        .collect();
    desk.say(
        &lines.join("\n"),
        &json!({ "tenant": tenant, "hosts": hosts }),
    )?;
    Ok(Outcome::Done)
}

async fn remove(desk: &Desk, names: &Names) -> anyhow::Result<Outcome> {
    let which = selector(&names.tenant);
    let done = desk
        .act(async |tx| domains::remove(tx, &which, &names.host, &desk.mandate).await)
        .await;
    match done {
        Ok(subject) => {
            desk.tell(forget(&subject.hosts)).await;
            let text = format!("{}: released", names.host);
            desk.say(
                &text,
                &json!({ "tenant": names.tenant, "released": names.host }),
            )?;
            Ok(Outcome::Done)
        }
        Err(error) => refuse(desk, &names.tenant, &error),
    }
}

async fn make_canonical(desk: &Desk, names: &Names) -> anyhow::Result<Outcome> {
    let which = selector(&names.tenant);
    let done = desk
        .act(async |tx| domains::make_canonical(tx, &which, &names.host, &desk.mandate).await)
        .await;
    match done {
        Ok(subject) => {
            desk.tell(forget(&subject.hosts)).await;
            let text = format!("{}: the console signs in on {}", names.tenant, names.host);
            desk.say(
                &text,
                &json!({ "tenant": names.tenant, "canonical": names.host }),
            )?;
            Ok(Outcome::Done)
        }
        Err(error) => refuse(desk, &names.tenant, &error),
    }
}
