//! What Postgres says of its own health: `signalbox doctor --db`. Reads catalogs and statistics as the
//! owner login, changes nothing, and says of each finding what to do about it.

mod pooling;
mod server;
mod tables;

use std::io::Write;

use anyhow::Context;
use db::DbError;
use db::owner::OwnerConnection;
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::json;

use crate::config::Config;

pub use pooling::pooling;

/// From where on a thing needs somebody. The defaults suit a database of a few hundred organisations and
/// of a few thousand alike; tests set their own.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    /// Entries of the lock table a connection; dropping or moving an organisation takes many.
    pub locks: i64,
    /// Share of `max_connections` in use, in percent.
    pub connections_percent: i64,
    /// Age of an open transaction: while it lasts, no row that died since can be cleaned away.
    pub transaction: SignedDuration,
    /// Transactions since the oldest unfrozen row. At two thousand million Postgres stops taking writes.
    pub xid_age: i64,
    /// WAL that is kept for a replication slot which nobody reads, in bytes.
    pub slot_bytes: i64,
    /// Dead rows of a table that nobody cleaned for a day.
    pub dead_rows: i64,
    /// Size from which an unused index is worth a word, over all organisations, in bytes.
    pub unused_index_bytes: i64,
    /// Space from which a table's bloat is worth a word, in bytes.
    pub bloat_bytes: i64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            locks: 256,
            connections_percent: 80,
            transaction: SignedDuration::from_mins(5),
            xid_age: 500_000_000,
            slot_bytes: 1 << 30,
            dead_rows: 10_000,
            unused_index_bytes: 64 << 20,
            bloat_bytes: 256 << 20,
        }
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing; nothing is at risk.
    Note,
    /// Somebody has to do something.
    Action,
}

impl Level {
    /// As wide as its neighbours.
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok   ",
            Self::Note => "note ",
            Self::Action => "WRONG",
        }
    }
}

/// What one question brought to light.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The question: `locks`, `xid_age`.
    pub check: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What was found.
    pub what: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    /// Nothing to do.
    pub fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self {
            check,
            level: Level::Ok,
            what: what.into(),
            advice: None,
        }
    }

    /// Something to know or to do.
    pub fn bad(
        check: &'static str,
        level: Level,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            check,
            level,
            what: what.into(),
            advice: Some(advice.into()),
        }
    }
}

/// Prints what was found, as text or as one JSON document. Errors when something needs somebody, so that a
/// script can tell.
pub async fn run(config: &Config, as_json: bool) -> anyhow::Result<()> {
    let url = config.owner_url.as_ref();
    let url = url.context("SIGNALBOX_OWNER_DATABASE_URL is not set")?;
    let owner = OwnerConnection::connect(url)
        .await
        .context("the database cannot be reached as the owner")?;
    let mut findings = examine(&owner, &Thresholds::default()).await?;
    if let Some(serving) = &config.database {
        let one = OwnerConnection::connect(&serving.url).await?;
        let other = OwnerConnection::connect(&serving.url).await?;
        let by_listen = config.redis_url.is_none();
        findings.push(pooling(&one, &other, by_listen).await?);
    }
    tell(&findings, as_json)
}

/// Prints findings. Errors when one of them needs somebody.
pub fn tell(findings: &[Finding], as_json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if as_json {
        writeln!(out, "{}", json!({ "findings": findings }))?;
    } else {
        for finding in findings {
            let Finding { check, what, .. } = finding;
            let advice = finding.advice.as_ref();
            let advice = advice.map_or(String::new(), |advice| format!(". {advice}"));
            writeln!(out, "{}  {check}: {what}{advice}", finding.level.word())?;
        }
    }
    let to_do = findings.iter().filter(|it| it.level == Level::Action);
    let to_do = to_do.count();
    anyhow::ensure!(to_do == 0, "{to_do} thing(s) to mend");
    Ok(())
}

/// Asks everything there is to ask.
pub async fn examine(
    owner: &OwnerConnection,
    thresholds: &Thresholds,
) -> Result<Vec<Finding>, DbError> {
    let mut findings = vec![
        server::locks(owner, thresholds).await?,
        server::connections(owner, thresholds).await?,
        server::sight(owner).await?,
        server::xid_age(owner, thresholds).await?,
    ];
    findings.extend(server::transactions(owner, thresholds).await?);
    findings.extend(server::archive(owner).await?);
    findings.extend(server::slots(owner, thresholds).await?);
    findings.extend(tables::unvacuumed(owner, thresholds).await?);
    findings.extend(tables::invalid_indexes(owner).await?);
    findings.extend(tables::unused_indexes(owner, thresholds).await?);
    findings.extend(tables::bloat(owner, thresholds).await?);
    Ok(findings)
}

/// What `check` says where `offenders` were found, or that there are none.
fn all_or(check: &'static str, sound: &str, offenders: Vec<Finding>) -> Vec<Finding> {
    if offenders.is_empty() {
        vec![Finding::ok(check, sound)]
    } else {
        offenders
    }
}

/// `1.5 GiB`.
fn bytes(number: i64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = number as f64;
    let mut unit = "bytes";
    for larger in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    if unit == "bytes" {
        format!("{number} bytes")
    } else {
        format!("{value:.1} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        let told = [0, 1023, 1024, 1536, 3 << 30].map(bytes);
        assert_eq!(
            told,
            ["0 bytes", "1023 bytes", "1.0 KiB", "1.5 KiB", "3.0 GiB"]
        );
    }
}
