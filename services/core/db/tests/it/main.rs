//! The walls, the transaction and the login, against a real Postgres. Each test has a database of its own.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

mod cancelled;
mod connections;
mod crowd;
mod deadline;
mod flight;
mod gate;
mod login;
mod plans;
mod platform;
mod pooler;
mod record;
mod stage;
mod storm;
mod transaction;
mod walls;
mod wire;
