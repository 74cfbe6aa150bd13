//! The words every room of the house shares: ids, time, randomness, errors, roles, pages, events.
//!
//! Pure: no input or output, no SQL, no web framework. Whatever needs one of those lives higher up.

pub mod clock;
pub mod email;
pub mod error;
pub mod event;
pub mod id;
pub mod network;
pub mod page;
pub mod rng;
pub mod roles;
pub mod search;
pub mod text;
