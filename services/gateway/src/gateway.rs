//! The gateway as one value: what all workers share, and the actix application around it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, web};
use db::{Db, Pulse};
use jiff::Timestamp;
use tenancy::switches::{Positions, Switches};
use tokio::sync::Semaphore;
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::auth::seen::Seen;
use crate::config::{Audience, Base, ConfigError, GatewayConfig};
use crate::console::Console;
use crate::health::{self, LatelyAsked, Readiness};
use crate::host::{Finder, HostDirectory};
use crate::limits::ApiLimiter;
use crate::live::{self, Hub, RoomRule};
use crate::problem::ApiError;
use crate::routes::{self, RouteTable};
use crate::{console, front, notice, openapi};

/// What all workers share. Cloning is cheap.
#[derive(Clone)]
pub struct Gateway {
    shared: Arc<Shared>,
}

/// Names that are not below the base domain, looked up at a time: at the most so many connections are busy
/// with made-up ones.
const FOREIGN_AT_ONCE: usize = 2;

struct Shared {
    config: GatewayConfig,
    base: Base,
    /// Absent only in this crate's own tests, which need no database.
    db: Option<Db>,
    pulse: Pulse,
    directory: Arc<dyn HostDirectory>,
    /// Absent where there is no database.
    switches: Option<Switches>,
    foreign: Semaphore,
    readiness: LatelyAsked,
    console: Console,
    api_limiter: ApiLimiter,
    hub: Hub,
    seen: Seen,
    rooms: Vec<RoomRule>,
    draining: AtomicBool,
}

/// What the gateway is built of.
pub struct Parts {
    /// What it is told.
    pub config: GatewayConfig,
    /// The serving login's handle.
    pub db: Db,
    /// Host to tenant.
    pub directory: Arc<dyn HostDirectory>,
    /// What operators switch.
    pub switches: Switches,
    /// What `/health/ready` asks.
    pub readiness: Arc<dyn Readiness>,
    /// Every domain's `rooms()`.
    pub rooms: Vec<RoomRule>,
}

impl Gateway {
    /// Checks the settings and reads the console's files. Errors: a base URL or folder that cannot be
    /// served.
    pub fn new(parts: Parts) -> Result<Self, ConfigError> {
        let pulse = parts.db.pulse().clone();
        let database = Some((parts.db, parts.switches));
        Self::assemble(
            parts.config,
            database,
            pulse,
            parts.directory,
            parts.readiness,
            parts.rooms,
        )
    }

    pub(crate) fn assemble(
        config: GatewayConfig,
        database: Option<(Db, Switches)>,
        pulse: Pulse,
        directory: Arc<dyn HostDirectory>,
        readiness: Arc<dyn Readiness>,
        rooms: Vec<RoomRule>,
    ) -> Result<Self, ConfigError> {
        let base = Base::of(&config.base_url)?;
        let (db, switches) = database.unzip();
        let dir = config.console_dir.as_deref();
        let console = match config.audience {
            Audience::Organizations => Console::load(dir, &base.root_url())?,
            Audience::Operators { .. } => Console::load_of_operators(dir, &base.root_url())?,
        };
        Ok(Self {
            shared: Arc::new(Shared {
                api_limiter: ApiLimiter::new(&config)?,
                hub: Hub::new(Arc::clone(&pulse.entropy), config.sockets_per_tenant),
                config,
                base,
                db,
                pulse,
                directory,
                switches,
                foreign: Semaphore::new(FOREIGN_AT_ONCE),
                readiness: LatelyAsked::new(readiness),
                console,
                seen: Seen::default(),
                rooms,
                draining: AtomicBool::new(false),
            }),
        })
    }

