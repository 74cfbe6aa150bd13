//! What mails say about owning an organisation, and to people who end their account.

use serde::Deserialize;

use super::Rendered;
use crate::letter::{Block, Letter};

/// An offer of an organisation's ownership.
#[derive(Debug, Deserialize)]
pub struct OwnershipOffered {
    /// Which organisation.
    pub organization: String,
    /// The address of whoever offers it.
    pub offered_by: String,
    /// How long it can be taken.
    pub valid_days: u32,
}

/// What became of an offer, by whom it is told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// To the owner: they offer it.
    Offered,
    /// To the owner: it was not wanted.
    Declined,
    /// To whoever could have taken it: it was taken back.
    Withdrawn,
    /// To the owner before: it was taken.
    Given,
    /// To the owner now: they have it.
    Taken,
}

/// What became of an offer of an organisation's ownership.
#[derive(Debug, Deserialize)]
pub struct OwnershipChanged {
    /// Which organisation.
    pub organization: String,
    /// What happened.
    pub what: What,
    /// The address of the other of the two.
    pub other: String,
}

/// An account that is gone.
#[derive(Debug, Deserialize)]
pub struct AccountDeleted {
    /// At which organisation.
    pub organization: String,
}

/// Asks somebody to take an organisation over by `link`.
#[must_use]
pub fn ownership_offered(mail: &OwnershipOffered, link: &str) -> Rendered {
    let OwnershipOffered {
        organization,
        offered_by,
        valid_days,
    } = mail;
    Letter {
        subject: format!("{organization} is to be yours"),
        preview: "Look at it, and decide.".to_owned(),
        blocks: vec![
            Block::Heading(format!("Take {organization} over?")),
            Block::Paragraph(format!(
                "{offered_by} owns {organization} on Signalbox and wants you to be its owner instead. \
                 You would answer for everything there, its people and its plan included; they would stay as an \
                 administrator."
            )),
            Block::Button {
                label: "Look at the offer",
                address: link.to_owned(),
            },
            Block::Note(format!(
                "The link works for {valid_days} days, once you are signed in as yourself. Nothing changes \
                 until you say yes."
            )),
        ],
    }
    .render()
}

/// Tells what became of an offer; the organisation's console is at `address`.
#[must_use]
pub fn ownership_changed(mail: &OwnershipChanged, address: &str) -> Rendered {
    let OwnershipChanged {
        organization,
        what,
        other,
    } = mail;
    let (subject, said) = match what {
        What::Offered => (
            format!("You offered {organization} to somebody"),
            format!(
                "{other} can become the owner of {organization} in your place, for seven days. Was that not \
                 you? Take the offer back, and change your password."
            ),
        ),
        What::Declined => (
            format!("Nobody takes {organization} over"),
            format!("{other} does not want to own {organization}. You are still its owner."),
        ),
        What::Withdrawn => (
            format!("{organization} is offered to you no more"),
            format!("{other} took the offer back. Nothing changes for you."),
        ),
        What::Given => (
            format!("You own {organization} no more"),
            format!("{other} took it over. You are an administrator of it from now on."),
        ),
        What::Taken => (
            format!("You own {organization} now"),
            format!("You took it over from {other}, who stays as an administrator."),
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
                address: format!("{address}/settings/members"),
            },
        ],
    }
    .render()
}

/// Says goodbye to somebody who ended their account.
#[must_use]
pub fn account_deleted(mail: &AccountDeleted) -> Rendered {
    let AccountDeleted { organization } = mail;
    let subject = format!("Your account at {organization} is gone");
    Letter {
        subject: subject.clone(),
        preview: "You are signed out everywhere.".to_owned(),
        blocks: vec![
            Block::Heading(subject),
            Block::Paragraph(
                "You ended it, and you are signed out everywhere. Your ways to sign in, your keys and where you \
                 signed in from are gone. What you did stays in the organisation's audit log, as a former \
                 member's."
                    .to_owned(),
            ),
            Block::Note(format!(
                "Was that not you? Somebody had your account. Ask an administrator of {organization} to invite \
                 you again."
            )),
        ],
    }
    .render()
}
