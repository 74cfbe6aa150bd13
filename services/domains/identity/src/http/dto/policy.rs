//! The organisation's rules for signing in as JSON.

use std::net::IpAddr;

use gateway::ApiError;
use jiff::Timestamp;
use kernel::email::EmailAddress;
use kernel::error::FieldError;
use kernel::network::{self, MAX_NETWORKS, Network};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::model::Method;
use crate::model::policy::{
    Effects, MAX_IDLE_MINUTES, MAX_MAIL_DOMAINS, MIN_IDLE_MINUTES, Rules, SignInPolicy,
};

/// A way to sign in.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignInMethod {
    /// A password, and a one-time code where the account asks for one.
    Password,
    /// A passkey. It is a second factor by itself.
    Passkey,
    /// Who somebody is at Discord, and a one-time code where the account asks for one.
    Discord,
}

impl From<SignInMethod> for Method {
    fn from(method: SignInMethod) -> Self {
        match method {
            SignInMethod::Password => Self::Password,
            SignInMethod::Passkey => Self::Passkey,
            SignInMethod::Discord => Self::Discord,
        }
    }
}

impl From<Method> for SignInMethod {
    fn from(method: Method) -> Self {
        match method {
            Method::Password => Self::Password,
            Method::Passkey => Self::Passkey,
            Method::Discord => Self::Discord,
        }
    }
}

/// All rules for signing in.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "idle_minutes": 15, "second_factor_required": true, "methods": ["password", "passkey"],
    "mail_domains": ["acme.example"], "console_networks": ["203.0.113.0/24", "2001:db8::/32"], "key_networks": []
}))]
pub struct SignInRules {
    /// How long a browser stays signed in while nobody is there: from 15 minutes to 14 days.
    #[validate(range(
        min = MIN_IDLE_MINUTES,
        max = MAX_IDLE_MINUTES,
        message = "From 15 minutes to 14 days (20160 minutes)."
    ))]
    #[schema(minimum = 15, maximum = 20160)]
    idle_minutes: i32,
    /// Whether everybody needs a second factor. Whoever has none can set one up, and do nothing else.
    second_factor_required: bool,
    /// By what people sign in.
    #[validate(length(min = 1, max = 10, message = "Choose at least one way to sign in."))]
    #[schema(min_items = 1, max_items = 10)]
    methods: Vec<SignInMethod>,
    /// Domains whose people may be invited, and join; empty for all.
    #[schema(max_items = 50, example = json!(["acme.example"]))]
    mail_domains: Vec<String>,
    /// From where people, and programs with tokens, are let in, as CIDR; empty for anywhere.
    #[schema(max_items = 50, example = json!(["203.0.113.0/24"]))]
    console_networks: Vec<String>,
    /// From where programs with API keys are let in, as CIDR; empty for anywhere.
    #[schema(max_items = 50, example = json!(["203.0.113.0/24"]))]
    key_networks: Vec<String>,
}

impl TryFrom<SignInRules> for Rules {
    type Error = ApiError;

    fn try_from(typed: SignInRules) -> Result<Self, ApiError> {
        let mut faults = Vec::new();
        let chosen: Vec<Method> = typed.methods.into_iter().map(Method::from).collect();
        let mail_domains = domains(&typed.mail_domains, &mut faults);
        let console_networks = networks("console_networks", &typed.console_networks, &mut faults);
        let key_networks = networks("key_networks", &typed.key_networks, &mut faults);
        if !faults.is_empty() {
            return Err(ApiError::invalid(faults));
        }
        let each_once = Method::ALL.into_iter().filter(|it| chosen.contains(it));
        Ok(Self {
            idle_minutes: typed.idle_minutes,
            second_factor_required: typed.second_factor_required,
            methods: each_once.collect(),
            mail_domains,
            console_networks,
            key_networks,
        })
    }
}

/// What each line of a list is read as. A list that is too long, and each line that is nothing, is a fault.
fn each<T>(
    field: &str,
    typed: &[String],
    max: usize,
    faults: &mut Vec<FieldError>,
    read: impl Fn(&str) -> Result<T, FieldError>,
) -> Vec<T> {
    if typed.len() > max {
        let words = format!("At most {max} lines.");
        faults.push(FieldError::new(field, "too_many", words));
        return Vec::new();
    }
    let mut all = Vec::new();
    for (at, line) in typed.iter().enumerate() {
        match read(line) {
            Ok(value) => all.push(value),
            Err(fault) => faults.push(FieldError {
                pointer: format!("/{field}/{at}"),
                ..fault
            }),
        }
    }
    all
}

