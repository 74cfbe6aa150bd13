//! From the bus to the sockets.

use jobs::{Hint, Signal, Subscription};

use super::Hub;

impl Hub {
    /// Tells the sockets what the bus says, until the bus is gone. One task a process.
    pub async fn follow(&self, mut signals: Subscription) {
        while let Some(signal) = signals.next().await {
            match signal {
                Signal::Lost => self.lost(),
                Signal::Hint(Hint::SessionEnded { tenant, session }) => {
                    self.end_session(tenant, session);
                }
                Signal::Hint(Hint::Live {
                    tenant,
                    room,
                    kind,
                    id,
                }) => self.publish(tenant, &room, &kind, id),
                // These are for the directory and the worker.
                Signal::Hint(
                    Hint::DirectoryChanged { .. } | Hint::PoolWanted | Hint::WorkQueued,
                ) => {}
            }
        }
    }
}
