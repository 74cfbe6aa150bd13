//! The mails that were caught, and how a raw message becomes one. Knows no protocol.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use kernel::clock::Clock;
use mail_parser::{MessageParser, MimeHeaders};
use tokio::sync::watch;

/// How many mails are kept.
pub const KEPT: usize = 500;

/// One mail as it arrived.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CaughtMail {
    /// Counts up from 1 in the order of arrival.
    pub id: u64,
    /// The envelope's recipients, the ones a real server would deliver to, joined by `, `.
    pub to: String,
    /// The decoded subject, empty when there is none.
    pub subject: String,
    /// The plain text, empty when there is none.
    pub text: String,
    /// The HTML, `None` for a mail of plain text.
    pub html: Option<String>,
    /// When it was taken.
    pub sent_at: Timestamp,
    /// The message as received, for tests that look at headers.
    #[serde(skip)]
    pub raw: String,
}

/// A bounded list of mails.
pub(super) struct Mailbox {
    clock: Arc<dyn Clock>,
    newest_first: Mutex<VecDeque<CaughtMail>>,
    /// How many mails have ever arrived.
    arrived: watch::Sender<u64>,
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox")
            .field("arrived", &*self.arrived.borrow())
            .finish_non_exhaustive()
    }
}

impl Mailbox {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            newest_first: Mutex::default(),
            arrived: watch::Sender::new(0),
        }
    }

    pub(super) fn messages(&self) -> Vec<CaughtMail> {
        self.lock().iter().cloned().collect()
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    /// Changes whenever a mail arrives.
    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.arrived.subscribe()
    }

    pub(super) fn take(&self, recipients: &[String], raw: &[u8]) {
        let mut mails = self.lock();
        let id = *self.arrived.borrow() + 1;
        mails.push_front(read(id, recipients, raw, self.clock.now()));
        mails.truncate(KEPT);
        // Inside the lock, so that numbers and order agree.
        self.arrived.send_replace(id);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<CaughtMail>> {
        self.newest_first
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(id: u64, recipients: &[String], raw: &[u8], sent_at: Timestamp) -> CaughtMail {
    let message = MessageParser::default().parse(raw);
    let message = message.as_ref();
    let html = message.and_then(|message| {
        // `body_html` would dress plain text up as HTML.
        let part = message.html_bodies().find(|part| {
            part.content_type()
                .is_some_and(|kind| kind.subtype() == Some("html"))
        });
        part.and_then(|part| part.text_contents())
            .map(str::to_owned)
    });
    CaughtMail {
        id,
        to: recipients.join(", "),
        subject: message
            .and_then(|m| m.subject())
            .unwrap_or_default()
            .to_owned(),
        text: message
            .and_then(|m| m.body_text(0))
            .unwrap_or_default()
            .into_owned(),
        html,
        sent_at,
        raw: String::from_utf8_lossy(raw).into_owned(),
    }
}
