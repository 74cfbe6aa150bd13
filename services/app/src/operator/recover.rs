//! `signalbox tenant recover`: another way in for an owner who lost access, and stopping that.

use clap::Args;
use db::PlatformTx;
use identity::recovery as service;
use kernel::email::EmailAddress;
use kernel::id::TenantId;
use serde_json::json;
use tenancy::recovery::{self, Recovery, Refusal, Wanted};
use tenancy::verbs::{self, VerbError};

use super::tenant::selector;
use super::{Desk, Outcome};
use crate::operators::recovery_terms;

/// Whose owner, and how.
#[derive(Clone, Debug, Args)]
pub struct Recovering {
    /// Its slug, or its id.
    tenant: String,
    /// The address that the owner is to have.
    #[arg(long, required_unless_present = "stop", value_parser = address)]
    email: Option<EmailAddress>,
    /// What was shown as proof, in 10 to 500 characters: for the operators' audit alone.
    #[arg(long, required_unless_present = "stop", value_parser = proof)]
    proof: Option<String>,
    /// Stops what is under way.
    #[arg(long, conflicts_with_all = ["email", "proof"])]
    stop: bool,
}

fn address(typed: &str) -> Result<EmailAddress, &'static str> {
    EmailAddress::parse(typed).ok_or("expected an e-mail address")
}

fn proof(typed: &str) -> Result<String, &'static str> {
    recovery::proof(typed).ok_or("expected 10 to 500 characters on one line")
}

/// What became of it.
enum Done {
    Begun(Recovery),
    /// It is under way already, to the same address.
    Standing(Recovery),
    Stopped(Recovery),
    /// There was nothing to stop.
    Nothing,
}

/// Runs the command.
pub async fn run(desk: &Desk, recovering: &Recovering) -> anyhow::Result<Outcome> {
    let name = &recovering.tenant;
    match desk
        .act(async |tx| carry_out(tx, desk, recovering).await)
        .await
    {
        Ok(done) => {
            desk.say(
                &sentence(name, &done, desk.manner.dry_run),
                &document(name, &done),
            )?;
            Ok(Outcome::Done)
        }
        Err(refusal) => refuse(desk, name, &refusal),
    }
}

async fn carry_out(tx: &PlatformTx, desk: &Desk, recovering: &Recovering) -> Result<Done, Refusal> {
    let id = fetch(tx, &recovering.tenant).await?;
    let (Some(email), Some(proof)) = (&recovering.email, &recovering.proof) else {
        return match service::stop(tx, id, &desk.mandate).await {
            Ok(stopped) => Ok(Done::Stopped(stopped)),
            Err(Refusal::NotFound) => Ok(Done::Nothing),
            Err(refusal) => Err(refusal),
        };
    };
    let wanted = Wanted {
        tenant: id,
        email,
        proof,
    };
    let terms = recovery_terms(&desk.config);
    match service::begin(tx, &terms, &wanted, &desk.mandate).await {
        Ok(begun) => Ok(Done::Begun(begun)),
        Err(Refusal::Open(open)) if open.is_known() && open.email == *email => {
            Ok(Done::Standing(*open))
        }
        Err(refusal) => Err(refusal),
    }
}

async fn fetch(tx: &PlatformTx, name: &str) -> Result<TenantId, Refusal> {
    match verbs::fetch_for_update(tx, &selector(name)).await {
        Ok(subject) => Ok(subject.id),
        Err(VerbError::Db(error)) => Err(error.into()),
        Err(_) => Err(Refusal::NoTenant),
    }
}

fn refuse(desk: &Desk, name: &str, refusal: &Refusal) -> anyhow::Result<Outcome> {
    let outcome = match refusal {
        Refusal::NoTenant => Outcome::NotFound,
        Refusal::Db(_) => Outcome::Failed,
        _ => Outcome::Refused,
    };
    desk.say(
        &format!("{name}: {refusal}"),
        &json!({ "tenant": name, "error": refusal.code(), "detail": refusal.to_string() }),
    )?;
    Ok(outcome)
}

fn sentence(name: &str, done: &Done, dry_run: bool) -> String {
    match done {
        Done::Begun(it) if dry_run => {
            format!(
                "{name}: would tell every member, and send the link at {:.0}",
                it.due_at
            )
        }
        Done::Begun(it) => format!(
            "{name}: every member is told; the link leaves for {} at {:.0}, `--stop` stops that",
            it.email.masked(),
            it.due_at
        ),
        Done::Standing(it) => format!(
            "{name}: nothing to do, it is {} until {:.0}",
            it.state.as_str(),
            it.due_at
        ),
        Done::Stopped(_) if dry_run => format!("{name}: would stop it"),
        Done::Stopped(_) => format!("{name}: stopped"),
        Done::Nothing => format!("{name}: nothing to stop"),
    }
}

fn document(name: &str, done: &Done) -> serde_json::Value {
    let (changed, recovery, state) = match done {
        Done::Begun(it) => (true, Some(it), it.state.as_str()),
        Done::Standing(it) => (false, Some(it), it.state.as_str()),
        Done::Stopped(it) => (true, Some(it), "stopped"),
        Done::Nothing => (false, None, "none"),
    };
    json!({
        "tenant": name,
        "changed": changed,
        "state": state,
        "email": recovery.map(|it| it.email.masked()),
        "due_at": recovery.map(|it| it.due_at),
    })
}
