//! The settings of mail: how it leaves, and whom people may answer.

use kernel::email::EmailAddress;
use secrecy::{ExposeSecret, SecretString};

use super::read::Reader;
use super::settings as s;

/// Whether and how mail leaves.
#[derive(Clone, Debug)]
pub enum MailSetting {
    /// Switched off on purpose.
    Off,
    /// By SMTP.
    Smtp(SecretString),
}

pub(super) fn setting(r: &mut Reader<'_>) -> MailSetting {
    match r.secret(&s::SMTP_URL) {
        Some(url) if url.expose_secret() != "off" => MailSetting::Smtp(url),
        _ => MailSetting::Off,
    }
}

pub(super) fn support_email(r: &mut Reader<'_>) -> Option<String> {
    let address = r.optional(&s::SUPPORT_EMAIL)?;
    let fits = EmailAddress::parse(&address).is_some();
    r.check(&s::SUPPORT_EMAIL, fits, "an e-mail address");
    Some(address)
}
