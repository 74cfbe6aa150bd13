//! Every room joined to every other: the one place that knows them all.

mod discord;
pub(crate) mod people;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use ::operators::Operators;
use actix_web::web::{Data, ServiceConfig};
use anyhow::Context;
use async_trait::async_trait;
use db::{Db, DbConfig, PlatformSql, platform_sql};
use egress::{Prober, ProberOptions, TargetPolicy};
use endpoints::{Checker, CheckerOptions, Endpoints};
use gateway::{
    ApiLimits, Check, CheckState, Gateway, GatewayConfig, Keys, Limit, Limiter, Parts, Readiness,
    Waits,
};
use identity::Identity;
use jobs::{Bus, BusConfig, EventDelivery, Handler, Hint, Runner, Signal, Subscriber};
use mail::{Mailer, SendMail, SmtpConfig};
use passwords::{Cost, Passwords};
use registration::{People, Registration};
use tenancy::Directory;
use tenancy::switches::Switches;
use url::Url;

use crate::config::{Config, Limits, MailSetting};
use crate::operators;
use people::PeopleOfIdentity;

/// A process that starts waits so long for a Postgres that is still starting itself.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// A mail server that says nothing for so long is given up for now.
pub const MAIL_TIMEOUT: Duration = Duration::from_secs(20);

/// The house. Cloning it is cheap; all clones are one house.
#[derive(Clone)]
pub struct House {
    /// The serving login's handle.
    pub db: Db,
    /// Hints between processes.
    pub bus: Bus,
    /// What answers requests.
    pub gateway: Gateway,
    /// What does work that is due.
    pub runner: Arc<Runner>,
    /// What checks endpoints.
    pub checker: Arc<Checker>,
    directory: Directory,
    pub(crate) switches: Switches,
    registration: Data<Registration>,
    identity: Data<Identity>,
    endpoints: Data<Endpoints>,
    pub(crate) operators: Data<Operators>,
}

/// What a test brings instead of the real thing.
#[derive(Clone, Debug)]
pub struct Furniture {
    /// What hashing a password costs.
    pub password_cost: Cost,
    /// How endpoints are checked.
    pub checks: CheckerOptions,
    /// A mail server that says nothing for so long is given up for now.
    pub mail_timeout: Duration,
}

impl Default for Furniture {
    fn default() -> Self {
        Self {
            password_cost: Cost::OWASP,
            checks: CheckerOptions::default(),
            mail_timeout: MAIL_TIMEOUT,
        }
    }
}

