//! Networks that operators trust or block: the rules, which of them decides for an address, and changing them.
//!
//! Owns `platform.networks`. Processes know them as part of [`crate::switches::Positions`]; what is done to
//! whoever is trusted or blocked, the gateway knows.

use std::net::IpAddr;

use db::{DbError, PlatformSql, PlatformTx, Row, platform_sql};
use jiff::{SignedDuration, Timestamp};
use kernel::error::FieldError;
use kernel::id::NetworkId;
use kernel::network::{Network, most_specific};
use kernel::text;
use serde_json::{Value, json};

use crate::audit::{self, Act, Mandate};

/// Networks at the most: every process holds all of them, and looks through them at every request.
pub const MAX_NETWORKS: i64 = 1_000;
/// Characters of a reason.
pub const MAX_REASON: usize = 500;
/// How long a network whose time is over is still shown.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// The fewest first bits of a network of IPv4, and of one of IPv6.
const WIDEST: [u8; 2] = [8, 16];

/// What is thought of whoever comes from a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Limits that count by address do not count them.
    Trusted,
    /// They are not answered.
    Blocked,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 2] = [Self::Trusted, Self::Blocked];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trusted => "trusted",
            Self::Blocked => "blocked",
        }
    }

    /// The verdict with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

/// A network, what is thought of it, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The network.
    pub network: Network,
    /// What is thought of it.
    pub verdict: Verdict,
    /// From when on it means nothing any more.
    pub until: Option<Timestamp>,
}

impl Ruling {
    /// Whether it means anything at `now`.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// The same as the database keeps it: to the microsecond.
    fn as_kept(self) -> Self {
        let kept = |at: Timestamp| Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at);
        Self {
            until: self.until.map(kept),
            ..self
        }
    }
}

/// All of them, as a process knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<Ruling>);

impl Networks {
    /// What is thought of `address` at `now`: the most specific network that it is of decides.
    pub fn judge(&self, address: IpAddr, now: Timestamp) -> Option<Verdict> {
        let holding = self.0.iter().filter(|it| it.holds_at(now));
        most_specific(holding.map(|it| (it.network, it.verdict)), address)
    }
}

impl FromIterator<Ruling> for Networks {
    fn from_iter<I: IntoIterator<Item = Ruling>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

/// A ruling with its story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The id.
    pub id: NetworkId,
    /// Which network, what is thought of it, and until when.
    pub ruling: Ruling,
    /// Why.
    pub reason: String,
    /// Since when it stands as it does.
    pub created_at: Timestamp,
    /// Who said so, as the audit log names them.
    pub created_by: String,
}

/// Which of `all` decides for `address` at `now`.
pub fn find_deciding(all: &[Entry], address: IpAddr, now: Timestamp) -> Option<NetworkId> {
    let holding = all.iter().filter(|it| it.ruling.holds_at(now));
    most_specific(holding.map(|it| (it.ruling.network, it.id)), address)
}

/// What a block must leave open.
#[derive(Clone, Copy, Debug, Default)]
pub struct StaysOpen<'a> {
    /// The proxies in front of the house: everybody comes by them.
    pub proxies: &'a [Network],
    /// Where whoever asks is.
    pub author: Option<IpAddr>,
}

/// Why a network is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// A field breaks a rule; its text says what to do.
    #[error("{}: {}", .0.pointer, .0.message)]
    Refused(FieldError),
    /// There are as many as there may be.
    #[error("there are {MAX_NETWORKS} networks already. Remove one, or take a wider one")]
    Full,
    /// No such network.
    #[error("there is no such network")]
    NotFound,
    /// The database refused.
    #[error(transparent)]
    Db(#[from] DbError),
}

fn refused(field: &'static str, code: &'static str, words: impl Into<String>) -> NetworkError {
    NetworkError::Refused(FieldError::new(field, code, words.into()))
}

