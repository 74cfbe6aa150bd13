//! Looking at TXT records: what the owner of a domain publishes to prove that it is theirs.

use std::net::SocketAddr;

use crate::{probe::SetupError, resolve::Resolver};

/// Asks DNS for texts, through the system's name servers or given ones.
#[derive(Debug)]
pub struct TxtLookup {
    resolver: Resolver,
}

impl TxtLookup {
    /// Uses `name_servers`, or the system's where none are given. Errors: the system's configuration cannot
    /// be read.
    pub fn new(name_servers: &[SocketAddr]) -> Result<Self, SetupError> {
        Ok(Self {
            resolver: Resolver::new(name_servers)?,
        })
    }

    /// Whether one of `name`'s records is exactly `text`; `None` where DNS did not answer.
    pub async fn holds(&self, name: &str, text: &str) -> Option<bool> {
        let found = self.resolver.texts(name).await.ok()?;
        Some(found.iter().any(|it| it == text))
    }
}
