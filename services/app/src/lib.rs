//! The house put together: configuration, telemetry, and the wiring of every room to every other.

pub mod config;
pub mod telemetry;