/// The beginning of a line, for whoever looks for it in a list.
fn shown(line: &str) -> String {
    line.trim().chars().take(60).collect()
}

fn networks(field: &str, typed: &[String], faults: &mut Vec<FieldError>) -> Vec<Network> {
    let read = each(field, typed, MAX_NETWORKS, faults, |line| {
        Network::parse(line).ok_or_else(|| {
            let words =
                "is no network. Enter one like 203.0.113.0/24 or 2001:db8::/32, or an address.";
            FieldError::new(field, "network", format!("{} {words}", shown(line)))
        })
    });
    network::tidy(read)
}

fn domains(typed: &[String], faults: &mut Vec<FieldError>) -> Vec<String> {
    let field = "mail_domains";
    let mut read = each(field, typed, MAX_MAIL_DOMAINS, faults, |line| {
        let domain = line.trim().trim_start_matches('@');
        match EmailAddress::parse(&format!("a@{domain}")) {
            Some(address) if !domain.contains('@') => Ok(address.domain().to_owned()),
            _ => {
                let words = format!("{} is no domain. Enter one like acme.example.", shown(line));
                Err(FieldError::new(field, "domain", words))
            }
        }
    });
    read.sort();
    read.dedup();
    read
}

/// The rules for signing in, and what somebody who changes them needs to know.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInPolicyView {
    /// How long a browser stays signed in while nobody is there.
    #[schema(example = 15)]
    idle_minutes: i32,
    /// Whether everybody needs a second factor.
    second_factor_required: bool,
    /// By what people sign in.
    methods: Vec<SignInMethod>,
    /// Domains whose people may be invited, and join; empty for all.
    #[schema(example = json!(["acme.example"]))]
    mail_domains: Vec<String>,
    /// From where people, and programs with tokens, are let in; empty for anywhere.
    #[schema(example = json!(["203.0.113.0/24"]))]
    console_networks: Vec<String>,
    /// From where programs with API keys are let in; empty for anywhere.
    #[schema(example = json!(["203.0.113.0/24"]))]
    key_networks: Vec<String>,
    /// When they were changed last; null for the rules of the beginning.
    #[schema(required = true)]
    updated_at: Option<Timestamp>,
    /// From where you ask.
    #[schema(required = true, value_type = Option<String>, example = "203.0.113.9")]
    your_address: Option<IpAddr>,
    /// What there is to choose from.
    available_methods: Vec<SignInMethod>,
}

impl SignInPolicyView {
    /// `policy`, for somebody at `your_address`.
    pub fn new(policy: SignInPolicy, your_address: Option<IpAddr>, available: Vec<Method>) -> Self {
        let shown = |list: &[Network]| list.iter().map(Network::to_string).collect();
        let named = |list: Vec<Method>| list.into_iter().map(SignInMethod::from).collect();
        let rules = policy.rules;
        Self {
            idle_minutes: rules.idle_minutes,
            second_factor_required: rules.second_factor_required,
            console_networks: shown(&rules.console_networks),
            key_networks: shown(&rules.key_networks),
            methods: named(rules.methods),
            mail_domains: rules.mail_domains,
            updated_at: policy.updated_at,
            your_address,
            available_methods: named(available),
        }
    }
}

/// What a change of the rules would do at this moment.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInPolicyEffects {
    /// Other sessions that would end: by a way that is allowed no more, or nobody was there for too long.
    #[schema(example = 3)]
    sessions_ended: i64,
    /// Other sessions that were last seen outside of the networks, and would be refused there.
    #[schema(example = 1)]
    sessions_elsewhere: i64,
    /// Other sessions that could do nothing until their owner shows a second factor.
    #[schema(example = 2)]
    sessions_owing: i64,
    /// Working keys that were last used outside of their networks.
    #[schema(example = 0)]
    keys_elsewhere: i64,
    /// Active people who have no second factor.
    #[schema(example = 2)]
    people_without_second_factor: i64,
}

impl From<Effects> for SignInPolicyEffects {
    fn from(effects: Effects) -> Self {
        Self {
            sessions_ended: effects.sessions_ended,
            sessions_elsewhere: effects.sessions_elsewhere,
            sessions_owing: effects.sessions_owing,
            keys_elsewhere: effects.keys_elsewhere,
            people_without_second_factor: effects.people_without_second_factor,
        }
    }
}
