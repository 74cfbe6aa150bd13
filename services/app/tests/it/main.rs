//! Tests that need the router, each file a domain or a promise of the house.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up has failed"
)]

mod deploy;
mod doctor;
mod identity;
mod registration;
mod rows;
mod endpoints;
mod gateway;
mod isolation;
mod kinds;
mod story;
mod stranger;
