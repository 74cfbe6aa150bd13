//! Domains of an organisation's own: added with a proof to publish, served once it was seen, dead first
//! when released. The looking itself is done outside: no question to DNS waits inside a transaction.

use data_encoding::BASE32_NOPAD;
use db::{DbError, PlatformSql, PlatformTx, platform_sql};
use jiff::{SignedDuration, Timestamp};
use kernel::id::TenantId;
use serde_json::json;

use crate::audit::{self, Act, Mandate, OperatorActor};
use crate::roster::{self, Host};
use crate::verbs::{self, Selector, Subject, VerbError};

/// The label below which the proof is published: `_signalbox.status.example.com`.
pub const RECORD: &str = "_signalbox";
/// A proven domain is looked at once a day.
const PROVEN_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// One that waits for its proof, every few minutes.
const WAITING_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// A proof that has been missing for so long was taken back.
const PATIENCE: SignedDuration = SignedDuration::from_hours(72);
/// A domain that nobody ever proved is let go.
const UNPROVEN: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Domains of one organisation.
const MOST: i64 = 20;

/// What DNS said about the proof of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The record holds the proof.
    Present,
    /// DNS answered, and it is not there.
    Missing,
    /// DNS did not answer: nobody knows.
    Unknown,
}

/// What became of a domain that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As before.
    Unchanged,
    /// From now on it is served.
    Proven,
    /// From now on it is not.
    Lost,
}

/// A domain to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The host.
    pub host: String,
    /// What the record must hold.
    pub proof: String,
}

impl Due {
    /// Where the record is.
    pub fn record(&self) -> String {
        format!("{RECORD}.{}", self.host)
    }
}

const COUNT: PlatformSql = platform_sql!(
    "SELECT count(*) AS domains FROM platform.hosts WHERE tenant_id = $1 AND kind = 'custom'"
);

const ADD: PlatformSql = platform_sql!(
    "INSERT INTO platform.hosts (host, tenant_id, canonical, kind, proof, created_at)
     VALUES ($1, $2, false, 'custom', $3, $4)
     ON CONFLICT (host) DO NOTHING
     RETURNING host, kind, canonical, redirects_until, proof, verified_at, checked_at, failing_since"
);

const ONE: PlatformSql = platform_sql!(
    "SELECT host, kind, canonical, redirects_until, proof, verified_at, checked_at, failing_since
       FROM platform.hosts
      WHERE host = $1 AND tenant_id = $2 AND kind = 'custom'"
);

/// Adds a domain that waits for its proof. Adding it again answers the same proof.
///
/// Errors: [`VerbError::NotFound`]; [`VerbError::NameRefused`] for what is no host, is ours, or is
/// somebody else's, and for one too many.
pub async fn add(
    tx: &PlatformTx,
    which: &Selector,
    host: &str,
    base_domain: &str,
    mandate: &Mandate,
) -> Result<Host, VerbError> {
    let subject = verbs::fetch_for_update(tx, which).await?;
    let refused = |why| VerbError::NameRefused {
        name: host.to_owned(),
        why,
    };
    check_name(host, base_domain).map_err(refused)?;
    let id = subject.id.uuid();
    if let Some(row) = tx.query_opt(ONE, &[&host, &id]).await? {
        return Ok(roster::read_host(&row)?);
    }
    if tx.query_one(COUNT, &[&id]).await?.get::<i64>("domains")? >= MOST {
        return Err(refused("an organisation has at most 20 domains of its own"));
    }
    let mut bytes = [0; 20];
    tx.entropy().fill(&mut bytes);
    let proof = format!(
        "signalbox-proof={}",
        BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()
    );
    let added = tx.query_opt(ADD, &[&host, &id, &proof, &tx.now()]).await?;
    let row = added.ok_or_else(|| refused("another organisation has added it"))?;
    note(tx, mandate, "domain.added", &subject, host).await?;
    Ok(roster::read_host(&row)?)
}

/// A name that may become a host: labels of letters, digits and hyphens, at least two, none of ours, no
/// address, and with a last label that is not all digits.
fn check_name(host: &str, base_domain: &str) -> Result<(), &'static str> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let labels: Vec<&str> = host.split('.').collect();
    let name = host.len() <= 200 && labels.len() >= 2 && labels.iter().all(|it| label(it));
    if !name
        || labels
            .last()
            .is_none_or(|last| last.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(
            "it is not a domain name, like status.example.com (in lower case, international ones as xn--…)",
        );
    }
    if host == base_domain || host.ends_with(&format!(".{base_domain}")) {
        return Err("it is one of ours");
    }
    if host == "localhost" || host.ends_with(".localhost") || host.ends_with(".local") {
        return Err("it is not a public name");
    }
    Ok(())
}

