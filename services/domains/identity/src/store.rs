//! Rows of people, sessions, tokens and attempts, a file for each. Decides nothing.

pub mod attempts;
pub mod codes;
pub mod copies;
pub mod devices;
pub mod families;
pub mod identities;
pub mod invitations;
pub mod keys;
pub mod members;
pub mod one_time;
pub mod passkeys;
pub mod people;
pub mod policy;
pub mod recovery;
pub mod resealing;
pub mod sessions;
pub mod support;
pub mod transfers;
