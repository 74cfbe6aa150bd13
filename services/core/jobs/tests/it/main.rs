//! The queue, the delivery of events and the bus against real servers.

mod bus;
mod delivery;
mod queue;
mod runner;
mod stage;
