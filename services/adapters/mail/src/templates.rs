//! What the transactional mails say.
//!
//! Owns their wording, nothing else: functions from plain values to subject, text and HTML. Values
//! may be anything a person typed; the layout escapes them.

pub mod accounts;
pub mod ownership;
pub mod people;
pub mod recovery;

use serde::{Deserialize, Serialize};

use crate::letter::{Block, Letter};

/// A mail, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as a complete HTML document.
    pub html: String,
}

/// A workspace in the answer to "find my workspace".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workspace<'a> {
    /// The organisation's name.
    pub organization: &'a str,
    /// Where its people sign in.
    pub address: &'a str,
}

/// Asks whoever registered `organization` to prove their address by opening `link`, which works
/// once and for `valid_hours`.
#[must_use]
pub fn verify_address(organization: &str, link: &str, valid_hours: u32) -> Rendered {
    Letter {
        subject: format!("Confirm your address for {organization}"),
        preview: "One click, and your workspace is ready.".to_owned(),
        blocks: vec![
            Block::Heading(format!("Welcome, {organization}")),
            Block::Paragraph(
                "Your workspace is set up. Please confirm that this address is yours; then you \
                 can sign in."
                    .to_owned(),
            ),
            Block::Button {
                label: "Confirm this address",
                address: link.to_owned(),
            },
            Block::Note(format!(
                "The link works once, for {valid_hours} hours. After that, ask for a new one on \
                 the sign-in page."
            )),
            Block::Note(
                "You did not register? Then do nothing: an address that is not confirmed cannot \
                 be used, and the workspace is removed."
                    .to_owned(),
            ),
        ],
    }
    .render()
}

/// Asks once more for proof of an address: without it, the workspace is gone at `removed_at`.
#[must_use]
pub fn last_call(organization: &str, link: &str, removed_at: &str) -> Rendered {
    Letter {
        subject: format!("{organization} is removed tomorrow unless you confirm"),
        preview: "One click keeps your workspace.".to_owned(),
        blocks: vec![
            Block::Heading(format!("Do you still want {organization}?")),
            Block::Paragraph(format!(
                "You registered this workspace, but nobody has confirmed your address yet. \
                 Unless you do, it is removed on {removed_at}, and its address is free again."
            )),
            Block::Button {
                label: "Confirm and keep it",
                address: link.to_owned(),
            },
            Block::Note(
                "The link works once. It takes the place of every earlier one. You did not \
                 register? Then do nothing: this is the last mail."
                    .to_owned(),
            ),
        ],
    }
    .render()
}

/// What an operator did to a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Sign-in only.
    Suspended,
    /// Reads only.
    Frozen,
    /// Everything works again.
    Resumed,
    /// It is dropped when the days of grace are over.
    DeletionBegan,
    /// It is not.
    DeletionUndone,
}

/// What an owner is told of it. Times are for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateChanged<'a> {
    /// The organisation's name.
    pub organization: &'a str,
    /// Where its people sign in.
    pub address: &'a str,
    /// What was done.
    pub change: Change,
    /// When.
    pub at: &'a str,
    /// Until when it can be undone, where that ends.
    pub until: Option<&'a str>,
    /// Why, in the operator's words.
    pub reason: Option<&'a str>,
    /// The address of whoever can be asked.
    pub contact: Option<&'a str>,
}

/// Subject, the line beside it, and what the change means.
fn wording(name: &str, change: Change) -> (String, &'static str, &'static str) {
    match change {
        Change::Suspended => (
            format!("{name} is suspended"),
            "Checks pause; nothing is lost.",
            "It was suspended. People can still sign in, but nothing else works: checks and jobs \
             pause. Nothing is lost, and when it is resumed everything goes on from there.",
        ),
        Change::Frozen => (
            format!("{name} can only be read for now"),
            "Checks pause; nothing is lost.",
            "It was made read-only. Everything can be read and nothing changed: checks and jobs \
             pause. Nothing is lost, and when it is resumed everything goes on from there.",
        ),
        Change::Resumed => (
            format!("{name} works again"),
            "Checks go on.",
            "It was resumed: everything works again, and checks go on.",
        ),
        Change::DeletionBegan => (
            format!("{name} is being deleted"),
            "It can still be undone.",
            "Its deletion has begun. Checks and jobs have stopped, and until the day below nothing \
             of it is gone. After that everything is deleted for good.",
        ),
        Change::DeletionUndone => (
            format!("{name} is not deleted"),
            "The deletion was undone.",
            "Its deletion was undone: it is again what it was before, and nothing of it is gone.",
        ),
    }
}

