//! What mails say about the recovery of an owner who lost access. None of them holds what was shown as proof.

use serde::Deserialize;

use super::Rendered;
use crate::letter::{Block, Letter};

/// The link that gives the owner another way in.
#[derive(Debug, Deserialize)]
pub struct RecoverOwnership {
    /// Which organisation.
    pub organization: String,
    /// How long the link works.
    pub valid_hours: u32,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The waiting time runs.
    Began,
    /// Somebody objected.
    Stopped,
    /// Nobody used the link.
    Expired,
    /// What it was asked for holds no more.
    Void,
    /// The owner is in again.
    Done,
}

/// What happens to the way in of an organisation's owner, to everybody who belongs to it.
#[derive(Debug, Deserialize)]
pub struct OwnerRecovery {
    /// Which organisation.
    pub organization: String,
    /// What happens.
    pub what: What,
    /// The address that the owner is to have, masked.
    pub email: String,
    /// When the link leaves; with [`What::Began`].
    pub at: Option<String>,
    /// Whom everybody may ask; with [`What::Began`].
    pub contact: Option<String>,
}

/// Leads the owner to a new password by `link`.
#[must_use]
pub fn recover_ownership(mail: &RecoverOwnership, link: &str) -> Rendered {
    let RecoverOwnership {
        organization,
        valid_hours,
    } = mail;
    Letter {
        subject: format!("Your way back into {organization}"),
        preview: "Choose a new password.".to_owned(),
        blocks: vec![
            Block::Heading(format!("Your way back into {organization}")),
            Block::Paragraph(
                "The waiting time is over and nobody objected. Choose a new password: this address becomes the one \
                 you sign in with, and every other way in that you had, keys of programs included, ends at that \
                 moment."
                    .to_owned(),
            ),
            Block::Button {
                label: "Choose a new password",
                address: link.to_owned(),
            },
            Block::Note(format!(
                "The link works once, for {valid_hours} hours. After that, operators have to be asked again."
            )),
            Block::Note(
                "You know nothing of this? Then do nothing, and throw this mail away.".to_owned(),
            ),
        ],
    }
    .render()
}

/// Tells what happens; the organisation's console is at `address`.
#[must_use]
pub fn owner_recovery(mail: &OwnerRecovery, address: &str) -> Rendered {
    let OwnerRecovery {
        organization,
        what,
        email,
        ..
    } = mail;
    if *what == What::Began {
        return began(mail, address);
    }
    let (subject, said) = match what {
        What::Stopped => (
            format!("The recovery of {organization}'s owner was stopped"),
            format!("The owner's way in stays what it was. Nothing was given to {email}."),
        ),
        What::Expired => (
            format!("The recovery of {organization}'s owner came to nothing"),
            format!(
                "The link that went to {email} was not used in time and works no more. The owner's way in stays \
                 what it was."
            ),
        ),
        What::Void => (
            format!("The recovery of {organization}'s owner came to nothing"),
            format!(
                "What it was asked for holds no more: there is another owner who can help, or the address {email} \
                 cannot be used. The owner's way in stays what it was."
            ),
        ),
        What::Began | What::Done => (
            format!("The owner of {organization} has another way in"),
            format!(
                "They chose a new password by the link that went to {email}, which is their address now. Every \
                 other way in that they had is over, and so are their sessions and the keys of their programs."
            ),
        ),
    };
    Letter {
        subject: subject.clone(),
        preview: said.clone(),
        blocks: vec![
            Block::Heading(subject),
            Block::Paragraph(said),
            Block::Button {
                label: "Open the workspace",
                address: address.to_owned(),
            },
        ],
    }
    .render()
}

fn began(mail: &OwnerRecovery, address: &str) -> Rendered {
    let OwnerRecovery {
        organization,
        email,
        at,
        contact,
        ..
    } = mail;
    let at = at.as_deref().unwrap_or("the end of the waiting time");
    let ask = match contact {
        Some(contact) => format!("write to {contact}"),
        None => "answer this mail".to_owned(),
    };
    let subject = format!("The owner of {organization} is to get another way in");
    Letter {
        subject: subject.clone(),
        preview: format!("Not right? It can be stopped until {at}."),
        blocks: vec![
            Block::Heading(subject),
            Block::Paragraph(format!(
                "The operators of Signalbox were shown proof that the owner of {organization} has lost access. On \
                 {at} they send a link to a new password to {email}. Whoever opens it owns {organization} in the \
                 owner's account; every other way into that account ends then."
            )),
            Block::Paragraph(format!(
                "You are the owner and can still sign in? Do so, and press \"Stop it\" above any page. You are \
                 somebody else and this is not right? Tell the owner, and {ask}: operators can stop it as well."
            )),
            Block::Button {
                label: "Open the workspace",
                address: address.to_owned(),
            },
            Block::Note("Everybody who belongs to the workspace got this mail.".to_owned()),
        ],
    }
    .render()
}
