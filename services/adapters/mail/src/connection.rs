//! Connections to the mail server: how to make one, and the few that are kept for the next mail.
//!
//! Owns the URL's meaning and the idle connections. The library's own pool is not used: it takes a
//! connection back also when a mail was given up in the middle, and the server's late answers would
//! then be taken for answers to the next mail, which would count as sent although it was refused.

use lettre::transport::smtp::{
    self,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, TlsParameters},
    extension::ClientId,
};
use percent_encoding::percent_decode_str;
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use url::{Host, Url};

/// Idle connections kept at the most.
const KEPT: usize = 8;
/// Servers close idle connections after a while; one that is older is not worth asking.
const IDLE: Duration = Duration::from_secs(30);

/// The mail server and how to speak to it.
pub(crate) struct Server {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    hello: ClientId,
}

enum Security {
    None,
    StartTls(TlsParameters),
    Tls(TlsParameters),
}

impl Server {
    /// Reads a URL as `SmtpConfig` describes it; `None` where it is not one. `domain` is how we
    /// greet the server: ours, not this machine's name.
    pub(crate) fn parse(url: &str, domain: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        let host = match Host::parse(url.host_str()?).ok()? {
            Host::Domain(name) => name,
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let tls = || TlsParameters::new(host.clone()).ok();
        let (security, port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Security::Tls(tls()?), 465),
            ("smtp", Some("tls=required")) => (Security::StartTls(tls()?), 587),
            ("smtp", None) => (Security::None, 25),
            _ => return None,
        };
        Some(Self {
            port: url.port().unwrap_or(port),
            security,
            credentials: credentials(&url)?,
            hello: ClientId::Domain(domain.to_owned()),
            host,
        })
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, smtp::Error> {
        let tls = match &self.security {
            Security::Tls(parameters) => Some(parameters.clone()),
            Security::None | Security::StartTls(_) => None,
        };
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, None, &self.hello, tls, None).await?;
        if let Security::StartTls(parameters) = &self.security {
            connection.starttls(parameters.clone(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

/// The user and password of `url`: `Some(None)` where it has none, `None` where they are unreadable.
fn credentials(url: &Url) -> Option<Option<Credentials>> {
    let Some(password) = url.password() else {
        return url.username().is_empty().then_some(None);
    };
    let decoded = |text| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
    Some(Some(Credentials::new(
        decoded(url.username())?,
        decoded(password)?,
    )))
}

/// Connections to one server.
pub(crate) struct Connections {
    server: Server,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl Connections {
    pub(crate) fn to(server: Server) -> Self {
        Self {
            server,
            idle: Mutex::default(),
        }
    }

    /// A connection that is ready for a mail: one that was kept and still answers, or a new one.
    pub(crate) async fn open(&self) -> Result<AsyncSmtpConnection, smtp::Error> {
        while let Some(mut kept) = self.take() {
            if kept.test_connected().await {
                return Ok(kept);
            }
        }
        self.server.connect().await
    }

    /// Keeps a connection whose conversation came to its end.
    pub(crate) fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT && !connection.has_broken() {
            idle.push((connection, Instant::now()));
        }
    }

    fn take(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < IDLE);
        idle.pop().map(|(connection, _)| connection)
    }
}

#[cfg(test)]
mod tests {
    use super::{Security, Server};

    fn parse(url: &str) -> Option<Server> {
        Server::parse(url, "signalbox.example")
    }

    #[test]
    fn the_scheme_chooses_encryption_and_port() {
        let server = parse("smtps://mail.example").unwrap();
        assert!(matches!(server.security, Security::Tls(_)) && server.port == 465);
        let server = parse("smtp://mail.example?tls=required").unwrap();
        assert!(matches!(server.security, Security::StartTls(_)) && server.port == 587);
        let server = parse("smtp://[::1]:1025").unwrap();
        assert!(matches!(server.security, Security::None) && server.port == 1025);
        assert_eq!(server.host, "::1");
    }

    #[test]
    fn credentials_are_decoded() {
        let server = parse("smtps://robot%40acme:p%2Fss+w%3Ard@mail.example:2465").unwrap();
        let expected = ("robot@acme".to_owned(), "p/ss+w:rd".to_owned());
        assert_eq!(server.credentials, Some(expected.into()));
        assert_eq!(server.port, 2465);
        assert_eq!(parse("smtps://mail.example").unwrap().credentials, None);
    }

    #[test]
    fn what_is_not_understood_is_refused_rather_than_guessed() {
        for url in [
            "",
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtp://mail.example?tls=opportunistic",
            "smtp://mail.example?tls=Required",
            "smtps://mail.example?tls=required&x",
            "smtps://robot@mail.example",
            "smtps://robot:%ff@mail.example",
        ] {
            assert!(parse(url).is_none(), "{url:?}");
        }
    }
}
