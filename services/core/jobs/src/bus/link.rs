//! The two tasks that hold the bus to its backend: one speaks, one listens and comes back after a gap.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::{Hint, Shared, Signal, message, postgres, redis};

/// A process hears its own signs of life; one that hears nothing for so long has a dead connection that
/// TCP would not notice for hours.
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);
const SILENCE: Duration = Duration::from_secs(65);
/// Waits between attempts to reach the backend.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);
/// Batches that leave together.
const TOGETHER: usize = 256;

/// What went wrong on the way, for the log.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A way to the other processes.
#[derive(Clone)]
pub(super) enum Link {
    Postgres(postgres::Link),
    Redis(redis::Link),
}

impl Link {
    pub(super) async fn send(&mut self, payloads: &[String]) -> Result<(), Failure> {
        match self {
            Self::Postgres(link) => link.send(payloads).await,
            Self::Redis(link) => link.send(payloads).await,
        }
    }

    async fn listen(&self) -> Result<Ear, Failure> {
        Ok(match self {
            Self::Postgres(link) => Ear::Postgres(link.listen().await?),
            Self::Redis(link) => Ear::Redis(link.listen().await?),
        })
    }
}

/// A connection that hears.
enum Ear {
    Postgres(db::listen::Listener),
    Redis(redis::Ear),
}

impl Ear {
    async fn next(&mut self) -> Option<String> {
        match self {
            Self::Postgres(listener) => listener.next().await.map(|note| note.payload),
            Self::Redis(ear) => ear.next().await,
        }
    }
}

/// Sends what is published, everything that waits in one go, until the bus is gone.
pub(super) async fn speak(
    mut link: Link,
    shared: Arc<Shared>,
    mut outgoing: mpsc::Receiver<Vec<Hint>>,
) {
    let mut sign_of_life = interval(SIGN_OF_LIFE);
    sign_of_life.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut batches = Vec::new();
    loop {
        tokio::select! {
            received = outgoing.recv_many(&mut batches, TOGETHER) => {
                if received == 0 {
                    return;
                }
            }
            _ = sign_of_life.tick() => {}
        }
        let hints = batches.drain(..).flatten().collect();
        let lost = shared.overflowed.swap(false, Ordering::AcqRel);
        let payloads = message::encode(shared.origin, lost, hints);
        let mut wait = SHORTEST;
        while let Err(error) = link.send(&payloads).await {
            if outgoing.is_closed() {
                return;
            }
            tracing::warn!(%error, "hints wait: the bus cannot be reached");
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST);
        }
    }
}

/// Listens. Answers when the first attempt has succeeded or failed; from then on a gap begins and ends with
/// [`Signal::Lost`].
pub(super) async fn start_listening(link: Link, shared: Arc<Shared>) -> AbortHandle {
    let first = connect(&link, &shared).await;
    tokio::spawn(async move {
        let mut ear = first;
        let mut wait = SHORTEST;
        loop {
            if let Some(connected) = ear.take() {
                wait = SHORTEST;
                hear(connected, &shared).await;
                note_listening(&shared, false);
                shared.deliver(Signal::Lost);
            }
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST);
            ear = connect(&link, &shared).await;
            if ear.is_some() {
                shared.deliver(Signal::Lost);
            }
        }
    })
    .abort_handle()
}

async fn connect(link: &Link, shared: &Shared) -> Option<Ear> {
    let ear = match link.listen().await {
        Ok(ear) => Some(ear),
        Err(error) => {
            tracing::warn!(%error, "hints of other processes do not arrive");
            None
        }
    };
    note_listening(shared, ear.is_some());
    ear
}

fn note_listening(shared: &Shared, listening: bool) {
    shared.listening.store(listening, Ordering::Release);
    metrics::gauge!("bus_listening").set(f64::from(u8::from(listening)));
}

/// Delivers what others say, until the connection ends or falls silent.
async fn hear(mut ear: Ear, shared: &Shared) {
    while let Ok(Some(payload)) = timeout(SILENCE, ear.next()).await {
        match message::decode(&payload) {
            Some(message) if message.origin == shared.origin => {}
            Some(message) => {
                if message.lost {
                    shared.deliver(Signal::Lost);
                }
                for hint in message.hints {
                    shared.deliver(Signal::Hint(hint));
                }
            }
            None => shared.deliver(Signal::Lost),
        }
    }
    tracing::warn!("the connection to the bus ended");
}