/// Refuses what nobody means: what is over already, half of the internet, and a block that shuts out the house
/// itself, everybody, or whoever asks for it.
pub fn check(ruling: &Ruling, open: StaysOpen<'_>, now: Timestamp) -> Result<(), NetworkError> {
    if !ruling.holds_at(now) {
        let words = "This time is over. Give one in the future, or none.";
        return Err(refused("until", "past", words));
    }
    let network = ruling.network;
    let [v4, v6] = WIDEST;
    let widest = if network.is_ipv4() { v4 } else { v6 };
    if network.prefix_len() < widest {
        let words = format!(
            "{network} is too wide: /{v4} of IPv4 or /{v6} of IPv6 at the most. Name smaller networks."
        );
        return Err(refused("network", "too_wide", words));
    }
    if ruling.verdict == Verdict::Blocked {
        leave_open(network, open)?;
    }
    Ok(())
}

fn leave_open(network: Network, open: StaysOpen<'_>) -> Result<(), NetworkError> {
    // What a machine calls itself by (RFC 6890, 2.2.2 and 2.2.3).
    let loopback = ["127.0.0.0/8", "::1"]
        .into_iter()
        .filter_map(Network::parse);
    if loopback.into_iter().any(|own| own.overlaps(network)) {
        let words = format!(
            "{network} holds addresses of this machine itself, which cannot be blocked. Name one without them."
        );
        return Err(refused("network", "loopback", words));
    }
    if let Some(proxy) = open.proxies.iter().find(|it| it.overlaps(network)) {
        let words = format!(
            "{network} overlaps {proxy} of SIGNALBOX_TRUSTED_PROXIES, by which everybody comes. Name one without it."
        );
        return Err(refused("network", "proxies", words));
    }
    if let Some(author) = open.author.filter(|it| network.contains(*it)) {
        let words = format!(
            "You are at {author}, which {network} holds. Name one without it, or block it from elsewhere."
        );
        return Err(refused("network", "own_address", words));
    }
    Ok(())
}

const READ: PlatformSql =
    platform_sql!("SELECT network, verdict, until FROM platform.networks ORDER BY id LIMIT $1");

/// All of them, as the processes keep them.
pub async fn read(tx: &PlatformTx) -> Result<Networks, DbError> {
    let rows = tx.query(READ, &[&MAX_NETWORKS]).await?;
    rows.iter().map(read_ruling).collect()
}

const LIST: PlatformSql = platform_sql!(
    "SELECT id, network, verdict, reason, until, created_at, created_by
       FROM platform.networks
      ORDER BY id
      LIMIT $1"
);

/// All of them with their stories.
pub async fn list(tx: &PlatformTx) -> Result<Vec<Entry>, DbError> {
    let rows = tx.query(LIST, &[&MAX_NETWORKS]).await?;
    rows.iter().map(read_entry).collect()
}

fn read_ruling(row: &Row) -> Result<Ruling, DbError> {
    let corrupt = |column| DbError::Corrupt {
        table: "platform.networks",
        column,
    };
    Ok(Ruling {
        network: Network::parse(row.get("network")?).ok_or_else(|| corrupt("network"))?,
        verdict: Verdict::parse(row.get("verdict")?).ok_or_else(|| corrupt("verdict"))?,
        until: row.get("until")?,
    })
}

fn read_entry(row: &Row) -> Result<Entry, DbError> {
    Ok(Entry {
        id: row.id("id")?,
        ruling: read_ruling(row)?,
        reason: row.get("reason")?,
        created_at: row.get("created_at")?,
        created_by: row.get("created_by")?,
    })
}

/// One change at a time: two could not both find room for the last network.
const LOCK: PlatformSql =
    platform_sql!("SELECT only_row FROM platform.switches WHERE only_row FOR UPDATE");
const FIND: PlatformSql = platform_sql!(
    "SELECT id, network, verdict, reason, until, created_at, created_by
       FROM platform.networks
      WHERE network = $1"
);
const COUNT: PlatformSql = platform_sql!("SELECT count(*) AS networks FROM platform.networks");
const SET: PlatformSql = platform_sql!(
    "INSERT INTO platform.networks AS n (id, network, verdict, reason, until, created_at, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (network) DO UPDATE
        SET verdict = $3, reason = $4, until = $5, created_at = $6, created_by = $7
  RETURNING n.id, n.network, n.verdict, n.reason, n.until, n.created_at, n.created_by"
);

/// What became of a network that was to be trusted or blocked.
#[derive(Clone, Debug)]
pub struct Set {
    /// As it stands now.
    pub entry: Entry,
    /// Whether that was something new.
    pub changed: bool,
}