const REMOVE: PlatformSql = platform_sql!(
    "DELETE FROM platform.hosts WHERE host = $1 AND tenant_id = $2 AND kind = 'custom' RETURNING canonical"
);

// Back to the address below the base domain.
const OWN_AGAIN: PlatformSql = platform_sql!(
    "UPDATE platform.hosts SET canonical = true, verified_at = NULL
      WHERE tenant_id = $1 AND kind = 'own' AND redirects_until IS NULL"
);

/// Lets a domain go: it is dead at once, whoever adds it next has a proof of their own to publish.
/// Answers the organisation, whose hosts changed.
///
/// Errors: [`VerbError::NotFound`]; [`VerbError::NameRefused`] where it has no such domain.
pub async fn remove(
    tx: &PlatformTx,
    which: &Selector,
    host: &str,
    mandate: &Mandate,
) -> Result<Subject, VerbError> {
    let subject = verbs::fetch_for_update(tx, which).await?;
    let id = subject.id.uuid();
    let removed = tx.query_opt(REMOVE, &[&host, &id]).await?;
    let row = removed.ok_or_else(|| VerbError::NameRefused {
        name: host.to_owned(),
        why: "the organisation has no such domain",
    })?;
    if row.get("canonical")? {
        tx.execute(OWN_AGAIN, &[&id]).await?;
    }
    note(tx, mandate, "domain.removed", &subject, host).await?;
    Ok(subject)
}

const STEP_DOWN: PlatformSql = platform_sql!(
    "UPDATE platform.hosts SET canonical = false, verified_at = COALESCE(verified_at, $2)
      WHERE tenant_id = $1 AND canonical AND host <> $3"
);

const STEP_UP: PlatformSql = platform_sql!(
    "UPDATE platform.hosts
        SET canonical = true, verified_at = CASE WHEN kind = 'own' THEN NULL ELSE verified_at END
      WHERE host = $1 AND tenant_id = $2 AND redirects_until IS NULL
        AND (verified_at IS NOT NULL OR canonical)"
);

/// Makes `host`, which is proven or its own, the one where the console signs in; the others redirect.
///
/// Errors: [`VerbError::NotFound`]; [`VerbError::NameRefused`] where it is not proven.
pub async fn make_canonical(
    tx: &PlatformTx,
    which: &Selector,
    host: &str,
    mandate: &Mandate,
) -> Result<Subject, VerbError> {
    let subject = verbs::fetch_for_update(tx, which).await?;
    let id = subject.id.uuid();
    tx.execute(STEP_DOWN, &[&id, &tx.now(), &host]).await?;
    if tx.execute(STEP_UP, &[&host, &id]).await? == 0 {
        return Err(VerbError::NameRefused {
            name: host.to_owned(),
            why: "it is not a proven host of the organisation",
        });
    }
    note(tx, mandate, "domain.made_canonical", &subject, host).await?;
    Ok(subject)
}

// Looked at from now on, whatever comes of it: two workers do not ask for the same one.
const CLAIM_DUE: PlatformSql = platform_sql!(
    "UPDATE platform.hosts
        SET checked_at = $1
      WHERE host IN (SELECT host FROM platform.hosts
                      WHERE kind = 'custom'
                        AND (checked_at IS NULL
                             OR checked_at <= CASE WHEN verified_at IS NULL OR failing_since IS NOT NULL
                                                   THEN $2::timestamptz ELSE $3::timestamptz END)
                      ORDER BY checked_at NULLS FIRST
                      LIMIT $4
                        FOR UPDATE SKIP LOCKED)
     RETURNING host, proof"
);

/// Takes at most `limit` domains that are to be looked at.
pub async fn claim_due(tx: &PlatformTx, limit: i64) -> Result<Vec<Due>, DbError> {
    let now = tx.now();
    let before = |age| now.saturating_sub(age).unwrap_or(Timestamp::MIN);
    let (waiting, proven) = (before(WAITING_EVERY), before(PROVEN_EVERY));
    let rows = tx
        .query(CLAIM_DUE, &[&now, &waiting, &proven, &limit])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Due {
                host: row.get("host")?,
                proof: row.get("proof")?,
            })
        })
        .collect()
}

