//! Hints between processes: ids of what changed, never the content.
//!
//! A hint reaches every subscriber in this process at once, and those in other processes through
//! Postgres or Redis. Hints may be lost, and whoever relies on them is told: [`Signal::Lost`] says that
//! the state must be read anew. The rows are the truth; a hint only saves waiting for them.

mod link;
mod message;
mod postgres;
mod redis;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use db::Db;
use kernel::id::{SessionId, TenantId};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc};
use tokio::task::AbortHandle;
use uuid::Uuid;

/// Signals that wait for a slow subscriber. One that is further behind is told that it lost some.
const WAITING: usize = 4096;
/// Batches that wait to leave this process. One too many, and the others are told that they lost some.
const OUTGOING: usize = 1024;

/// Something changed, said by its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "hint", rename_all = "snake_case")]
pub enum Hint {
    /// A tenant answers on this host, no longer does, or changed.
    DirectoryChanged {
        /// The host, normalised and without a port.
        host: String,
    },
    /// A session is over: its sockets close.
    SessionEnded {
        /// Whose.
        tenant: TenantId,
        /// Which.
        session: SessionId,
    },
    /// Something that people may be looking at changed.
    Live {
        /// Whose.
        tenant: TenantId,
        /// The room that is told, `org` or `endpoint:<id>`.
        room: String,
        /// What happened, `endpoint.changed`.
        kind: String,
        /// What it happened to.
        id: Uuid,
    },
    /// The pool of ready schemas is empty and somebody is waiting.
    PoolWanted,
    /// There is work due now.
    WorkQueued,
    /// Operators have thrown a switch.
    SwitchesChanged,
}

/// What a subscriber hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// A hint.
    Hint(Hint),
    /// Hints may have been lost: read the state anew. Also said when [`Bus::is_listening`] changes.
    Lost,
}

/// What carries hints to other processes.
#[derive(Clone, Debug)]
pub enum BusConfig {
    /// Nothing: there is one process.
    InProcess,
    /// LISTEN/NOTIFY over one direct connection.
    Postgres {
        /// URL of the login `signalbox_app`, not through a pooler.
        url: SecretString,
    },
    /// Redis pub/sub.
    Redis {
        /// URL of the server.
        url: SecretString,
    },
}

/// A handle on the bus; cloning it is cheap. When the last one goes, the listening ends.
#[derive(Clone)]
pub struct Bus {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    outgoing: Option<mpsc::Sender<Vec<Hint>>>,
    listening: Option<AbortHandle>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.abort();
        }
    }
}

/// What the bus and its tasks have in common.
struct Shared {
    local: broadcast::Sender<Signal>,
    /// Whether hints of other processes arrive.
    listening: AtomicBool,
    /// Whether hints of ours were dropped since the last message that left.
    overflowed: AtomicBool,
    /// This process, to know its own messages by.
    origin: Uuid,
}

impl Shared {
    fn deliver(&self, signal: Signal) {
        // An error means that nobody subscribes, which is not one.
        let _ = self.local.send(signal);
    }
}

impl Bus {
    /// Starts the bus. Where the backend is away, it keeps trying: see [`Bus::is_listening`].
    /// Errors: a URL that cannot be read.
    pub async fn start(config: BusConfig, db: &Db) -> Result<Self, BusError> {
        let shared = Arc::new(Shared {
            local: broadcast::Sender::new(WAITING),
            listening: AtomicBool::new(true),
            overflowed: AtomicBool::new(false),
            origin: kernel::rng::uuid_v7(db.now(), &*db.pulse().entropy),
        });
        let link = match config {
            BusConfig::InProcess => None,
            BusConfig::Postgres { url } => {
                Some(link::Link::Postgres(postgres::Link::new(url, db.clone())))
            }
            BusConfig::Redis { url } => Some(link::Link::Redis(redis::Link::new(&url)?)),
        };
        let (mut outgoing, mut listening) = (None, None);
        if let Some(link) = link {
            let (sender, receiver) = mpsc::channel(OUTGOING);
            outgoing = Some(sender);
            tokio::spawn(link::speak(link.clone(), Arc::clone(&shared), receiver));
            listening = Some(link::start_listening(link, Arc::clone(&shared)).await);
        }
        Ok(Self {
            inner: Arc::new(Inner {
                shared,
                outgoing,
                listening,
            }),
        })
    }

    /// Tells everybody who subscribes: in this process at once, elsewhere a moment later. Never waits and
    /// never fails; say it after the COMMIT of what it tells of.
    pub fn publish(&self, hints: &[Hint]) {
        if hints.is_empty() {
            return;
        }
        for hint in hints {
            self.inner.shared.deliver(Signal::Hint(hint.clone()));
        }
        if let Some(outgoing) = &self.inner.outgoing
            && outgoing.try_send(hints.to_vec()).is_err()
        {
            self.inner.shared.overflowed.store(true, Ordering::Release);
        }
    }

    /// Tells the processes that run and waits until it is said: for a command that ends right after.
    /// Errors: the backend cannot be reached; whoever relies on hints reads the rows within half a minute.
    pub async fn tell(config: BusConfig, db: &Db, hints: Vec<Hint>) -> Result<(), BusError> {
        let mut link = match config {
            BusConfig::InProcess => return Ok(()),
            BusConfig::Postgres { url } => {
                link::Link::Postgres(postgres::Link::new(url, db.clone()))
            }
            BusConfig::Redis { url } => link::Link::Redis(redis::Link::new(&url)?),
        };
        let origin = kernel::rng::uuid_v7(db.now(), &*db.pulse().entropy);
        link.send(&message::encode(origin, false, hints))
            .await
            .map_err(BusError::Away)
    }

    /// Hears everything from now on.
    pub fn subscribe(&self) -> Subscription {
        Subscription(self.inner.shared.local.subscribe())
    }

    /// Whether hints of other processes arrive. While they do not, nothing may be cached that only a
    /// hint would make forget.
    pub fn is_listening(&self) -> bool {
        self.inner.shared.listening.load(Ordering::Acquire)
    }
}

/// The ear of one subscriber.
pub struct Subscription(broadcast::Receiver<Signal>);

impl Subscription {
    /// The next signal; [`Signal::Lost`] for one that was too slow, `None` when the bus is gone.
    /// Nothing is lost by dropping the future.
    pub async fn next(&mut self) -> Option<Signal> {
        match self.0.recv().await {
            Ok(signal) => Some(signal),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Signal::Lost),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }

    /// Forgets what waits, for one who is about to read the state anyway.
    pub(crate) fn skip_waiting(&mut self) {
        self.0 = self.0.resubscribe();
    }
}

/// Why there is no bus.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The URL of Redis cannot be read. It may hold a password and is not repeated.
    #[error("the Redis URL cannot be used")]
    Url,
    /// The backend cannot be reached.
    #[error("the other processes could not be told: {0}")]
    Away(#[source] link::Failure),
}
