//! A mail catcher: an SMTP server on loopback that delivers nothing and keeps what it is given.
//!
//! Owns: the last mails and who waits for them. The protocol is in `session`, the reading of a
//! message in `mailbox`. Must not: send anything, or listen where others could reach it.

mod mailbox;
mod session;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kernel::clock::{Clock, SystemClock};
use mailbox::Mailbox;
pub use mailbox::{CaughtMail, KEPT};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

/// How many clients may talk at once.
const SESSIONS: usize = 64;

/// What the server does to the next mails instead of taking them. For tests of the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Refuses each recipient with 451: the sender should try again later.
    Later,
    /// Refuses each recipient with 550: the sender should give up.
    Never,
    /// Stops answering, with the connection open.
    Hang,
    /// Keeps the mail but cuts the connection before saying so: the sender cannot know.
    CutAfterData,
}

/// A running mail catcher; it ends when dropped.
#[derive(Debug)]
pub struct MailCatcher {
    address: SocketAddr,
    mailbox: Arc<Mailbox>,
    fault: watch::Sender<Option<Fault>>,
    listening: JoinHandle<()>,
}

impl MailCatcher {
    /// Listens on `bind`, which must be a loopback address; port 0 takes any free one.
    pub async fn start(bind: SocketAddr) -> io::Result<Self> {
        Self::start_with_clock(bind, Arc::new(SystemClock)).await
    }

    /// Like [`start`](Self::start), with the clock that `sent_at` is read from.
    pub async fn start_with_clock(bind: SocketAddr, clock: Arc<dyn Clock>) -> io::Result<Self> {
        if !bind.ip().is_loopback() {
            let text =
                format!("{bind} is not a loopback address, and anyone could write mail to it");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let listener = TcpListener::bind(bind).await?;
        let address = listener.local_addr()?;
        let mailbox = Arc::new(Mailbox::new(clock));
        let (fault, faults) = watch::channel(None);
        let listening = tokio::spawn(listen(listener, Arc::clone(&mailbox), faults));
        Ok(Self {
            address,
            mailbox,
            fault,
            listening,
        })
    }

    /// `smtp://127.0.0.1:1025`.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The last mails, newest first, at most [`KEPT`].
    pub fn messages(&self) -> Vec<CaughtMail> {
        self.mailbox.messages()
    }

    /// Forgets all mails.
    pub fn clear(&self) {
        self.mailbox.clear();
    }

    /// A handle for pages that only look.
    pub fn reader(&self) -> MailReader {
        MailReader(Arc::clone(&self.mailbox))
    }

    /// Waits until a mail satisfies `wanted` and returns the newest such; `None` after `patience`.
    pub async fn wait_for(
        &self,
        patience: Duration,
        wanted: impl Fn(&CaughtMail) -> bool,
    ) -> Option<CaughtMail> {
        let mut news = self.mailbox.news();
        let search = async {
            loop {
                news.mark_unchanged();
                if let Some(found) = self.messages().into_iter().find(&wanted) {
                    return Some(found);
                }
                news.changed().await.ok()?;
            }
        };
        tokio::time::timeout(patience, search).await.ok().flatten()
    }

    /// Misbehaves from now on, or stops misbehaving.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.fault.send_replace(fault);
    }
}

impl Drop for MailCatcher {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Reads what a [`MailCatcher`] has caught, and outlives it.
#[derive(Clone, Debug)]
pub struct MailReader(Arc<Mailbox>);

impl MailReader {
    /// The last mails, newest first.
    pub fn messages(&self) -> Vec<CaughtMail> {
        self.0.messages()
    }
}

async fn listen(
    listener: TcpListener,
    mailbox: Arc<Mailbox>,
    fault: watch::Receiver<Option<Fault>>,
) {
    // Ends all sessions when this task is ended.
    let mut sessions = JoinSet::new();
    let room = Arc::new(Semaphore::new(SESSIONS));
    loop {
        while sessions.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: some will come back.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        // The others wait in the listener's queue.
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let (mailbox, fault) = (Arc::clone(&mailbox), fault.clone());
        sessions.spawn(async move {
            let _place = place;
            if let Err(error) = session::serve(stream, &mailbox, fault).await {
                tracing::debug!(%error, "an SMTP session ended early");
            }
        });
    }
}
