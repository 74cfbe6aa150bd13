//! Tests that need the router, each file a domain or a promise of the house.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up has failed"
)]
#![expect(
    clippy::too_many_lines,
    reason = "a table of cases, or a story, is read from top to bottom"
)]

mod audit;
mod dead_letters;
mod deploy;
mod doctor;
mod doctor_db;
mod endpoints;
mod faults;
mod gateway;
mod helm;
mod identity;
mod isolation;
mod kinds;
mod migrating;
mod networks;
mod operating;
mod operator;
mod operators;
mod outages;
mod permissions;
mod pooler;
mod recovery;
mod registration;
mod rows;
mod secrets;
mod story;
mod stranger;
mod switches;
mod two_houses;
