//! What the transactional mails say.
//!
//! Owns their wording, nothing else: functions from plain values to subject, text and HTML. Values
//! may be anything a person typed; the layout escapes them.

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
