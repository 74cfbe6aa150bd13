//! Mail: what a message says, and how it leaves the house.
//!
//! Owns SMTP and the wording of transactional mails. The only package that names lettre. Must not
//! decide when or to whom a mail is sent, nor send from a request: a mail server takes its time.

mod connection;
mod html;
mod letter;
pub mod outbox;
mod smtp;
mod template;
pub mod templates;

pub use outbox::{SEND_MAIL, SEND_NOTICE, SendMail};
pub use smtp::{ConfigError, Mailer, Message, SendError, SmtpConfig};
pub use template::Template;
pub use templates::Rendered;
