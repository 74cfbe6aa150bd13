//! Networks that are trusted or blocked: looking them up, and changing what is thought of them.

use std::collections::HashMap;
use std::net::IpAddr;

use db::PlatformTx;
use jiff::Timestamp;
use jobs::Hint;
use kernel::id::NetworkId;
use kernel::network::Network;
use kernel::page::{self, Page};
use tenancy::audit::Mandate;
use tenancy::networks::{self, Entry, Ruling, StaysOpen, Verdict};

use super::Operators;
use crate::error::Error;
use crate::model::actor;
use crate::store::accounts;

/// Which networks.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of which this is thought.
    pub verdict: Option<Verdict>,
    /// Only those that are found by it.
    pub search: Option<Search>,
}

/// What networks are found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// They hold the address.
    Address(IpAddr),
    /// The network, the reason or the author has this text, whatever its case.
    Text(String),
}

impl Search {
    /// An address is looked for as such, everything else as text.
    pub fn of(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        match typed.parse() {
            Ok(address) => Some(Self::Address(address)),
            Err(_) => (!typed.is_empty()).then(|| Self::Text(typed.to_lowercase())),
        }
    }
}

/// A network as operators see it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The ruling and its story.
    pub entry: Entry,
    /// The author's address, where it was an operator.
    pub author_email: Option<String>,
    /// Whether it means anything now.
    pub in_force: bool,
    /// Whether it is the one that decides for the address that was searched for.
    pub decides: bool,
}

impl Listed {
    fn new(entry: Entry, authors: &HashMap<String, String>, now: Timestamp) -> Self {
        Self {
            author_email: authors.get(&entry.created_by).cloned(),
            in_force: entry.ruling.holds_at(now),
            decides: false,
            entry,
        }
    }
}

impl Filter {
    fn finds(&self, listed: &Listed) -> bool {
        let entry = &listed.entry;
        let ruling = entry.ruling;
        let found = match &self.search {
            None => true,
            Some(Search::Address(address)) => ruling.network.contains(*address),
            Some(Search::Text(text)) => {
                let author = listed.author_email.as_ref().unwrap_or(&entry.created_by);
                [&ruling.network.to_string(), &entry.reason, author]
                    .iter()
                    .any(|it| it.to_lowercase().contains(text))
            }
        };
        found && self.verdict.is_none_or(|verdict| ruling.verdict == verdict)
    }
}

/// A page of networks in order; of those that hold an address, the most specific first.
pub async fn list(
    tx: &PlatformTx,
    filter: &Filter,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Listed>, Error> {
    let scope = format!("networks {filter:?}");
    let after = match page::read::<(u8, String)>(&scope, cursor)? {
        None => None,
        Some((width, network)) => {
            let network = Network::parse(&network).ok_or_else(page::bad_cursor)?;
            Some((width, network))
        }
    };
    let address = match filter.search {
        Some(Search::Address(address)) => Some(address),
        _ => None,
    };
    let place = |it: &Listed| {
        let network = it.entry.ruling.network;
        let width = address.map_or(0, |_| u8::MAX - network.prefix_len());
        (width, network)
    };
    // There are few enough to be looked through here, where it is known what a network is.
    let all = networks::list(tx).await?;
    let decides = address.and_then(|it| networks::find_deciding(&all, it, tx.now()));
    let authors = authors(tx).await?;
    let mut found: Vec<Listed> = all
        .into_iter()
        .map(|entry| Listed {
            decides: Some(entry.id) == decides,
            ..Listed::new(entry, &authors, tx.now())
        })
        .filter(|it| filter.finds(it) && after.is_none_or(|after| place(it) > after))
        .collect();
    found.sort_by_key(place);
    Ok(Page::cut(found, limit, &scope, |it| {
        let (width, network) = place(it);
        (width, network.to_string())
    }))
}

/// The addresses of operators, by what the audit log calls them.
async fn authors(tx: &PlatformTx) -> Result<HashMap<String, String>, Error> {
    let operators = accounts::list(tx).await?.into_iter();
    Ok(operators
        .map(|it| (actor(it.id).to_string(), it.email))
        .collect())
}

/// Thinks nothing of a network any more. Errors: [`Error::NetworkNotFound`].
pub async fn remove(tx: &PlatformTx, id: NetworkId, mandate: &Mandate) -> Result<(), Error> {
    networks::remove(tx, id, mandate).await?;
    Ok(())
}

impl Operators {
    /// Trusts or blocks a network, for an operator who is at `author`. Answers it as it stands now, and whether that
    /// is new. Errors: [`Error::Field`], [`Error::NetworkLimit`].
    pub async fn set_network(
        &self,
        tx: &PlatformTx,
        ruling: &Ruling,
        author: Option<IpAddr>,
        mandate: &Mandate,
    ) -> Result<(Listed, bool), Error> {
        let open = StaysOpen {
            proxies: &self.proxies,
            author,
        };
        let set = networks::set(tx, ruling, open, mandate).await?;
        let listed = Listed::new(set.entry, &authors(tx).await?, tx.now());
        Ok((listed, set.changed))
    }

    /// Tells the processes that run to look at switches and networks anew. Say it after the COMMIT.
    pub fn tell_of_switches(&self) {
        self.bus.publish(&[Hint::SwitchesChanged]);
    }
}
