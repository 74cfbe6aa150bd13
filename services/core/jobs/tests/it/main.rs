//! The queue, the delivery of events and the bus against real servers.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot be set up fails here"
)]

mod bus;
mod delivery;
mod desk;
mod queue;
mod runner;
mod stage;