/// Tells an owner what an operator did to the workspace, what that means, until when it can be undone, and
/// whom to ask.
#[must_use]
pub fn state_changed(told: &StateChanged<'_>) -> Rendered {
    let (subject, preview, meaning) = wording(told.organization, told.change);
    let mut blocks = vec![
        Block::Heading(subject.clone()),
        Block::Paragraph(format!(
            "An operator of Signalbox changed your workspace on {}. {meaning}",
            told.at
        )),
    ];
    blocks.extend(
        told.reason
            .map(|reason| Block::Paragraph(format!("The reason given: {reason}"))),
    );
    blocks.extend(
        told.until
            .map(|until| Block::Paragraph(format!("It can be undone until {until}."))),
    );
    blocks.push(Block::Button {
        label: "Open your workspace",
        address: told.address.to_owned(),
    });
    blocks.push(Block::Note(match told.contact {
        Some(contact) => format!("Questions, or not what you wanted? Write to {contact}."),
        None => "Questions, or not what you wanted? Answer this mail.".to_owned(),
    }));
    Letter {
        subject,
        preview: preview.to_owned(),
        blocks,
    }
    .render()
}

/// Lists the workspaces an address belongs to.
#[must_use]
pub fn find_workspaces(workspaces: &[Workspace<'_>]) -> Rendered {
    let found = workspaces
        .iter()
        .map(|it| (it.organization.to_owned(), it.address.to_owned()))
        .collect::<Vec<_>>();
    let (opening, list) = if found.is_empty() {
        (
            "No workspace belongs to this address. You may have used another one.",
            None,
        )
    } else {
        ("This address belongs to:", Some(Block::Links(found)))
    };
    let mut blocks = vec![
        Block::Heading("Your workspaces".to_owned()),
        Block::Paragraph(opening.to_owned()),
    ];
    blocks.extend(list);
    blocks.push(Block::Note(
        "Somebody asked for this list with your address. If it was not you, do nothing: only you \
         can read this mail."
            .to_owned(),
    ));
    Letter {
        subject: "Your Signalbox workspaces".to_owned(),
        preview: "Where you can sign in.".to_owned(),
        blocks,
    }
    .render()
}

/// Greets the owner of `organization` once their address is proven; `address` is the workspace.
#[must_use]
pub fn welcome(organization: &str, address: &str) -> Rendered {
    Letter {
        subject: format!("{organization} is ready"),
        preview: "Add your first endpoint and know when it goes down.".to_owned(),
        blocks: vec![
            Block::Heading(format!("{organization} is ready")),
            Block::Paragraph(
                "Your address is confirmed. Add the first endpoint, and Signalbox checks it every \
                 minute from then on."
                    .to_owned(),
            ),
            Block::Button {
                label: "Open your workspace",
                address: address.to_owned(),
            },
            Block::Note("Keep this mail: the address above is where you sign in.".to_owned()),
        ],
    }
    .render()
}

/// An operator's look at an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look<'a> {
    /// At whom.
    pub organization: &'a str,
    /// By whom.
    pub operator: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Where else it is written about.
    pub ticket: Option<&'a str>,
    /// How long at the most.
    pub minutes: i64,
    /// Where consent is withdrawn.
    pub settings: &'a str,
}

/// Tells an owner that somebody of the platform has begun to look at their organisation.
#[must_use]
pub fn support_began(look: &Look<'_>) -> Rendered {
    let ticket = look.ticket.map_or(String::new(), |it| format!(" ({it})"));
    Letter {
        subject: format!("Support is looking at {}", look.organization),
        preview: "You allowed this; here is who, and why.".to_owned(),
        blocks: vec![
            Block::Heading("Support access has begun".to_owned()),
            Block::Paragraph(format!(
                "{} of Signalbox support is looking at {}, for at most {} minutes. They see what a viewer sees, and \
                 can change nothing.",
                look.operator, look.organization, look.minutes
            )),
            Block::Paragraph(format!("Their reason: {}{ticket}", look.reason)),
            Block::Button {
                label: "Review support access",
                address: look.settings.to_owned(),
            },
            Block::Note(
                "Your organisation allowed support access. Switch it off on that page, and whoever looks is out at \
                 once."
                    .to_owned(),
            ),
        ],
    }
    .render()
}
