//! The hub: who listens in which room, and what was said lately.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use data_encoding::BASE64URL_NOPAD;
use kernel::id::{SessionId, TenantId};
use kernel::rng::Entropy;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::protocol::{Closing, HintMessage, ServerMessage};

/// Hints remembered for a tenant.
const MEMORY: usize = 500;
/// For how long, also after the last socket has gone.
const MEMORY_TIME: Duration = Duration::from_secs(5 * 60);
/// Messages that wait for a slow client. One more, and it has to come back and resume.
const QUEUE: usize = 256;
/// Rooms one socket may be in.
const ROOMS_PER_SOCKET: usize = 64;

/// Sockets and short memory of every tenant, in this process. Cloning is cheap.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    entropy: Arc<dyn Entropy>,
    sockets_per_tenant: usize,
}

#[derive(Default)]
struct State {
    tenants: HashMap<TenantId, Tenant>,
    next_socket: u64,
    stopped: bool,
}

/// A tenant somebody listens to, or did lately. Others cost nothing.
struct Tenant {
    epoch: String,
    /// The last hint's number.
    seq: u64,
    /// Hints up to here are forgotten.
    forgotten: u64,
    memory: VecDeque<Remembered>,
    sockets: HashMap<u64, Member>,
    left_at: Instant,
}

struct Remembered {
    at: Instant,
    seq: u64,
    room: Arc<str>,
    text: Arc<str>,
}

struct Member {
    session: SessionId,
    rooms: HashSet<String>,
    queue: mpsc::Sender<Outgoing>,
}

/// What the hub hands to a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outgoing {
    Text(Arc<str>),
    /// Hints were lost, and with them perhaps the end of the session.
    Lost,
    Close(Closing),
}

/// A socket's place in the hub. Dropping it leaves.
pub(super) struct Seat {
    hub: Hub,
    tenant: TenantId,
    socket: u64,
    queue: mpsc::Receiver<Outgoing>,
}

/// Why there is no seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoSeat {
    /// The tenant has as many sockets as it may.
    Full,
    /// This process is about to stop.
    Stopped,
}

/// What a client that comes back has missed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Missed {
    /// Exactly this.
    Hints(Vec<Arc<str>>),
    /// Nobody knows: it has to read everything again.
    Unknown,
}

impl Hub {
    pub(crate) fn new(entropy: Arc<dyn Entropy>, sockets_per_tenant: usize) -> Self {
        Self {
            inner: Arc::new(Inner {
                state: Mutex::default(),
                entropy,
                sockets_per_tenant,
            }),
        }
    }

    /// Tells everybody in `room` that something of the kind `kind` happened to `id`.
    pub fn publish(&self, tenant: TenantId, room: &str, kind: &str, id: Uuid) {
        self.publish_at(Instant::now(), tenant, room, kind, id);
    }

    fn publish_at(&self, now: Instant, tenant: TenantId, room: &str, kind: &str, id: Uuid) {
        let mut state = self.state();
        let Some(entry) = state.tenants.get_mut(&tenant) else {
            return;
        };
        if entry.is_forgotten(now) {
            state.tenants.remove(&tenant);
            return;
        }
        entry.seq += 1;
        let text: Arc<str> = HintMessage {
            epoch: &entry.epoch,
            seq: entry.seq,
            room,
            kind,
            id,
        }
        .text()
        .into();
        entry.remember(now, room, &text);
        entry.sockets.retain(|_, member| {
            !member.rooms.contains(room)
                || member
                    .queue
                    .try_send(Outgoing::Text(Arc::clone(&text)))
                    .is_ok()
        });
    }

    /// Closes every socket of a session that has ended.
    pub fn end_session(&self, tenant: TenantId, session: SessionId) {
        if let Some(entry) = self.state().tenants.get_mut(&tenant) {
            entry.sockets.retain(|_, member| {
                let over = member.session == session;
                if over {
                    // A full queue is not waited for: without its sender the socket ends all the same.
                    let _ = member.queue.try_send(Outgoing::Close(Closing::SessionOver));
                }
                !over
            });
        }
    }

    /// Hints may have been lost on their way here: everybody has to read again, and nothing that was
    /// remembered counts any more.
    pub fn lost(&self) {
        for entry in self.state().tenants.values_mut() {
            entry.epoch = new_epoch(&*self.inner.entropy);
            entry.memory.clear();
            entry.forgotten = entry.seq;
            entry
                .sockets
                .retain(|_, member| member.queue.try_send(Outgoing::Lost).is_ok());
        }
    }

    /// Asks every socket to come back, to another copy, and lets no new one in.
    pub(crate) fn shut_down(&self) {
        let mut state = self.state();
        state.stopped = true;
        for (_, entry) in state.tenants.drain() {
            for member in entry.sockets.values() {
                let _ = member.queue.try_send(Outgoing::Close(Closing::Restart));
            }
        }
    }