const LOCK: PlatformSql = platform_sql!(
    "SELECT tenant_id, canonical, verified_at, failing_since, created_at
       FROM platform.hosts
      WHERE host = $1 AND proof = $2
        FOR UPDATE"
);

const NOTE_SIGHT: PlatformSql = platform_sql!(
    "UPDATE platform.hosts SET verified_at = $2, failing_since = $3, canonical = canonical AND $2::timestamptz IS NOT NULL
      WHERE host = $1"
);

const LET_GO: PlatformSql = platform_sql!("DELETE FROM platform.hosts WHERE host = $1");

/// Writes down what was seen of a domain. A proof that was missing for three days ends it; one that never
/// came in a week too.
pub async fn note_sight(tx: &PlatformTx, due: &Due, sight: Sight) -> Result<Verdict, DbError> {
    let Some(row) = tx.query_opt(LOCK, &[&due.host, &due.proof]).await? else {
        return Ok(Verdict::Unchanged);
    };
    let tenant: TenantId = row.id("tenant_id")?;
    let verified: Option<Timestamp> = row.get("verified_at")?;
    let failing: Option<Timestamp> = row.get("failing_since")?;
    let now = tx.now();
    let older = |since: Timestamp, age| now.duration_since(since) >= age;
    let (verified_now, failing_now) = match (sight, verified) {
        (Sight::Unknown, _) => return Ok(Verdict::Unchanged),
        (Sight::Present, since) => (Some(since.unwrap_or(now)), None),
        (Sight::Missing, None) => {
            if older(row.get("created_at")?, UNPROVEN) {
                tx.execute(LET_GO, &[&due.host]).await?;
                note_by_worker(tx, "domain.let_go", tenant, &due.host).await?;
            }
            return Ok(Verdict::Unchanged);
        }
        (Sight::Missing, Some(since)) => {
            let missing = failing.unwrap_or(now);
            let lost = older(missing, PATIENCE);
            ((!lost).then_some(since), (!lost).then_some(missing))
        }
    };
    tx.execute(NOTE_SIGHT, &[&due.host, &verified_now, &failing_now])
        .await?;
    match (verified, verified_now) {
        (None, Some(_)) => {
            note_by_worker(tx, "domain.proven", tenant, &due.host).await?;
            Ok(Verdict::Proven)
        }
        (Some(_), None) => {
            if row.get("canonical")? {
                tx.execute(OWN_AGAIN, &[&tenant.uuid()]).await?;
            }
            note_by_worker(tx, "domain.lost", tenant, &due.host).await?;
            Ok(Verdict::Lost)
        }
        _ => Ok(Verdict::Unchanged),
    }
}

async fn note_by_worker(
    tx: &PlatformTx,
    action: &str,
    tenant: TenantId,
    host: &str,
) -> Result<(), DbError> {
    let mandate = Mandate {
        actor: OperatorActor::Worker,
        reason: None,
    };
    let act = Act {
        mandate: &mandate,
        action,
        tenant: Some(tenant),
        subject: Some(host),
        detail: json!({}),
    };
    audit::record(tx, &act).await
}

async fn note(
    tx: &PlatformTx,
    mandate: &Mandate,
    action: &str,
    subject: &Subject,
    host: &str,
) -> Result<(), DbError> {
    let act = Act {
        mandate,
        action,
        tenant: Some(subject.id),
        subject: Some(host),
        detail: json!({ "slug": subject.slug }),
    };
    audit::record(tx, &act).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_public_name_that_is_not_ours_becomes_a_domain() {
        for good in ["status.example.com", "example.com", "xn--bcher-kva.example"] {
            assert_eq!(check_name(good, "signalbox.example"), Ok(()), "{good}");
        }
        for bad in [
            "",
            "example",
            "Status.example.com",
            "status..com",
            "-a.example",
            "a-.example",
            "a_b.example",
            "192.0.2.1",
            "[::1]",
            "a b.example",
            "status.example.com.",
            "signalbox.example",
            "acme.signalbox.example",
            "app.localhost",
            "printer.local",
        ] {
            assert!(check_name(bad, "signalbox.example").is_err(), "{bad}");
        }
        assert_eq!(
            check_name("notsignalbox.example", "signalbox.example"),
            Ok(())
        );
    }
}
