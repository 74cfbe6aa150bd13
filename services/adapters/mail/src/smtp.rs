//! Hands one message to the configured mail server.
//!
//! Owns the SMTP connection pool and the meaning of the server's answers. Must not retry: the queue
//! does, and a second attempt carries the same Message-ID, so that a mail that was taken although
//! the answer was lost can be recognised as the same one.

use crate::connection::{Connections, Server};
use kernel::email::EmailAddress;
use lettre::{
    address::Envelope,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp,
};
use secrecy::{ExposeSecret, SecretString};
use std::{fmt, time::Duration};
use tokio::time::timeout;
use uuid::Uuid;

/// Where and as whom mail is sent.
#[derive(Debug, Clone)]
pub struct SmtpConfig {
    /// `smtps://user:password@host` (TLS), `smtp://…?tls=required` (STARTTLS), or `smtp://…`
    /// without encryption, which is for this machine alone. Names and passwords percent-encoded.
    pub url: SecretString,
    /// The sender, such as `Signalbox <no-reply@example.com>`.
    pub from: String,
    /// How long one mail may take, from the connection to the server's last word.
    pub timeout: Duration,
}

/// Why a configuration cannot be used. Never holds the URL, which has a password in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The URL is not one of the supported forms.
    #[error("the SMTP URL must look like smtps://user:password@host or smtp://host?tls=required")]
    Url,
    /// The sender is not a mail address.
    #[error("the sender must look like Signalbox <no-reply@example.com>")]
    From,
}

/// One mail to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Names the mail for good: the same in every attempt to send it.
    pub id: Uuid,
    /// The recipient's address, without a name.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Why a mail was not sent. Holds the server's code and none of its words, which may quote the
/// address or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The recipient's address cannot be written in a mail.
    #[error("the recipient's address is not usable")]
    Recipient,
    /// The subject is not one line of text.
    #[error("the subject holds control characters")]
    Subject,
    /// The message could not be put together.
    #[error("the message could not be written")]
    Unwritable,
    /// The server refused this mail for good.
    #[error("the mail server refused the mail with code {code}")]
    Refused {
        /// The SMTP reply code, 5xx.
        code: u16,
    },
    /// The server wants it later.
    #[error("the mail server put the mail off with code {code}")]
    Deferred {
        /// The SMTP reply code, 4xx.
        code: u16,
    },
    /// The server does not accept our credentials.
    #[error("the mail server did not accept our credentials, code {code}")]
    Credentials {
        /// The SMTP reply code.
        code: u16,
    },
    /// The server offers no encryption or no way to sign in that we know.
    #[error("the mail server offers no encryption or sign-in that can be used")]
    Unsupported,
    /// The server's certificate or TLS is not acceptable.
    #[error("no secure connection to the mail server could be made")]
    Tls,
    /// The server did not answer in time.
    #[error("the mail server did not answer in time")]
    Timeout,
    /// The server cannot be reached, or the conversation broke off.
    #[error("the mail server could not be reached, or broke off")]
    Unreachable,
}

impl SendError {
    /// Whether sending this mail again is pointless. Faults of our own configuration are temporary:
    /// the mail is good and goes out once the operator has mended them.
    #[must_use]
    pub const fn permanent(&self) -> bool {
        matches!(
            self,
            Self::Recipient | Self::Subject | Self::Unwritable | Self::Refused { .. }
        )
    }
}

/// Sends mail. One per process: it keeps connections open and may be shared.
pub struct Mailer {
    connections: Connections,
    from: Mailbox,
    timeout: Duration,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The server's credentials are in there.
        f.debug_struct("Mailer").finish_non_exhaustive()
    }
}

impl Mailer {
    /// Makes a mailer. Does not connect.
    ///
    /// # Errors
    /// [`ConfigError`] when the URL or the sender is not usable.
    pub fn new(config: &SmtpConfig) -> Result<Self, ConfigError> {
        let from: Mailbox = config.from.parse().map_err(|_| ConfigError::From)?;
        if EmailAddress::parse(from.email.as_ref()).is_none() || has_control(&config.from) {
            return Err(ConfigError::From);
        }
        let server = Server::parse(config.url.expose_secret(), from.email.domain())
            .ok_or(ConfigError::Url)?;
        Ok(Self {
            connections: Connections::to(server),
            from,
            timeout: config.timeout,
        })
    }

    /// Connects, signs in and says nothing: what `doctor` asks.
    ///
    /// # Errors
    /// Any temporary [`SendError`].
    pub async fn check(&self) -> Result<(), SendError> {
        match timeout(self.timeout, self.connections.open()).await {
            Ok(Ok(connection)) => {
                self.connections.keep(connection);
                Ok(())
            }
            Ok(Err(error)) => Err(answer(&error)),
            Err(_) => Err(SendError::Timeout),
        }
    }

    /// Hands `message` to the mail server. May be dropped at any point; the mail may then have been
    /// taken or not, as with every error that is not permanent.
    ///
    /// # Errors
    /// [`SendError`]; see [`SendError::permanent`].
    pub async fn send(&self, message: &Message) -> Result<(), SendError> {
        let written = self.write(message)?;
        match timeout(self.timeout, self.converse(&written)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(answer(&error)),
            Err(_) => Err(SendError::Timeout),
        }
    }

    async fn converse(&self, written: &lettre::Message) -> Result<(), smtp::Error> {
        let mut connection = self.connections.open().await?;
        connection
            .send(written.envelope(), &written.formatted())
            .await?;
        // Only now: a connection that was left in the middle still has answers in it that would be
        // read as answers to the next mail.
        self.connections.keep(connection);
        Ok(())
    }

    fn write(&self, message: &Message) -> Result<lettre::Message, SendError> {
        // Stricter than the library: nothing but plain atoms, so an address can neither carry a
        // second one nor a header.
        let to = EmailAddress::parse(&message.to).ok_or(SendError::Recipient)?;
        let to: Mailbox = to.as_str().parse().map_err(|_| SendError::Recipient)?;
        if has_control(&message.subject) {
            return Err(SendError::Subject);
        }
        let envelope = Envelope::new(Some(self.from.email.clone()), vec![to.email.clone()])
            .map_err(|_| SendError::Recipient)?;
        let body = MultiPart::alternative_plain_html(message.text.clone(), message.html.clone());
        lettre::Message::builder()
            .envelope(envelope)
            // Our own: the library's would name this machine.
            .message_id(Some(format!(
                "<{}@{}>",
                message.id,
                self.from.email.domain()
            )))
            .from(self.from.clone())
            .to(to)
            .subject(&message.subject)
            .raw_header(automatic())
            .multipart(body)
            .map_err(|_| SendError::Unwritable)
    }
}

/// Tells the recipient's server that nobody reads an automatic answer (RFC 3834 section 5).
fn automatic() -> HeaderValue {
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    HeaderValue::new(name, "auto-generated".to_owned())
}

fn has_control(line: &str) -> bool {
    line.chars().any(char::is_control)
}

/// What the server's answer, or its absence, means.
fn answer(error: &smtp::Error) -> SendError {
    if let Some(code) = error.status().map(u16::from) {
        return match code {
            // RFC 4954 section 6: sign-in missing, too weak, wrong, or encryption needed for it.
            530 | 534 | 535 | 538 | 454 => SendError::Credentials { code },
            500.. => SendError::Refused { code },
            _ => SendError::Deferred { code },
        };
    }
    if error.is_timeout() {
        SendError::Timeout
    } else if error.is_tls() {
        SendError::Tls
    } else if error.is_client() {
        SendError::Unsupported
    } else {
        SendError::Unreachable
    }
}
