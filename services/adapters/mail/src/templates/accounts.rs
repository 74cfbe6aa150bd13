//! What mails say to people about their accounts: links, and what changed.

use jiff::Timestamp;
use serde::Deserialize;

use super::Rendered;
use crate::letter::{Block, Letter};

/// A link to a new password.
#[derive(Debug, Deserialize)]
pub struct ResetPassword {
    /// Where the account is.
    pub organization: String,
    /// How long the link works.
    pub valid_minutes: u32,
}

/// A change of address that waits for its links to be opened.
#[derive(Debug, Deserialize)]
pub struct EmailChange {
    /// Where the account is.
    pub organization: String,
    /// The address that is wanted.
    pub email: String,
    /// How long the link works.
    pub valid_hours: u32,
}

/// That an account has another address.
#[derive(Debug, Deserialize)]
pub struct EmailChanged {
    /// Where the account is.
    pub organization: String,
    /// The address it has now.
    pub email: String,
}

/// What changed about an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// There is another password.
    PasswordChanged,
    /// Signing in asks for a code.
    CodesAdded,
    /// Signing in asks for no code any more.
    CodesRemoved,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// There are new recovery codes.
    RecoveryCodesReplaced,
    /// A program's refresh token came a second time.
    TokenReused,
    /// A Discord account signs in.
    DiscordLinked,
    /// A Discord account signs in no more.
    DiscordUnlinked,
    /// A passkey signs in.
    PasskeyAdded,
    /// A passkey signs in no more.
    PasskeyRemoved,
}

/// A change of an account, with a link for when it was somebody else's.
#[derive(Debug, Deserialize)]
pub struct AccountChanged {
    /// Where the account is.
    pub organization: String,
    /// What changed.
    pub what: What,
    /// When.
    pub at: Timestamp,
    /// How long the link works.
    pub valid_hours: u32,
}

/// A sign-in from where its owner never was.
#[derive(Debug, Deserialize)]
pub struct NewSignIn {
    /// Where the account is.
    pub organization: String,
    /// The browser, or what a program calls itself.
    pub browser: Option<String>,
    /// The system it runs on.
    pub system: Option<String>,
    /// The network, without the end of the address.
    pub address: Option<String>,
    /// When.
    pub at: Timestamp,
    /// How long the link works.
    pub valid_hours: u32,
}

impl NewSignIn {
    fn device(&self) -> String {
        match (&self.browser, &self.system) {
            (Some(browser), Some(system)) => format!("{browser} on {system}"),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => "A program that gives no name".to_owned(),
        }
    }
}

/// Leads to a new password by `link`, which works once.
#[must_use]
pub fn reset_password(mail: &ResetPassword, link: &str) -> Rendered {
    let ResetPassword {
        organization,
        valid_minutes,
    } = mail;
    Letter {
        subject: format!("Choose a new password for {organization}"),
        preview: "A link that works once.".to_owned(),
        blocks: vec![
            Block::Heading("A new password".to_owned()),
            Block::Paragraph(format!(
                "Somebody asked for a new password for your account at {organization}."
            )),
            Block::Button {
                label: "Choose a new password",
                address: link.to_owned(),
            },
            Block::Note(format!(
                "The link works once, for {valid_minutes} minutes. Signing in asks for your code \
                 afterwards as before, if you have one."
            )),
            Block::Note(
                "It was not you? Then do nothing: your password stays as it is, and only you can \
                 read this mail."
                    .to_owned(),
            ),
        ],
    }
    .render()
}

/// Asks whoever reads the wanted address to prove it by `link`.
#[must_use]
pub fn confirm_new_email(mail: &EmailChange, link: &str) -> Rendered {
    let EmailChange {
        organization,
        email,
        valid_hours,
    } = mail;
    Letter {
        subject: format!("Confirm your new address for {organization}"),
        preview: "One of two links that change your address.".to_owned(),
        blocks: vec![
            Block::Heading("Is this your address?".to_owned()),
            Block::Paragraph(format!(
                "Somebody at {organization} would like to sign in with {email} from now on. We sent \
                 a link to their present address as well; the address changes when both were opened."
            )),
            Block::Button {
                label: "Confirm this address",
                address: link.to_owned(),
            },
            Block::Note(format!("The link works once, for {valid_hours} hours.")),
            Block::Note("It was not you? Then do nothing, and nothing changes.".to_owned()),
        ],
    }
    .render()
}

/// Asks whoever reads the present address, by `link`, whether another may take its place.
#[must_use]
pub fn approve_email(mail: &EmailChange, link: &str) -> Rendered {
    let EmailChange {
        organization,
        email,
        valid_hours,
    } = mail;
    Letter {
        subject: format!("Change your address for {organization}?"),
        preview: "One of two links that change your address.".to_owned(),
        blocks: vec![
            Block::Heading("Another address?".to_owned()),
            Block::Paragraph(format!(
                "Somebody who is signed in to your account at {organization} would like to use \
                 {email} instead of this address. It changes when this link and the one in the mail \
                 to {email} were opened."
            )),
            Block::Button {
                label: "Yes, change it",
                address: link.to_owned(),
            },
            Block::Note(format!("The link works once, for {valid_hours} hours.")),
            Block::Note(
                "It was not you? Then do not open it. Change your password, and end the sessions \
                 you do not know: both are on your account's page."
                    .to_owned(),
            ),
        ],
    }
    .render()
}

