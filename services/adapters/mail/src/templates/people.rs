//! What mails say to people about belonging to an organisation.

use serde::Deserialize;

use super::Rendered;
use crate::letter::{Block, Letter};

/// An invitation to an organisation.
#[derive(Debug, Deserialize)]
pub struct Invitation {
    /// To which.
    pub organization: String,
    /// By whom.
    pub invited_by: String,
    /// As what, `admin`.
    pub role: String,
    /// How long the link works.
    pub valid_days: u32,
}

/// What changed about somebody's belonging to an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// They have another role.
    RoleChanged,
    /// Their account is switched off.
    Deactivated,
    /// Their account works again.
    Reactivated,
    /// Their account is gone.
    Removed,
}

/// A change of somebody's belonging to an organisation.
#[derive(Debug, Deserialize)]
pub struct MembershipChanged {
    /// To which.
    pub organization: String,
    /// What changed.
    pub what: What,
    /// Their role, `admin`.
    pub role: String,
}

/// Asks somebody to join by `link`, which works once.
#[must_use]
pub fn invitation(mail: &Invitation, link: &str) -> Rendered {
    let Invitation {
        organization,
        invited_by,
        role,
        valid_days,
    } = mail;
    Letter {
        subject: format!("You are invited to {organization}"),
        preview: "Choose a password, and you are in.".to_owned(),
        blocks: vec![
            Block::Heading(format!("Join {organization}")),
            Block::Paragraph(format!(
                "{invited_by} invites you to {organization} on Signalbox, as {role}."
            )),
            Block::Button {
                label: "Look at the invitation",
                address: link.to_owned(),
            },
            Block::Note(format!(
                "The link works once, for {valid_days} days. It is for this address only: do not \
                 pass it on."
            )),
            Block::Note(
                "You do not know who that is? Then do nothing: without you there is no account."
                    .to_owned(),
            ),
        ],
    }
    .render()
}

/// Tells somebody what was done about their belonging to an organisation; its console is at `address`.
#[must_use]
pub fn membership_changed(mail: &MembershipChanged, address: &str) -> Rendered {
    let MembershipChanged {
        organization,
        what,
        role,
    } = mail;
    let (subject, said) = match what {
        What::RoleChanged => (
            format!("Your role at {organization} was changed"),
            format!("You are {role} at {organization} now. It applies at once, wherever you are signed in."),
        ),
        What::Deactivated => (
            format!("Your account at {organization} was switched off"),
            "You are signed out everywhere, and your API keys do nothing. Nothing of yours is gone."
                .to_owned(),
        ),
        What::Reactivated => (
            format!("Your account at {organization} works again"),
            "You can sign in as before, and your API keys work again.".to_owned(),
        ),
        What::Removed => (
            format!("You were removed from {organization}"),
            "You are signed out everywhere. Your account, with its keys and ways to sign in, is gone."
                .to_owned(),
        ),
    };
    let mut blocks = vec![
        Block::Heading(subject.clone()),
        Block::Paragraph(said.clone()),
    ];
    if matches!(what, What::RoleChanged | What::Reactivated) {
        blocks.push(Block::Button {
            label: "Open the workspace",
            address: address.to_owned(),
        });
    }
    blocks.push(Block::Note(format!(
        "Is that a mistake? Ask an administrator of {organization}."
    )));
    Letter {
        subject,
        preview: said,
        blocks,
    }
    .render()
}
