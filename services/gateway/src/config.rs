//! What the gateway needs to be told. It reads no environment: `app` fills this in.

use std::path::PathBuf;

use ipnet::IpNet;
use secrecy::SecretString;
use url::{Host, Url};

use crate::auth::Keys;
use crate::cors::CorsOrigin;

/// Everything the gateway is told at start.
#[derive(Clone, Debug)]
pub struct GatewayConfig {
    /// The root host's address: its scheme decides about secure cookies and HSTS, its host is the base
    /// domain that tenants' hosts hang below, its port stands in every link.
    pub base_url: Url,
    /// The console's built files. Without them a plain page says so.
    pub console_dir: Option<PathBuf>,
    /// Peers whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins of pages elsewhere that may use the API.
    pub cors_origins: Vec<CorsOrigin>,
    /// Secrets for tokens and keyed hashes.
    pub keys: Keys,
    /// Requests of the API class.
    pub api_limits: ApiLimits,
    /// Where all copies count them together.
    pub redis_url: Option<SecretString>,
    /// Whom this listener is for.
    pub audience: Audience,
    /// Open sockets for live updates, for one tenant, in this process.
    pub sockets_per_tenant: usize,
}

/// Whom a listener is for. One that is for operators has no tenants, and the other way round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    /// Organisations, and whoever wants to become one.
    #[default]
    Organizations,
    /// The platform's operators, by these hosts and by none else.
    Operators {
        /// Lower case, without ports.
        hosts: Vec<String>,
    },
}

impl Audience {
    pub(crate) const fn is_operators(&self) -> bool {
        matches!(self, Self::Operators { .. })
    }
}

/// Requests a minute on `/api`, counted in this process. `None` switches a limit off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiLimits {
    /// By address, without credentials.
    pub anonymous_per_minute: Option<u32>,
    /// By session.
    pub session_per_minute: Option<u32>,
    /// By API key, where the key has no number of its own.
    pub key_per_minute: Option<u32>,
    /// Processes behind one proxy. Without Redis each allows its part of the numbers above.
    pub copies: u32,
}

impl Default for ApiLimits {
    fn default() -> Self {
        Self {
            anonymous_per_minute: Some(60),
            session_per_minute: Some(600),
            key_per_minute: Some(100),
            copies: 1,
        }
    }
}

/// A base URL that cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Another scheme than http or https.
    #[error("the base URL must begin with http:// or https://")]
    Scheme,
    /// An address instead of a name: tenants' hosts could not hang below it.
    #[error("the base URL's host must be a domain name")]
    Host,
    /// More than scheme, host and port.
    #[error("the base URL must not have a path, a query or credentials")]
    Extra,
    /// The console's folder cannot be read.
    #[error("the console's files cannot be read from {}", path.display())]
    Console {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not a URL of Redis.
    #[error("the limits' Redis has no URL that can be understood")]
    Redis(#[from] redis::RedisError),
    /// The folder has no `index.html`.
    #[error("{} holds no index.html: build the console first", .0.display())]
    NoIndex(PathBuf),
}

impl GatewayConfig {
    /// The defaults for `base_url` and `keys`.
    pub fn new(base_url: Url, keys: Keys) -> Self {
        Self {
            base_url,
            console_dir: None,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            keys,
            api_limits: ApiLimits::default(),
            redis_url: None,
            audience: Audience::default(),
            sockets_per_tenant: 500,
        }
    }
}

/// The parts of the base URL, checked once.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    /// `localhost`, lower case.
    pub(crate) domain: String,
    /// `:8080`, or nothing for the scheme's own port.
    port_suffix: String,
    /// Whether browsers come by https.
    pub(crate) https: bool,
}

impl Base {
    pub(crate) fn of(url: &Url) -> Result<Self, ConfigError> {
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(ConfigError::Scheme),
        };
        let Some(Host::Domain(domain)) = url.host() else {
            return Err(ConfigError::Host);
        };
        let bare = matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !bare || domain.ends_with('.') {
            return Err(ConfigError::Extra);
        }
        Ok(Self {
            domain: domain.to_owned(),
            port_suffix: url
                .port()
                .map(|port| format!(":{port}"))
                .unwrap_or_default(),
            https,
        })
    }

    fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }

    /// `http://localhost:8080`, without a trailing slash.
    pub(crate) fn root_url(&self) -> String {
        self.url_of(&self.domain)
    }

    /// The origin under which browsers reach `host`.
    pub(crate) fn url_of(&self, host: &str) -> String {
        format!("{}://{host}{}", self.scheme(), self.port_suffix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(url: &str) -> Result<Base, ConfigError> {
        Base::of(&url.parse().expect("a URL"))
    }

    #[test]
    fn the_base_url_is_scheme_domain_and_port() {
        let local = base("http://LocalHost:8080").expect("it fits");
        assert_eq!(local.domain, "localhost");
        assert_eq!(local.root_url(), "http://localhost:8080");
        assert_eq!(local.url_of("acme.localhost"), "http://acme.localhost:8080");
        let public = base("https://signalbox.example:443/").expect("it fits");
        assert!(public.https);
        assert_eq!(public.root_url(), "https://signalbox.example");
    }

    #[test]
    fn anything_else_is_refused() {
        for wrong in [
            "ftp://localhost",
            "http://127.0.0.1:8080",
            "http://[::1]",
            "http://localhost/path",
            "http://localhost?x",
            "http://user@localhost",
            "http://localhost./",
        ] {
            assert!(base(wrong).is_err(), "{wrong}");
        }
    }
}
