//! The use cases of operators. Only here is decided.

pub mod accounts;
pub mod approvals;
pub mod audit;
pub mod names;
pub mod networks;
pub mod overview;
pub mod recovery;
pub mod sign_in;
pub mod support;
pub mod tenants;
pub mod tokens;

use std::sync::Arc;

use gateway::{Keys, Limit, Limiter};
use jobs::Bus;
use kernel::network::Network;
use passwords::{Password, PasswordHash, Passwords};
use url::Url;

use crate::error::Error;
use crate::ports::Recoveries;

/// What takes a second operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// Nothing.
    Off,
    /// Deletions, suspending or freezing several at once, and recovering an owner.
    Destructive,
}

/// What the use cases need besides a transaction.
#[derive(Clone)]
pub struct Operators {
    /// Judges and hashes.
    passwords: Passwords,
    /// Seals the seeds of one-time codes.
    keys: Keys,
    limiter: Limiter,
    limits: Limits,
    addresses: Addresses,
    /// Tells the processes that run what changed.
    bus: Bus,
    recoveries: Arc<dyn Recoveries>,
    approval: Approval,
    /// What stands in front of the house: everybody comes by it.
    proxies: Vec<Network>,
}

/// Where organisations have their addresses, and which of them can be given.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The root host's address.
    pub base_url: Url,
    /// The base domain, without a port.
    pub domain: String,
    /// Why a slug is none by the rules of registration; `None` where it is one.
    pub fault_of_slug: fn(&str) -> Option<&'static str>,
}

/// How often somebody may try to sign in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Failures of a network.
    network: Limit,
    /// Failures of an account, from wherever: wide, so that nobody can lock an operator out.
    account: Limit,
    /// Wrong codes behind the right password of an account. Only whoever has the password can use it up.
    code: Limit,
    /// Wrong passwords typed into the form that changes it.
    password: Limit,
}

impl Operators {
    /// Puts the domain together; `failures` are allowed an hour to a network, [`Limit::UNLIMITED`] for a
    /// house that counts nothing.
    pub fn new(
        passwords: Passwords,
        keys: Keys,
        limiter: Limiter,
        failures: u32,
        addresses: Addresses,
        bus: Bus,
        recoveries: Arc<dyn Recoveries>,
    ) -> Self {
        Self {
            passwords,
            keys,
            limiter,
            limits: Limits {
                network: Limit::per_hour("operator_login", failures),
                account: Limit::per_hour("operator_login_account", 300),
                code: Limit::per_hour("operator_code", 10),
                password: Limit::per_hour("operator_password", 10),
            },
            addresses,
            bus,
            recoveries,
            approval: Approval::Off,
            proxies: Vec::new(),
        }
    }

    /// The same, where `approval` is asked of a second operator.
    #[must_use]
    pub fn with_approval(self, approval: Approval) -> Self {
        Self { approval, ..self }
    }

    /// The same, in a house behind `proxies`.
    #[must_use]
    pub fn behind(self, proxies: Vec<Network>) -> Self {
        Self { proxies, ..self }
    }

    /// Judges a new password by the house's rules, then hashes it. Not inside a transaction.
    pub async fn hash(&self, password: &Password, context: &[&str]) -> Result<PasswordHash, Error> {
        accounts::hash(&self.passwords, password, context).await
    }

    /// Where the console on `host` is, without a trailing slash.
    pub(crate) fn console_of(&self, host: &str) -> String {
        let mut url = self.addresses.base_url.clone();
        // A stored host is a domain name, which fits into any http address.
        let _ = url.set_host(Some(host));
        url.as_str().trim_end_matches('/').to_owned()
    }

    /// What takes a second operator.
    pub fn approval(&self) -> Approval {
        self.approval
    }

    pub(crate) fn recoveries(&self) -> &dyn Recoveries {
        &*self.recoveries
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }
}