    /// Sockets open in this process.
    #[cfg(test)]
    fn sockets(&self) -> usize {
        let state = self.state();
        state.tenants.values().map(|t| t.sockets.len()).sum()
    }

    /// Gives a socket of `session` its place, and the text to greet it with.
    pub(super) fn enter(
        &self,
        tenant: TenantId,
        session: SessionId,
    ) -> Result<(Seat, String), NoSeat> {
        let now = Instant::now();
        let mut state = self.state();
        if state.stopped {
            return Err(NoSeat::Stopped);
        }
        state.tenants.retain(|_, entry| !entry.is_forgotten(now));
        state.next_socket += 1;
        let socket = state.next_socket;
        let entry = state.tenants.entry(tenant).or_insert_with(|| Tenant {
            epoch: new_epoch(&*self.inner.entropy),
            seq: 0,
            forgotten: 0,
            memory: VecDeque::new(),
            sockets: HashMap::new(),
            left_at: now,
        });
        if entry.sockets.len() >= self.inner.sockets_per_tenant {
            return Err(NoSeat::Full);
        }
        let (sender, queue) = mpsc::channel(QUEUE);
        entry.sockets.insert(
            socket,
            Member {
                session,
                rooms: HashSet::new(),
                queue: sender,
            },
        );
        let greeting = ServerMessage::Hello {
            epoch: &entry.epoch,
            seq: entry.seq,
        }
        .text();
        metrics::gauge!("live_sockets").increment(1.0);
        let seat = Seat {
            hub: self.clone(),
            tenant,
            socket,
            queue,
        };
        Ok((seat, greeting))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing below the lock panics half-way; a poisoned state is whole.
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tenant {
    fn is_forgotten(&self, now: Instant) -> bool {
        self.sockets.is_empty() && now.saturating_duration_since(self.left_at) > MEMORY_TIME
    }

    fn remember(&mut self, now: Instant, room: &str, text: &Arc<str>) {
        self.memory.push_back(Remembered {
            at: now,
            seq: self.seq,
            room: room.into(),
            text: Arc::clone(text),
        });
        while let Some(oldest) = self.memory.front() {
            let too_old = now.saturating_duration_since(oldest.at) > MEMORY_TIME;
            if self.memory.len() <= MEMORY && !too_old {
                break;
            }
            self.forgotten = oldest.seq;
            self.memory.pop_front();
        }
    }

    fn missed(&self, rooms: &HashSet<String>, epoch: &str, since: u64) -> Missed {
        if epoch != self.epoch || since < self.forgotten || since > self.seq {
            return Missed::Unknown;
        }
        let hints = self
            .memory
            .iter()
            .filter(|hint| hint.seq > since && rooms.contains(&*hint.room))
            .map(|hint| Arc::clone(&hint.text));
        Missed::Hints(hints.collect())
    }
}

impl Seat {
    /// The next message for this socket; `None` when it lost its place, being too slow.
    pub(super) async fn next(&mut self) -> Option<Outgoing> {
        self.queue.recv().await
    }

    /// Joins a room. `false` when it is in too many, or has lost its place.
    pub(super) fn join(&self, room: &str) -> bool {
        self.with(|member| {
            let fits = member.rooms.len() < ROOMS_PER_SOCKET || member.rooms.contains(room);
            if fits {
                member.rooms.insert(room.to_owned());
            }
            fits
        })
        .unwrap_or(false)
    }

    pub(super) fn leave(&self, room: &str) {
        self.with(|member| member.rooms.remove(room));
    }

    /// What was said in its rooms after `since`.
    pub(super) fn missed(&self, epoch: &str, since: u64) -> Missed {
        let state = self.hub.state();
        let entry = state.tenants.get(&self.tenant);
        entry
            .and_then(|entry| {
                let member = entry.sockets.get(&self.socket)?;
                Some(entry.missed(&member.rooms, epoch, since))
            })
            .unwrap_or(Missed::Unknown)
    }

    fn with<T>(&self, change: impl FnOnce(&mut Member) -> T) -> Option<T> {
        let mut state = self.hub.state();
        let entry = state.tenants.get_mut(&self.tenant)?;
        let member = entry.sockets.get_mut(&self.socket)?;
        Some(change(member))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        metrics::gauge!("live_sockets").decrement(1.0);
        if let Some(entry) = self.hub.state().tenants.get_mut(&self.tenant) {
            entry.sockets.remove(&self.socket);
            entry.left_at = Instant::now();
        }
    }
}

fn new_epoch(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 9];
    entropy.fill(&mut bytes);
    BASE64URL_NOPAD.encode(&bytes)
}

#[cfg(test)]
#[path = "hub_tests.rs"]
mod tests;