/// Tells the address before that the account has another.
#[must_use]
pub fn email_changed(mail: &EmailChanged) -> Rendered {
    let EmailChanged {
        organization,
        email,
    } = mail;
    Letter {
        subject: format!("Your address for {organization} was changed"),
        preview: "From now on you sign in with the new one.".to_owned(),
        blocks: vec![
            Block::Heading("Your address was changed".to_owned()),
            Block::Paragraph(format!(
                "Your account at {organization} belongs to {email} now. Mail goes there, and you sign \
                 in with it."
            )),
            Block::Note(
                "Both addresses agreed to that. If you did not, ask an owner of the organisation."
                    .to_owned(),
            ),
        ],
    }
    .render()
}

/// Tells what changed about signing in; `link` is for whoever did not do it.
#[must_use]
pub fn account_changed(mail: &AccountChanged, link: &str) -> Rendered {
    let AccountChanged {
        organization,
        what,
        at,
        valid_hours,
    } = mail;
    let (heading, told) = words(*what);
    Letter {
        subject: format!("{heading} ({organization})"),
        preview: "Was it you? Then there is nothing to do.".to_owned(),
        blocks: vec![
            Block::Heading(heading.to_owned()),
            Block::Paragraph(format!(
                "{told} That was on {} (UTC), for your account at {organization}.",
                at.strftime("%-d %B %Y at %H:%M")
            )),
            Block::Paragraph("Was it you? Then there is nothing to do.".to_owned()),
            Block::Button {
                label: "It was not me",
                address: link.to_owned(),
            },
            Block::Note(format!(
                "That link works for {valid_hours} hours. It ends every session, makes the password \
                 worth nothing, takes away what was added to the account since, and sends you a link \
                 to a new password."
            )),
        ],
    }
    .render()
}

/// Tells of a sign-in from where its owner never was. `sessions` is the page that ends one; `link` is for
/// whoever did not sign in.
#[must_use]
pub fn new_sign_in(mail: &NewSignIn, sessions: &str, link: &str) -> Rendered {
    let from = mail.address.as_ref();
    let from = from.map_or_else(String::new, |address| format!(", from {address}"));
    Letter {
        subject: format!("New sign-in to {}", mail.organization),
        preview: "Was it you? Then there is nothing to do.".to_owned(),
        blocks: vec![
            Block::Heading("A sign-in from somewhere new".to_owned()),
            Block::Paragraph(format!(
                "Somebody signed in to your account at {} on {} (UTC), from where you had not signed \
                 in before.",
                mail.organization,
                mail.at.strftime("%-d %B %Y at %H:%M")
            )),
            Block::Paragraph(format!("{}{from}", mail.device())),
            Block::Paragraph(
                "Was it you? Then there is nothing to do. All your sessions are on the page below."
                    .to_owned(),
            ),
            Block::Links(vec![("Your sessions".to_owned(), sessions.to_owned())]),
            Block::Button {
                label: "It was not me",
                address: link.to_owned(),
            },
            Block::Note(format!(
                "That link works for {} hours. It ends every session, makes the password worth \
                 nothing, takes away what was added to the account since, and sends you a link to a \
                 new password.",
                mail.valid_hours
            )),
        ],
    }
    .render()
}

const fn words(what: What) -> (&'static str, &'static str) {
    match what {
        What::PasswordChanged => (
            "Your password was changed",
            "Your account has another password, and other sessions were ended.",
        ),
        What::CodesAdded => (
            "Signing in asks for a code now",
            "An authenticator app was added: signing in asks for its code from now on.",
        ),
        What::CodesRemoved => (
            "Signing in asks for no code any more",
            "The authenticator app was removed: your password alone signs you in.",
        ),
        What::RecoveryCodeUsed => (
            "A recovery code was used",
            "Somebody signed in with your password and one of your recovery codes.",
        ),
        What::RecoveryCodesReplaced => (
            "There are new recovery codes",
            "New recovery codes were made; the ones before are worth nothing more.",
        ),
        What::TokenReused => (
            "A program was signed out for safety",
            "A token of a program that signs in as you was used twice: somebody else may hold a copy. Its \
             session was ended.",
        ),
        What::DiscordLinked => (
            "Discord signs you in now",
            "A Discord account was linked: whoever is signed in there gets in here.",
        ),
        What::DiscordUnlinked => (
            "Discord signs you in no more",
            "The Discord account was unlinked from your account.",
        ),
        What::PasskeyAdded => (
            "A passkey signs you in now",
            "A passkey was added to your account: whoever can unlock it gets in, without a password.",
        ),
        What::PasskeyRemoved => (
            "A passkey was removed",
            "A passkey was removed from your account: it signs nobody in any more.",
        ),
    }
}
