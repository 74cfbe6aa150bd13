//! The whole house on a port of its own: real router, real Postgres, caught mail, a clock that stands still.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use app::config::{Command, Config, MailSetting, Source};
use app::operator::upkeep::Upkeep;
use app::serve::{self, Extras};
use app::wiring::{Furniture, House};
use db::{DbError, Sql, TenantRef, sql};
use fakes::{CaughtMail, MailCatcher};
use jiff::SignedDuration;
use jobs::{Bus, BusConfig};
use kernel::clock::{Clock, ManualClock, SystemClock};
use passwords::Cost;
use reqwest::Client;
use serde_json::json;

use crate::database::{TestDb, worker};
use crate::http::Visitor;
use crate::tenant::TestTenant;

/// A password that every rule lets pass.
pub const PASSWORD: &str = "correct horse battery staple 9";

const COUNT_AUDIT: Sql = sql!("SELECT count(*) AS rows FROM audit_log");

/// A running house.
pub struct TestApp {
    /// Its database.
    pub db: TestDb,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// Its rooms.
    pub house: House,
    /// The mail it has sent.
    pub mail: MailCatcher,
    /// What it was told.
    pub config: Config,
    address: SocketAddr,
    pub(crate) client: Client,
    server: ServerHandle,
    /// The operators' listener, where there is one.
    pub(crate) office: Option<(SocketAddr, ServerHandle)>,
}

/// No environment: every setting at its default.
struct Defaults;

impl Source for Defaults {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }
}

