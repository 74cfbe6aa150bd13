//! What an organisation asks of whoever signs in, and whom a change of that would shut out. Pure.

use std::net::IpAddr;

use jiff::Timestamp;
use kernel::error::FieldError;
use kernel::id::UserId;
use kernel::network::{self, Network};
use serde_json::{Map, Value, json};

use super::Method;

/// The shortest idle time, in minutes: that of a control room.
pub const MIN_IDLE_MINUTES: i32 = 15;
/// The longest one.
pub const MAX_IDLE_MINUTES: i32 = 14 * 24 * 60;
/// Domains of mail at the most.
pub const MAX_MAIL_DOMAINS: usize = 50;

/// The rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How long a browser stays signed in while nobody is there, in minutes.
    pub idle_minutes: i32,
    /// Whether everybody needs a second factor.
    pub second_factor_required: bool,
    /// By what people sign in, each once, in the order of [`Method::ALL`].
    pub methods: Vec<Method>,
    /// Of whom people are invited; none for all.
    pub mail_domains: Vec<String>,
    /// From where people, and their programs with tokens, are let in; none for anywhere.
    pub console_networks: Vec<Network>,
    /// From where programs with keys are.
    pub key_networks: Vec<Network>,
}

/// Those of an organisation that has changed none.
impl Default for Rules {
    fn default() -> Self {
        Self {
            idle_minutes: MAX_IDLE_MINUTES,
            second_factor_required: false,
            methods: Method::ALL.to_vec(),
            mail_domains: Vec::new(),
            console_networks: Vec::new(),
            key_networks: Vec::new(),
        }
    }
}

/// The rules as they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignInPolicy {
    /// Which.
    pub rules: Rules,
    /// How often they were changed.
    pub revision: i32,
    /// When they were changed last.
    pub updated_at: Option<Timestamp>,
}

/// By what somebody who belongs to the organisation can come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaysOf {
    /// Who.
    pub user: UserId,
    /// Whether they have a password.
    pub password: bool,
    /// Whether they have a passkey.
    pub passkey: bool,
    /// Whether they are known at Discord, and it can be asked.
    pub discord: bool,
    /// Whether signing in asks them for a one-time code.
    pub codes: bool,
}

impl WaysOf {
    fn by(self, method: Method) -> bool {
        match method {
            Method::Password => self.password,
            Method::Passkey => self.passkey,
            Method::Discord => self.discord,
        }
    }

    /// Whether one of `methods` lets them in.
    pub fn by_any(self, methods: &[Method]) -> bool {
        methods.iter().any(|it| self.by(*it))
    }

    /// Whether they have a second factor.
    pub const fn has_second_factor(self) -> bool {
        self.codes || self.passkey
    }
}

/// Whoever changes the rules, and who else must not be shut out.
#[derive(Clone, Debug)]
pub struct Author {
    /// They themselves.
    pub own: WaysOf,
    /// From where they do it.
    pub address: Option<IpAddr>,
    /// The active owners.
    pub owners: Vec<WaysOf>,
    /// Whether Discord can be asked who somebody is.
    pub has_discord: bool,
}

impl Rules {
    /// Whether somebody at `address` is let in.
    pub fn let_in_from(&self, address: Option<IpAddr>) -> bool {
        self.console_networks.is_empty() || network::any_contains(&self.console_networks, address)
    }

    /// Why these rules cannot be `author`'s: they, or an owner, or everybody who is new, would find no way in.
    pub fn faults(&self, author: &Author) -> Vec<FieldError> {
        let mut faults = Vec::new();
        if !author.own.by_any(&self.methods) {
            let words = "You could not sign in any more: you have none of these. Set one up first.";
            faults.push(FieldError::new("methods", "locks_you_out", words));
        } else if !author.owners.iter().all(|it| it.by_any(&self.methods)) {
            let words = "An owner could not sign in any more: they have none of these.";
            faults.push(FieldError::new("methods", "locks_owner_out", words));
        } else if !self.lets_newcomers_in(author.has_discord) {
            let words = "Leave a password or Discord: whoever is invited has no passkey yet.";
            faults.push(FieldError::new("methods", "locks_newcomers_out", words));
        }
        if self.second_factor_required && !author.own.has_second_factor() {
            let words = "Set up a second factor for yourself first, on the page of your account.";
            let field = "second_factor_required";
            faults.push(FieldError::new(field, "locks_you_out", words));
        }
        if !self.let_in_from(author.address) {
            let words = match author.address {
                Some(address) => format!(
                    "You are at {address}, which is in none of these networks. Add yours, or do it from there."
                ),
                None => "From where you are is not known, so you would be shut out.".to_owned(),
            };
            faults.push(FieldError::new("console_networks", "locks_you_out", words));
        }
        faults
    }

    fn lets_newcomers_in(&self, has_discord: bool) -> bool {
        self.methods.iter().any(|it| match it {
            Method::Password => true,
            Method::Discord => has_discord,
            Method::Passkey => false,
        })
    }

    /// What differs from `new`, by name: as it is, and as it will be.
    pub fn changes(&self, new: &Self) -> (Value, Value) {
        let (mut before, mut after) = (self.by_name(), new.by_name());
        before.retain(|name, value| new.by_name().get(name) != Some(value));
        after.retain(|name, _| before.contains_key(name));
        (before.into(), after.into())
    }

    fn by_name(&self) -> Map<String, Value> {
        let shown = |list: &[Network]| list.iter().map(Network::to_string).collect::<Vec<_>>();
        let methods: Vec<_> = self.methods.iter().map(|it| it.as_str()).collect();
        let pairs = [
            ("idle_minutes", json!(self.idle_minutes)),
            ("second_factor_required", json!(self.second_factor_required)),
            ("methods", json!(methods)),
            ("mail_domains", json!(self.mail_domains)),
            ("console_networks", json!(shown(&self.console_networks))),
            ("key_networks", json!(shown(&self.key_networks))),
        ];
        let named = pairs.into_iter();
        named
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

/// What a change of the rules would do at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effects {
    /// Sessions that are over with it: by a way that is allowed no more, or nobody was there for too long.
    pub sessions_ended: i64,
    /// Sessions that were last seen somewhere else, and are refused while they are.
    pub sessions_elsewhere: i64,
    /// Keys that were last used somewhere else.
    pub keys_elsewhere: i64,
    /// Sessions that can do nothing until their owner shows a second factor.
    pub sessions_owing: i64,
    /// Active people without a second factor.
    pub people_without_second_factor: i64,
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