    /// The actix application: `api` registers the domains' operations below `/api/v1`, `plain` whatever
    /// is outside of the description (development pages, the explorer). One per worker.
    pub fn app<A, B>(
        &self,
        api: A,
        plain: B,
    ) -> App<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<BoxBody>,
            Error = Error,
            InitError = (),
        > + use<A, B>,
    >
    where
        A: FnOnce(&mut ServiceConfig<'_>),
        B: FnOnce(&mut web::ServiceConfig),
    {
        let gateway = self.clone();
        let of_operators = self.config().audience.is_operators();
        let (app, description) = Self::routed(App::new(), api, of_operators);
        let table = web::Data::new(RouteTable::of(&description));
        app.app_data(web::Data::new(self.clone()))
            .app_data(table)
            .configure(plain)
            .configure(console::routes)
            .default_service(web::route().to(routes::fallback))
            .wrap(from_fn(move |request, next| {
                front::front(gateway.clone(), request, next)
            }))
    }

    /// The description of every operation that [`Gateway::app`] serves to organisations.
    pub fn describe(api: impl FnOnce(&mut ServiceConfig<'_>)) -> OpenApi {
        let (_, description) = Self::routed(App::new(), api, false);
        openapi::complete(description)
    }

    /// The same for operators.
    pub fn describe_operators(api: impl FnOnce(&mut ServiceConfig<'_>)) -> OpenApi {
        let (_, description) = Self::routed(App::new(), api, true);
        openapi::complete_operators(description)
    }

    fn routed<T>(
        app: App<T>,
        api: impl FnOnce(&mut ServiceConfig<'_>),
        of_operators: bool,
    ) -> (App<T>, OpenApi)
    where
        T: ServiceFactory<ServiceRequest, Config = (), Error = Error, InitError = ()>,
    {
        if of_operators {
            return app
                .into_utoipa_app()
                .service(utoipa_actix_web::scope("/api/v1").configure(api))
                .split_for_parts();
        }
        app.into_utoipa_app()
            .service(health::show_health)
            .service(health::show_api_health)
            .service(health::show_readiness)
            .service(
                utoipa_actix_web::scope("/api/v1")
                    .configure(api)
                    .service(notice::show_notice)
                    .service(live::open_live),
            )
            .split_for_parts()
    }

    /// The hub that live updates are fed into.
    pub fn hub(&self) -> &Hub {
        &self.shared.hub
    }

    /// Writes down when sessions were last seen. Runs until it is dropped.
    pub async fn keep_seen(self) {
        if let Some(db) = &self.shared.db {
            self.shared.seen.keep_writing(db).await;
        }
    }

    /// Writes down at once what [`Gateway::keep_seen`] would, and answers how many sessions that were.
    pub async fn write_seen(&self) -> usize {
        match &self.shared.db {
            Some(db) => self.shared.seen.write(db).await,
            None => 0,
        }
    }

    pub(crate) fn seen(&self) -> &Seen {
        &self.shared.seen
    }

    /// Stops taking part: `/health/ready` answers 503 from now on, and sockets are asked to come back.
    pub fn drain(&self) {
        self.shared.draining.store(true, Relaxed);
        self.shared.hub.shut_down();
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.shared.draining.load(Relaxed)
    }

    pub(crate) fn config(&self) -> &GatewayConfig {
        &self.shared.config
    }

    pub(crate) fn base(&self) -> &Base {
        &self.shared.base
    }

    pub(crate) fn db(&self) -> Result<&Db, ApiError> {
        self.shared
            .db
            .as_ref()
            .ok_or_else(|| ApiError::internal("this gateway has no database"))
    }

    pub(crate) fn pulse(&self) -> &Pulse {
        &self.shared.pulse
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.shared.pulse.clock.now()
    }

    pub(crate) fn finder(&self) -> Finder<'_> {
        Finder {
            base: &self.shared.base,
            directory: &*self.shared.directory,
            foreign: &self.shared.foreign,
        }
    }

    /// How the operators' switches stand.
    pub(crate) async fn switches(&self) -> Arc<Positions> {
        match &self.shared.switches {
            Some(switches) => switches.current().await,
            None => Arc::default(),
        }
    }

    pub(crate) fn readiness(&self) -> &LatelyAsked {
        &self.shared.readiness
    }

    pub(crate) fn console(&self) -> &Console {
        &self.shared.console
    }

    pub(crate) fn api_limiter(&self) -> &ApiLimiter {
        &self.shared.api_limiter
    }

    pub(crate) fn rooms(&self) -> &[RoomRule] {
        &self.shared.rooms
    }
}
