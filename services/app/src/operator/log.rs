//! `signalbox audit verify`: whether an organisation's audit log, or an export of one, is what was sealed.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::Context;
use audit::{Standing, Whole};
use clap::{Args, Subcommand};
use kernel::event::{Actor, Origin};
use kernel::rng;
use serde_json::{Value, json};

use super::{Desk, Manner, Outcome};

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Log {
    /// Recomputes the chain of hashes from its first row to its last.
    Verify(Verify),
}

/// Of what.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Verify {
    /// The log of the organisation with this slug, against the platform's note of how far it was sealed.
    #[arg(long)]
    slug: Option<String>,
    /// An export (CSV or JSON lines, without a filter), by itself: needs no database and no settings.
    #[arg(long)]
    pub file: Option<PathBuf>,
}

/// Verifies the log of the organisation called so.
pub async fn run(desk: &Desk, command: Log) -> anyhow::Result<Outcome> {
    let Log::Verify(verify) = command;
    let slug = verify.slug.unwrap_or_default();
    let host = format!("{slug}.{}", desk.domain());
    let found = desk
        .db
        .read_platform(async |tx| tx.find_tenant_by_host(&host).await)
        .await?;
    let Some(tenant) = found.filter(|tenant| tenant.slug() == slug) else {
        let text = format!("{slug}: no such organisation");
        desk.say(&text, &json!({"slug": slug, "outcome": "not_found"}))?;
        return Ok(Outcome::NotFound);
    };
    let pulse = desk.db.pulse();
    let origin = Origin {
        actor: Actor::Worker("audit_verify"),
        address: None,
        request_id: rng::uuid_v7(desk.db.now(), &*pulse.entropy),
    };
    let whole = audit::verify_all(&desk.db, &tenant, origin).await?;
    let (last, hash) = whole.standing.last.unwrap_or((0, None));
    let hash = hash.map(|hash| hash.to_string());
    let faults: Vec<String> = whole.faults.iter().map(ToString::to_string).collect();
    let mut text = verdict(&slug, last, hash.as_deref(), &faults);
    text.push_str(&waiting(&whole.standing));
    desk.say(&text, &document(&slug, &whole, hash.as_deref()))?;
    Ok(outcome(&faults))
}

fn outcome(faults: &[String]) -> Outcome {
    if faults.is_empty() {
        Outcome::Done
    } else {
        Outcome::Failed
    }
}

fn verdict(name: &str, last: i64, hash: Option<&str>, faults: &[String]) -> String {
    let end = hash.map_or_else(String::new, |hash| format!(", hash {hash}"));
    if faults.is_empty() {
        return format!("{name}: intact, {last} row(s){end}");
    }
    format!("{name}: BROKEN\n  {}", faults.join("\n  "))
}

fn waiting(standing: &Standing) -> String {
    match standing.waiting_since {
        Some(since) => format!(
            "\n{} row(s) not sealed yet, since {since:.0}",
            standing.waiting
        ),
        None => String::new(),
    }
}

fn document(slug: &str, whole: &Whole, hash: Option<&str>) -> Value {
    json!({
        "slug": slug,
        "outcome": if whole.faults.is_empty() { "intact" } else { "broken" },
        "faults": whole.faults,
        "last_seq": whole.standing.last.map_or(0, |(seq, _)| seq),
        "last_hash": hash,
        "anchor_seq": whole.standing.anchor.map(|anchor| anchor.seq),
        "sealed_at": whole.standing.anchor.map(|anchor| anchor.sealed_at),
        "waiting": whole.standing.waiting,
        "waiting_since": whole.standing.waiting_since,
    })
}

/// Verifies an export. Errors: a file that cannot be read, or is no export.
pub fn verify_file(manner: &Manner, path: &Path) -> anyhow::Result<Outcome> {
    let name = path.display().to_string();
    let file = File::open(path).with_context(|| name.clone())?;
    let report = audit::verify_file(BufReader::new(file)).with_context(|| name.clone())?;
    let faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    let mut text = verdict(&name, report.last_seq, report.last_hash.as_deref(), &faults);
    if faults.is_empty() {
        text.push_str("\nCompare the last hash with one that was noted elsewhere: a log that was cut off fits as well.");
    }
    let document = json!({
        "file": name,
        "outcome": if faults.is_empty() { "intact" } else { "broken" },
        "faults": report.faults,
        "rows": report.rows,
        "last_seq": report.last_seq,
        "last_hash": report.last_hash,
    });
    super::print(manner.json, &text, &document)?;
    Ok(outcome(&faults))
}