impl TestApp {
    /// A house with the defaults, but for password hashes that cost nothing and limits that count nothing.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same, configured as `change` says.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::furnished(change, Self::furniture()).await
    }

    /// The real thing, but for password hashes that cost nothing.
    pub fn furniture() -> Furniture {
        Furniture {
            password_cost: Cost::LEAST,
            ..Furniture::default()
        }
    }

    /// The same, with other furniture.
    pub async fn furnished(change: impl FnOnce(&mut Config), furniture: Furniture) -> Self {
        let db = TestDb::start().await;
        Self::over(db, BusConfig::InProcess, change, furniture).await
    }

    /// Two houses over one database, as two processes of one installation are: each has its own
    /// connections, caches and mail catcher, hints travel by `bus`, and the clock is the same.
    pub async fn start_two(
        bus: impl FnOnce(&TestDb) -> BusConfig,
        change: impl Fn(&mut Config),
        furniture: Furniture,
    ) -> (Self, Self) {
        let db = TestDb::start().await;
        let other = db.again().await;
        let bus = bus(&db);
        Self::two_over((db, other), bus, change, furniture).await
    }

    /// The same over these connections to one database.
    pub async fn two_over(
        (db, other): (TestDb, TestDb),
        bus: BusConfig,
        change: impl Fn(&mut Config),
        furniture: Furniture,
    ) -> (Self, Self) {
        let one = Self::over(db, bus.clone(), &change, furniture.clone()).await;
        let two = Self::over(other, bus, &change, furniture).await;
        (one, two)
    }

    async fn over(
        db: TestDb,
        bus: BusConfig,
        change: impl FnOnce(&mut Config),
        furniture: Furniture,
    ) -> Self {
        let clock = Arc::clone(&db.clock);
        let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mail = MailCatcher::start_with_clock(bind, Arc::clone(&clock) as _)
            .await
            .expect("a mail catcher");
        let mut config = Config::read(Command::Dev, &Defaults).expect("the defaults hold");
        config.listen = bind;
        config.base_domain = "localhost".to_owned();
        config.secret_key = Some("a secret key for tests, and for nothing but tests".into());
        config.mail = MailSetting::Smtp(mail.url().into());
        config.threads = 1;
        config.limits = unlimited();
        config.owner_url = Some(db.url("signalbox_owner"));
        config.operator_listen = None;
        change(&mut config);

        let bus = Bus::start(bus, &db.db).await.expect("a bus");
        let house = House::furnish(&config, db.db.clone(), bus, furniture).expect("a house");
        tokio::spawn(house.clone().listen());
        let (server, address) =
            serve::listen(&config, house.clone(), Extras::none()).expect("a listener");
        let handle = server.handle();
        tokio::spawn(server);
        let office = app::operators::listen(&config, &house).expect("the operators' listener");
        let office = office.map(|(server, address)| {
            let handle = server.handle();
            tokio::spawn(server);
            (address, handle)
        });
        // An error means that an earlier test of this binary has done it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .build();
        Self {
            db,
            clock,
            house,
            config,
            mail,
            address,
            client: client.expect("a client"),
            server: handle,
            office,
        }
    }

    /// Nobody in particular, on `host`.
    pub fn visitor(&self, host: &str) -> Visitor {
        Visitor::new(self.client.clone(), self.address, host)
    }

    /// Nobody in particular, on the root host.
    pub fn root(&self) -> Visitor {
        self.visitor("localhost")
    }

    /// An organisation with a verified owner who is signed in, through the API from beginning to end.
    pub async fn tenant(&self, slug: &str) -> TestTenant<'_> {
        self.db.fill(1).await;
        let email = format!("owner@{slug}.example");
        self.root()
            .post_json(
                "/api/v1/auth/register",
                &json!({
                    "organization_name": slug, "slug": slug, "email": email,
                    "password": PASSWORD, "password_confirm": PASSWORD,
                }),
            )
            .await
            .is(201);
        let visitor = self.visitor(&format!("{slug}.localhost"));
        let token = self.mailed_token(&email).await;
        visitor
            .post_json("/api/v1/auth/verify-email", &json!({ "token": token }))
            .await
            .is(200);
        self.run_jobs().await;
        let owner = sign_in(&visitor, &email).await;
        TestTenant::new(self, self.tenant_ref(slug).await, visitor, owner)
    }

    /// The organisation on `<slug>.localhost`, for work below the API.
    pub async fn tenant_ref(&self, slug: &str) -> TenantRef {
        let host = format!("{slug}.localhost");
        let found = self
            .house
            .db
            .read_platform(async |tx| tx.find_tenant_by_host(&host).await)
            .await;
        found.expect("an answer").expect("a tenant")
    }

    /// Sends what is due and answers the token in the newest mail to `email`.
    pub async fn mailed_token(&self, email: &str) -> String {
        self.run_jobs().await;
        let mail = self
            .newest_mail(email)
            .unwrap_or_else(|| panic!("no mail to {email}"));
        let (_, token) = mail
            .text
            .split_once("#token=")
            .unwrap_or_else(|| panic!("no link in {}", mail.text));
        token.split_whitespace().next().expect("a token").to_owned()
    }

    /// The newest mail to `email`, but for those that tell of a sign-in: in a test nearly every browser is a
    /// new one.
    pub fn newest_mail(&self, email: &str) -> Option<CaughtMail> {
        self.mail
            .messages()
            .into_iter()
            .find(|mail| mail.to == email && !mail.subject.starts_with("New sign-in to "))
    }

    /// Does all work that is due.
    pub async fn run_jobs(&self) {
        self.house.runner.run_due().await.expect("work");
    }

    /// One turn of what the platform does on its own for organisations.
    pub async fn run_upkeep(&self) {
        let upkeep = Upkeep::new(self.house.clone(), &self.config).expect("an upkeep");
        upkeep.turn().await;
    }

    /// Does all checks that are due. Answers how many.
    pub async fn run_checks(&self) -> usize {
        self.house.checker.run_due().await.expect("checks")
    }

    /// How many audit rows `tenant` has.
    pub async fn audit_rows(&self, tenant: &TenantRef) -> i64 {
        let count = self.house.db.read(tenant, worker(), None, async |tx| {
            tx.query_one(COUNT_AUDIT, &[]).await?.get::<i64>("rows")
        });
        count
            .await
            .map_err(|error: DbError| error.to_string())
            .expect("a count")
    }

    /// What a hint of another process does: every host is looked up anew.
    pub fn forget_hosts(&self) {
        self.house.forget_hosts();
    }

    /// Stops the gateway as a signal would.
    pub async fn stop(&self, delay: Duration) {
        serve::stop(&self.house, &self.server, delay).await;
    }

    /// Moves the clock.
    pub fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    /// Moves the clock to the machine's. A program that is run beside this house has no other.
    pub fn catch_up(&self) {
        let behind = SystemClock.now().duration_since(self.clock.now());
        self.advance(behind);
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // The command is sent at once; nobody waits for its end.
        drop(self.server.stop(false));
        if let Some((_, office)) = &self.office {
            drop(office.stop(false));
        }
    }
}

/// Signs `email` in with [`PASSWORD`].
pub async fn sign_in(visitor: &Visitor, email: &str) -> Visitor {
    let body = json!({ "email": email, "password": PASSWORD });
    let answer = visitor
        .post_json("/api/v1/auth/session", &body)
        .await
        .is(200);
    visitor.signed_in(&answer)
}

fn unlimited() -> app::config::Limits {
    app::config::Limits {
        anonymous_per_minute: 0,
        session_per_minute: 0,
        key_per_minute: 0,
        copies: 1,
        registrations_per_hour: 0,
        refused_registrations_per_hour: 0,
        login_failures_per_hour: 0,
        sensitive_per_hour: 0,
    }
}
