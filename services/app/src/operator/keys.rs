//! `signalbox keys rotate`: what a replaced secret key sealed and hashed is sealed and hashed anew.

use std::time::Duration;

use anyhow::Context;
use clap::Subcommand;
use db::{DbError, TenantRef};
use gateway::Keys;
use indicatif::{ProgressBar, ProgressStyle};
use kernel::event::{Actor, Origin};
use kernel::id::UserId;
use kernel::rng;
use operators::accounts;
use serde::Serialize;
use serde_json::json;
use tenancy::audit::{self, Act};
use tenancy::roster::{self, After, Filter, Order};

use super::{Desk, Outcome};
use crate::wiring;

/// Organisations looked up at a time.
const PAGE: i64 = 100;

/// What to do.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum SecretKeys {
    /// Seals and hashes anew, under SIGNALBOX_SECRET_KEY, what SIGNALBOX_REPLACED_SECRET_KEYS made, so
    /// that they may leave the list.
    Rotate,
}

/// What was done.
#[derive(Debug, Default, Serialize)]
struct Rotated {
    organizations: u64,
    /// Secrets that were sealed anew.
    sealed: u64,
    /// Addresses that were hashed anew.
    hashed: u64,
    /// Secrets that no key of the list opens.
    unreadable: u64,
    /// Organisations that were left as they are: not migrated, or something failed.
    left: Vec<String>,
}

/// Runs the command.
pub async fn run(desk: &Desk, command: SecretKeys) -> anyhow::Result<Outcome> {
    let SecretKeys::Rotate = command;
    let keys = wiring::keys(&desk.config)?;
    let mut rotated = Rotated::default();
    let bar = bar(desk.manner.json);
    (rotated.sealed, rotated.unreadable) = desk
        .act(async |tx| accounts::reseal(tx, &keys).await)
        .await
        .context("operators")?;
    let mut after = None;
    loop {
        let (page, next) = organizations(desk, after.as_ref()).await?;
        for tenant in &page {
            if let Err(error) = rotate(desk, &keys, tenant, &mut rotated).await {
                tracing::error!(tenant = tenant.slug(), %error, "an organisation's secrets were left as they are");
                rotated.left.push(tenant.slug().to_owned());
            }
            bar.inc(1);
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    bar.finish_and_clear();
    if rotated.sealed + rotated.hashed > 0 {
        note(desk, &rotated).await?;
    }
    let document = json!({ "rotated": rotated, "dry_run": desk.manner.dry_run });
    desk.say(&text(&rotated, desk.manner.dry_run), &document)?;
    Ok(if rotated.left.is_empty() {
        Outcome::Done
    } else {
        Outcome::Partly
    })
}

/// The next organisations, and where the page behind them begins.
async fn organizations(
    desk: &Desk,
    after: Option<&After>,
) -> Result<(Vec<TenantRef>, Option<After>), DbError> {
    let filter = Filter {
        // Nobody changes places meanwhile, and who comes meanwhile comes under the present key.
        order: Order::Created,
        ..Filter::default()
    };
    desk.db
        .read_platform(async |tx| {
            let entries = roster::list(tx, &filter, after, PAGE).await?;
            let schemas: Vec<String> = entries.iter().map(|it| it.schema.clone()).collect();
            let next = entries.last().map(|last| After {
                key: last.key.clone(),
                id: last.id.uuid(),
            });
            Ok((tx.list_tenants_by_schema(&schemas).await?, next))
        })
        .await
}

/// One organisation, some people in each transaction.
async fn rotate(
    desk: &Desk,
    keys: &Keys,
    tenant: &TenantRef,
    rotated: &mut Rotated,
) -> Result<(), DbError> {
    if !tenancy::is_served(tenant) {
        rotated.left.push(tenant.slug().to_owned());
        return Ok(());
    }
    let mut after: Option<UserId> = None;
    loop {
        let (done, hashed) = desk
            .act(async |tx| {
                let origin = Origin {
                    actor: Actor::Worker("keys_rotate"),
                    address: None,
                    request_id: rng::uuid_v7(tx.now(), tx.entropy()),
                };
                let done = tx
                    .enter(tenant, origin, async |inside| {
                        identity::reseal(inside, keys, after).await
                    })
                    .await?;
                let hashed = registration::rehash(tx, keys, tenant.id(), &done.people).await?;
                Ok::<_, DbError>((done, hashed))
            })
            .await?;
        rotated.sealed += done.sealed;
        rotated.unreadable += done.unreadable;
        rotated.hashed += hashed;
        after = done.people.last().map(|(person, _)| *person);
        if after.is_none() {
            rotated.organizations += 1;
            return Ok(());
        }
    }
}

async fn note(desk: &Desk, rotated: &Rotated) -> Result<(), DbError> {
    let act = Act {
        mandate: &desk.mandate,
        action: "keys.rotated",
        tenant: None,
        subject: None,
        detail: json!(rotated),
    };
    desk.act(async |tx| audit::record(tx, &act).await).await
}

fn text(rotated: &Rotated, dry_run: bool) -> String {
    let would = if dry_run { "would be " } else { "" };
    let mut text = format!(
        "{} secrets {would}sealed anew and {} addresses {would}hashed anew, in {} organisations.",
        rotated.sealed, rotated.hashed, rotated.organizations
    );
    if rotated.unreadable > 0 {
        text.push_str(&format!(
            " {} secrets open under no key of the list: their people need a recovery code, or sign in anew.",
            rotated.unreadable
        ));
    }
    if !rotated.left.is_empty() {
        let left = rotated.left.join(", ");
        text.push_str(&format!(
            " Left as they are, not migrated or failed: {left}."
        ));
    } else if !dry_run {
        text.push_str(" A day from now SIGNALBOX_REPLACED_SECRET_KEYS may be emptied.");
    }
    text
}

fn bar(silent: bool) -> ProgressBar {
    if silent {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} organisations, {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
