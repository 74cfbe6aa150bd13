//! Schemas as they are made, migrated and described, on a real Postgres.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

mod archive;
mod citus;
mod dropping;
mod engine;
mod killed;
mod migrations;
mod networks;
mod pool;
mod reaping;
mod switches;
mod verbs;
mod whole;