impl House {
    /// Connects to everything the configuration names.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let database = config
            .database
            .as_ref()
            .context("SIGNALBOX_DATABASE_URL is not set")?;
        let db = Db::connect(&DbConfig {
            start_patience: START_PATIENCE,
            ..database.clone()
        })
        .await?;
        tokio::spawn(db.clone().upkeep());
        let bus = Bus::start(bus_config(config, database), &db).await?;
        Self::furnish(config, db, bus, Furniture::default())
    }

    /// Joins the rooms over a database and a bus that are there already.
    pub fn furnish(
        config: &Config,
        db: Db,
        bus: Bus,
        furniture: Furniture,
    ) -> anyhow::Result<Self> {
        let base_url: Url = config.base_url().parse().context("SIGNALBOX_BASE_DOMAIN")?;
        let keys = keys(config)?;
        let asked = db.for_requests();
        let limiter = Limiter::new(asked.clone(), keys.clone());
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let entropy = Arc::clone(&db.pulse().entropy);
        let passwords = Passwords::new(furniture.password_cost, cores, entropy)?;
        let prober = prober(config)?;
        let directory = Directory::new(asked.clone());
        let switches = Switches::new(asked.clone());
        let people: Arc<dyn People> = Arc::new(PeopleOfIdentity);
        let gateway = Gateway::new(Parts {
            config: gateway_config(config, base_url.clone(), keys.clone()),
            db: asked.clone(),
            directory: Arc::new(directory.clone()),
            switches: switches.clone(),
            readiness: Arc::new(Dependencies {
                db: asked,
                bus: bus.clone(),
            }),
            rooms: endpoints::rooms(),
        })?;
        let registration = Registration {
            people: Arc::clone(&people),
            passwords: passwords.clone(),
            keys: keys.clone(),
            limiter: limiter.clone(),
            limits: registration_limits(config.limits),
            bus: bus.clone(),
            switches: switches.clone(),
        };
        let (hasher, seals) = (passwords.clone(), keys.clone());
        let operators = operators::domain(config, hasher, seals, limiter.clone(), bus.clone())?;
        let limits = identity_limits(config.limits);
        let identity = Identity::new(passwords, keys.clone(), limiter, limits)
            .with_discord(discord::application(config, &base_url, &prober)?);
        let endpoints = Endpoints::new(endpoints::Config::default(), Arc::clone(&prober));
        let checker = Checker::new(db.clone(), prober, bus.clone(), furniture.checks);
        let mailer = mailer(config, furniture.mail_timeout)?;
        let handlers = handlers(config, mailer, &bus, people, keys, base_url);
        Ok(Self {
            runner: Arc::new(Runner::new(db.clone(), bus.clone(), handlers)?),
            checker: Arc::new(checker),
            db,
            bus,
            gateway,
            directory,
            switches,
            registration: Data::new(registration),
            identity: Data::new(identity),
            endpoints: Data::new(endpoints),
            operators: Data::new(operators),
        })
    }

    /// Hands the domains' state to one worker of the gateway.
    pub fn share(&self, config: &mut ServiceConfig) {
        config
            .app_data(self.registration.clone())
            .app_data(self.identity.clone())
            .app_data(self.endpoints.clone());
    }

    /// The use cases of registration, for operators.
    pub fn registration(&self) -> &Registration {
        &self.registration
    }

    /// Every host is looked up anew.
    pub fn forget_hosts(&self) {
        self.directory.forget_all();
    }

    /// Brings hints of other processes to whom they concern. Runs until the bus ends.
    pub async fn listen(self) {
        let mut hints = self.bus.subscribe();
        // A bus that is away from the start says nothing of it later.
        self.directory.set_hearing(self.bus.is_listening());
        self.switches.set_hearing(self.bus.is_listening());
        while let Some(signal) = hints.next().await {
            match signal {
                Signal::Hint(Hint::DirectoryChanged { host }) => self.directory.forget(&host).await,
                Signal::Hint(Hint::SwitchesChanged) => self.switches.forget(),
                Signal::Hint(Hint::SessionEnded { tenant, session }) => {
                    self.gateway.hub().end_session(tenant, session);
                }
                Signal::Hint(Hint::Live {
                    tenant,
                    room,
                    kind,
                    id,
                }) => {
                    self.gateway.hub().publish(tenant, &room, &kind, id);
                }
                Signal::Hint(Hint::PoolWanted | Hint::WorkQueued) => {}
                Signal::Lost => {
                    self.directory.set_hearing(self.bus.is_listening());
                    self.switches.set_hearing(self.bus.is_listening());
                    self.gateway.hub().lost();
                }
            }
        }
    }
}

/// Every secret of this house, made from the one that is configured and those it took the place of.
pub fn keys(config: &Config) -> anyhow::Result<Keys> {
    let base_url: Url = config.base_url().parse().context("SIGNALBOX_BASE_DOMAIN")?;
    let secret = config.secret_key.as_ref();
    let secret = secret.context("SIGNALBOX_SECRET_KEY is not set")?;
    let issuer = base_url.origin().ascii_serialization();
    Ok(Keys::derive(issuer, secret, &config.replaced_secret_keys)?)
}

/// What carries hints between the processes of this house.
pub fn bus_config(config: &Config, database: &DbConfig) -> BusConfig {
    match &config.redis_url {
        Some(url) => BusConfig::Redis { url: url.clone() },
        None => BusConfig::Postgres {
            url: database.url.clone(),
        },
    }
}

/// Whoever does a kind of work that is left for later.
fn handlers(
    config: &Config,
    mailer: Option<Mailer>,
    bus: &Bus,
    people: Arc<dyn People>,
    keys: Keys,
    base_url: Url,
) -> Vec<Box<dyn Handler>> {
    let sender = SendMail::new(mailer, base_url.clone());
    let mut all: Vec<Box<dyn Handler>> = vec![
        Box::new(EventDelivery::new(subscribers(), bus.clone())),
        Box::new(sender.notices()),
        Box::new(sender),
    ];
    all.extend(registration::jobs(people, keys, bus.clone(), base_url));
    all.extend(::operators::jobs(
        Arc::new(PeopleOfIdentity),
        config.support_email.clone(),
    ));
    all.extend(endpoints::jobs());
    all.extend(identity::jobs());
    all.extend(audit::jobs());
    all
}

