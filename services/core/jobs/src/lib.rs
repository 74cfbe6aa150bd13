//! Work that is done later, and hints that travel between processes.
//!
//! Owns the one queue (`platform.work`: claim, lease, fence, backoff, dead letters), the delivery of
//! events to their subscribers, and the bus. Must not know what any kind of work means: a domain brings
//! its own [`Handler`] or [`Subscriber`], and `app` puts them together.

mod backoff;
mod bus;
mod delivery;
pub mod desk;
mod handler;
mod queue;
mod runner;

pub use bus::{Bus, BusConfig, BusError, Hint, Signal, Subscription};
pub use delivery::{EventDelivery, StoredEvent, Subscriber};
pub use handler::{Claimed, Handler, Job, JobError};
pub use queue::enqueue;
pub use runner::{DuplicateHandler, Runner};
