//! The operators' listener: their page and API, on an address of its own and by names of its own.

use std::net::SocketAddr;
use std::sync::Arc;

use ::operators::{Addresses, Operators};
use actix_web::HttpServer;
use actix_web::dev::Server;
use actix_web::web::ServiceConfig;
use anyhow::Context;
use gateway::{ApiLimits, Audience, Gateway, GatewayConfig, Keys, Limit, Limiter, Parts};
use identity::recovery::Terms;
use jobs::Bus;
use passwords::Passwords;
use registration::{Slug, SlugFault};
use url::Url;

use crate::config::Config;
use crate::wiring::people::RecoveriesOfIdentity;
use crate::wiring::{self, Dependencies, House};

/// Names by which this machine reaches itself.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The domain of operators.
pub fn domain(
    config: &Config,
    passwords: Passwords,
    keys: Keys,
    limiter: Limiter,
    bus: Bus,
) -> anyhow::Result<Operators> {
    let failures = config.limits.login_failures_per_hour;
    let failures = wiring::per_hour(Limit::per_hour("operator_login", failures), failures);
    let addresses = Addresses {
        base_url: config.base_url().parse().context("SIGNALBOX_BASE_DOMAIN")?,
        domain: config.domain().to_owned(),
        fault_of_slug,
    };
    let recoveries = Arc::new(RecoveriesOfIdentity(recovery_terms(config)));
    let max = failures.max;
    let operators = Operators::new(passwords, keys, limiter, max, addresses, bus, recoveries);
    let proxies = config.trusted_proxies.iter().copied().map(Into::into);
    Ok(operators
        .with_approval(config.operator_approval)
        .behind(proxies.collect()))
}

/// What is promised to an organisation whose owner is recovered.
pub(crate) fn recovery_terms(config: &Config) -> Terms {
    Terms {
        wait: config.recovery_wait,
        contact: config.support_email.clone(),
    }
}

/// Why an organisation cannot be called so, by the rules of registration.
pub(crate) fn fault_of_slug(slug: &str) -> Option<&'static str> {
    match Slug::parse(slug) {
        Ok(_) => None,
        Err(SlugFault::Invalid) => Some("3 to 40 of a-z, 0-9 and single hyphens, none at an end"),
        Err(SlugFault::Reserved) => Some("the word belongs to the service"),
    }
}

/// A directory without a tenant: none answers here.
struct NoTenants;

#[async_trait::async_trait]
impl gateway::HostDirectory for NoTenants {
    async fn find(&self, _: &str) -> Result<Option<db::TenantRef>, Arc<db::DbError>> {
        Ok(None)
    }
}

/// What answers operators. Errors: a host that cannot be served, a console without the operators' page.
pub fn gateway(config: &Config, house: &House, keys: Keys) -> anyhow::Result<Gateway> {
    let base_url: Url = match &config.operator_host {
        Some(host) if config.secure() => format!("https://{host}"),
        _ => "http://localhost".to_owned(),
    }
    .parse()
    .context("SIGNALBOX_OPERATOR_HOST")?;
    let hosts = LOOPBACK.into_iter().map(str::to_owned);
    let per_minute =
        (config.limits.session_per_minute > 0).then_some(config.limits.session_per_minute);
    Ok(Gateway::new(Parts {
        config: GatewayConfig {
            console_dir: config.console_dir.clone(),
            trusted_proxies: config.trusted_proxies.clone(),
            // All of an operator's requests count for their address: their sessions are not the gateway's.
            api_limits: ApiLimits {
                anonymous_per_minute: per_minute,
                session_per_minute: per_minute,
                key_per_minute: per_minute,
                copies: 1,
            },
            audience: Audience::Operators {
                hosts: hosts.chain(config.operator_host.clone()).collect(),
            },
            ..GatewayConfig::new(base_url, keys)
        },
        db: house.db.for_requests(),
        directory: Arc::new(NoTenants),
        switches: house.switches.clone(),
        readiness: Arc::new(Dependencies {
            db: house.db.for_requests(),
            bus: house.bus.clone(),
        }),
        rooms: Vec::new(),
    })?)
}

/// Binds the operators' listener, where there is to be one. The server runs while its future is polled.
pub fn listen(config: &Config, house: &House) -> anyhow::Result<Option<(Server, SocketAddr)>> {
    let Some(listen) = config.operator_listen else {
        return Ok(None);
    };
    let gateway = gateway(config, house, wiring::keys(config)?)?;
    let house = house.clone();
    let server = HttpServer::new(move || {
        let house = house.clone();
        gateway.app(::operators::routes, move |plain: &mut ServiceConfig| {
            plain.app_data(house.operators.clone());
        })
    })
    .client_request_timeout(crate::serve::CLIENT_TIMEOUT)
    .shutdown_timeout(Config::DRAIN.as_secs())
    .disable_signals()
    .workers(1)
    .bind(listen)
    .with_context(|| format!("{listen} cannot be listened on"))?;
    let address = server.addrs().first().copied();
    let address = address.context("no address was bound")?;
    Ok(Some((server.run(), address)))
}