/// Everybody who hears of events, in this order.
fn subscribers() -> Vec<Box<dyn Subscriber>> {
    let mut all = identity::subscribers();
    all.extend(registration::subscribers());
    all.extend(endpoints::subscriptions());
    // Last: it may have to wait for another delivery, with everything else done.
    all.extend(audit::subscriptions());
    all
}

fn prober(config: &Config) -> anyhow::Result<Arc<Prober>> {
    let policy = TargetPolicy::allowing(config.target_networks.clone());
    Ok(Arc::new(Prober::new(policy, ProberOptions::default())?))
}

fn gateway_config(config: &Config, base_url: Url, keys: Keys) -> GatewayConfig {
    let limit = |number| (number > 0).then_some(number);
    GatewayConfig {
        console_dir: config.console_dir.clone(),
        trusted_proxies: config.trusted_proxies.clone(),
        cors_origins: config.cors_origins.clone(),
        api_limits: ApiLimits {
            anonymous_per_minute: limit(config.limits.anonymous_per_minute),
            session_per_minute: limit(config.limits.session_per_minute),
            key_per_minute: limit(config.limits.key_per_minute),
            copies: config.limits.copies,
        },
        redis_url: config.redis_url.clone(),
        ..GatewayConfig::new(base_url, keys)
    }
}

/// The sender of mail, which waits for the server for `timeout`; none where mail is switched off on purpose.
pub fn mailer(config: &Config, timeout: Duration) -> anyhow::Result<Option<Mailer>> {
    let MailSetting::Smtp(url) = &config.mail else {
        return Ok(None);
    };
    let smtp = SmtpConfig {
        url: url.clone(),
        from: config.mail_from.clone(),
        timeout,
    };
    Ok(Some(Mailer::new(&smtp)?))
}

/// `number` of 0 counts nothing.
pub(crate) fn per_hour(limit: Limit, number: u32) -> Limit {
    Limit {
        max: if number == 0 {
            Limit::UNLIMITED
        } else {
            number
        },
        ..limit
    }
}

fn registration_limits(limits: Limits) -> registration::Limits {
    let defaults = registration::Limits::default();
    registration::Limits {
        accepted: per_hour(defaults.accepted, limits.registrations_per_hour),
        refused: per_hour(defaults.refused, limits.refused_registrations_per_hour),
        search: per_hour(defaults.search, limits.sensitive_per_hour),
        search_account: per_hour(defaults.search_account, limits.sensitive_per_hour),
    }
}

fn identity_limits(limits: Limits) -> identity::Limits {
    let defaults = identity::Limits::default();
    identity::Limits {
        sign_in: per_hour(defaults.sign_in, limits.login_failures_per_hour),
        guesses: Waits {
            max: if limits.login_failures_per_hour == 0 {
                0
            } else {
                defaults.guesses.max
            },
            ..defaults.guesses
        },
        resend: per_hour(defaults.resend, limits.sensitive_per_hour),
        resend_account: per_hour(defaults.resend_account, limits.sensitive_per_hour),
        reset: per_hour(defaults.reset, limits.login_failures_per_hour),
        reset_account: per_hour(defaults.reset_account, limits.sensitive_per_hour),
        proof: per_hour(defaults.proof, limits.login_failures_per_hour),
        code: per_hour(defaults.code, limits.login_failures_per_hour),
        ..defaults
    }
}

const PING: PlatformSql = platform_sql!("SELECT 1 AS one");

/// What this process depends on.
pub(crate) struct Dependencies {
    pub(crate) db: Db,
    pub(crate) bus: Bus,
}

#[async_trait]
impl Readiness for Dependencies {
    async fn checks(&self) -> Vec<Check> {
        let reached = self
            .db
            .read_platform(async |tx| tx.query(PING, &[]).await)
            .await;
        let database = if reached.is_ok() {
            CheckState::Ok
        } else {
            CheckState::Failed
        };
        // Without hints every answer is still right: nothing is cached meanwhile.
        let bus = if self.bus.is_listening() {
            CheckState::Ok
        } else {
            CheckState::Degraded
        };
        vec![
            Check {
                name: "database",
                state: database,
            },
            Check {
                name: "bus",
                state: bus,
            },
        ]
    }
}