/// Trusts or blocks a network, for the reason of the mandate. What was said of the same network before, makes
/// way; said again, nothing changes. Errors: [`NetworkError::Refused`], [`NetworkError::Full`].
pub async fn set(
    tx: &PlatformTx,
    ruling: &Ruling,
    open: StaysOpen<'_>,
    mandate: &Mandate,
) -> Result<Set, NetworkError> {
    let reason = text::line(mandate.reason.as_deref().unwrap_or_default(), MAX_REASON);
    let reason = reason.map_err(|_| {
        let words = "Say why: 1 to 500 characters on one line, without control characters.";
        refused("reason", "reason", words)
    })?;
    let ruling = &ruling.as_kept();
    check(ruling, open, tx.now())?;
    tx.query_one(LOCK, &[]).await?;
    let network = ruling.network.to_string();
    let before = tx.query_opt(FIND, &[&network]).await?;
    let before = before.map(|row| read_entry(&row)).transpose()?;
    match before {
        Some(entry) if entry.ruling == *ruling && entry.reason == reason => {
            return Ok(Set {
                entry,
                changed: false,
            });
        }
        None if tx.query_one(COUNT, &[]).await?.get::<i64>("networks")? >= MAX_NETWORKS => {
            return Err(NetworkError::Full);
        }
        _ => {}
    }
    let id: NetworkId = tx.new_id();
    let author = mandate.actor.to_string();
    let row = tx
        .query_one(
            SET,
            &[
                &id.uuid(),
                &network,
                &ruling.verdict.as_str(),
                &reason,
                &ruling.until,
                &tx.now(),
                &author,
            ],
        )
        .await?;
    let entry = read_entry(&row)?;
    let action = match ruling.verdict {
        Verdict::Trusted => "network.trusted",
        Verdict::Blocked => "network.blocked",
    };
    note(tx, mandate, action, before.as_ref(), Some(&entry)).await?;
    Ok(Set {
        entry,
        changed: true,
    })
}

const REMOVE: PlatformSql = platform_sql!(
    "DELETE FROM platform.networks
      WHERE id = $1
  RETURNING id, network, verdict, reason, until, created_at, created_by"
);

/// Thinks nothing of a network any more. Answers what was thought of it. Errors: [`NetworkError::NotFound`].
pub async fn remove(
    tx: &PlatformTx,
    id: NetworkId,
    mandate: &Mandate,
) -> Result<Entry, NetworkError> {
    let row = tx.query_opt(REMOVE, &[&id.uuid()]).await?;
    let entry = read_entry(&row.ok_or(NetworkError::NotFound)?)?;
    note(tx, mandate, "network.removed", Some(&entry), None).await?;
    Ok(entry)
}

/// What is said of exactly this network.
pub async fn find(tx: &PlatformTx, network: Network) -> Result<Option<Entry>, DbError> {
    let row = tx.query_opt(FIND, &[&network.to_string()]).await?;
    row.map(|row| read_entry(&row)).transpose()
}

async fn note(
    tx: &PlatformTx,
    mandate: &Mandate,
    action: &str,
    before: Option<&Entry>,
    after: Option<&Entry>,
) -> Result<(), DbError> {
    let verdict = |entry: Option<&Entry>| entry.map_or("none", |it| it.ruling.verdict.as_str());
    let until = |entry: Option<&Entry>| entry.and_then(|it| it.ruling.until);
    let detail: Value = json!({
        "from": verdict(before), "to": verdict(after), "until_before": until(before), "until": until(after),
    });
    let subject = before.or(after).map(|it| it.ruling.network.to_string());
    let act = Act {
        mandate,
        action,
        tenant: None,
        subject: subject.as_deref(),
        detail,
    };
    audit::record(tx, &act).await
}

const SWEEP: PlatformSql = platform_sql!(
    "DELETE FROM platform.networks n
      USING (SELECT id FROM platform.networks
              WHERE until <= $1
              ORDER BY until
              LIMIT $2
                FOR UPDATE SKIP LOCKED) AS over
      WHERE n.id = over.id"
);

/// Removes at most `limit` networks whose time has been over for more than a day, the oldest first. Answers how many.
pub async fn sweep(tx: &PlatformTx, limit: i64) -> Result<u64, DbError> {
    let over = tx.now().saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
    tx.execute(SWEEP, &[&over, &limit]).await
}
