//! `signalbox network`: which networks are trusted, which are blocked, and changing that.

use std::net::IpAddr;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jobs::Hint;
use kernel::network::Network;
use serde_json::{Value, json};
use tenancy::networks::{self, Entry, NetworkError, Ruling, StaysOpen, Verdict};

use super::{Desk, Outcome};

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Networks {
    /// Lists them in order.
    List(Which),
    /// Does not count a network's addresses in limits that count by address. Needs --reason.
    Trust(Wanted),
    /// Answers a network's addresses 403 on every organisation's host and on the root host. Needs --reason.
    Block(Wanted),
    /// Thinks nothing of a network any more. A wider one that holds it decides then.
    Remove {
        /// The network as it is listed, or the address.
        #[arg(value_parser = network)]
        network: Network,
    },
}

/// Which networks to list.
#[derive(Clone, Debug, Args)]
pub struct Which {
    /// Only those of which this is thought.
    #[arg(long, value_parser = verdict)]
    verdict: Option<Verdict>,
    /// Only those that hold this address, with the one that decides for it.
    #[arg(long)]
    address: Option<IpAddr>,
}

/// A network to be trusted or blocked.
#[derive(Clone, Copy, Debug, Args)]
pub struct Wanted {
    /// The network, like 203.0.113.0/24, or one address; /8 of IPv4 or /16 of IPv6 at the widest.
    #[arg(value_parser = network)]
    network: Network,
    /// From when on it means nothing any more, like 2026-12-24T18:00:00Z; without it, it holds until it is removed.
    #[arg(long)]
    until: Option<Timestamp>,
}

fn network(typed: &str) -> Result<Network, &'static str> {
    Network::parse(typed)
        .ok_or("expected a network, like 203.0.113.0/24 or 2001:db8::/32, or an address")
}

fn verdict(name: &str) -> Result<Verdict, String> {
    let names = Verdict::ALL.map(Verdict::as_str);
    Verdict::parse(name).ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

/// Runs the command.
pub async fn run(desk: &Desk, command: Networks) -> anyhow::Result<Outcome> {
    match command {
        Networks::List(which) => list(desk, &which).await,
        Networks::Trust(wanted) => set(desk, wanted, Verdict::Trusted).await,
        Networks::Block(wanted) => set(desk, wanted, Verdict::Blocked).await,
        Networks::Remove { network } => remove(desk, network).await,
    }
}

async fn list(desk: &Desk, which: &Which) -> anyhow::Result<Outcome> {
    let (mut all, now) = desk
        .db
        .read_platform(async |tx| Ok::<_, db::DbError>((networks::list(tx).await?, tx.now())))
        .await?;
    all.sort_by_key(|it| it.ruling.network);
    let decides = which
        .address
        .and_then(|it| networks::find_deciding(&all, it, now));
    all.retain(|it| {
        let of = |address| it.ruling.network.contains(address);
        let thought = |verdict| it.ruling.verdict == verdict;
        which.address.is_none_or(of) && which.verdict.is_none_or(thought)
    });
    let shown: Vec<Shown> = all
        .into_iter()
        .map(|entry| Shown {
            in_force: entry.ruling.holds_at(now),
            decides: Some(entry.id) == decides,
            entry,
        })
        .collect();
    let text = match shown.is_empty() {
        true => "none".to_owned(),
        false => shown.iter().map(Shown::line).collect::<Vec<_>>().join("\n"),
    };
    let items: Vec<Value> = shown.iter().map(Shown::document).collect();
    desk.say(&text, &json!({ "items": items }))?;
    Ok(Outcome::Done)
}

/// A network as it is printed: a line, or what the API says of it.
struct Shown {
    entry: Entry,
    in_force: bool,
    decides: bool,
}

impl Shown {
    fn line(&self) -> String {
        let Entry {
            ruling,
            reason,
            created_by,
            ..
        } = &self.entry;
        let until = ruling
            .until
            .map_or_else(|| "-".to_owned(), |at| format!("{at:.0}"));
        let over = if self.in_force { "" } else { "  over" };
        let decides = if self.decides { "  decides" } else { "" };
        format!(
            "{:<43} {:<8} {until:<22} {created_by:<20} {reason}{over}{decides}",
            ruling.network.to_string(),
            ruling.verdict.as_str(),
        )
    }

    fn document(&self) -> Value {
        let entry = &self.entry;
        json!({
            "id": entry.id,
            "network": entry.ruling.network.to_string(),
            "verdict": entry.ruling.verdict.as_str(),
            "reason": entry.reason,
            "until": entry.ruling.until,
            "in_force": self.in_force,
            "decides": self.decides,
            "created_at": entry.created_at,
            "created_by": entry.created_by,
        })
    }
}

async fn set(desk: &Desk, wanted: Wanted, verdict: Verdict) -> anyhow::Result<Outcome> {
    let Wanted { network, until } = wanted;
    let ruling = Ruling {
        network,
        verdict,
        until,
    };
    let proxies = desk.config.trusted_proxies.iter().copied();
    let proxies: Vec<Network> = proxies.map(Network::from).collect();
    let open = StaysOpen {
        proxies: &proxies,
        author: None,
    };
    let done = desk
        .act(async |tx| networks::set(tx, &ruling, open, &desk.mandate).await)
        .await;
    match done {
        Ok(set) => {
            let shown = Shown {
                entry: set.entry,
                in_force: true,
                decides: false,
            };
            let document = json!({ "network": shown.document(), "changed": set.changed });
            tell(desk, network, verdict.as_str(), set.changed, &document).await
        }
        Err(error) => refuse(desk, network, error),
    }
}

async fn remove(desk: &Desk, network: Network) -> anyhow::Result<Outcome> {
    let done: Result<bool, NetworkError> = desk
        .act(async |tx| match networks::find(tx, network).await? {
            Some(entry) => networks::remove(tx, entry.id, &desk.mandate)
                .await
                .map(|_| true),
            None => Ok(false),
        })
        .await;
    match done {
        Ok(changed) => {
            let document = json!({ "removed": network.to_string(), "changed": changed });
            tell(desk, network, "removed", changed, &document).await
        }
        Err(error) => refuse(desk, network, error),
    }
}

/// Tells the processes that run, and whoever asked.
async fn tell(
    desk: &Desk,
    network: Network,
    word: &str,
    changed: bool,
    document: &Value,
) -> anyhow::Result<Outcome> {
    if changed {
        desk.tell(vec![Hint::SwitchesChanged]).await;
    }
    let sentence = match (changed, desk.manner.dry_run) {
        (false, _) => format!("{network}: nothing to do, it is {word}"),
        (true, true) => format!("{network}: would be {word}"),
        (true, false) => format!("{network}: {word}"),
    };
    desk.say(&sentence, document)?;
    Ok(Outcome::Done)
}

/// Says why nothing came of it.
fn refuse(desk: &Desk, network: Network, error: NetworkError) -> anyhow::Result<Outcome> {
    let (code, field, words) = match error {
        NetworkError::Refused(fault) => {
            let field = fault.pointer.trim_start_matches('/').to_owned();
            (fault.code, Some(field), fault.message)
        }
        NetworkError::Full => ("network_limit".to_owned(), None, error.to_string()),
        // A row that was there a moment ago is removed by somebody else.
        NetworkError::NotFound | NetworkError::Db(_) => return Err(error.into()),
    };
    let place = field.as_ref().map_or(String::new(), |it| format!("{it}: "));
    desk.say(
        &format!("{network}: {place}{words}"),
        &json!({ "network": network.to_string(), "error": code, "field": field, "detail": words }),
    )?;
    Ok(Outcome::Refused)
}
