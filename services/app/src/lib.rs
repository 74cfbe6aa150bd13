//! The house put together: configuration, telemetry, and the wiring of every room to every other.

pub mod api;
pub mod config;
#[cfg(feature = "dev")]
pub mod dev;
pub mod doctor;
pub mod internal;
pub mod migrate;
pub mod operator;
pub mod operators;
pub mod permissions;
pub mod serve;
pub mod telemetry;
pub mod wiring;
pub mod work;
