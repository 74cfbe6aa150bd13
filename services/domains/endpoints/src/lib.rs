//! endpoints
pub mod config;
pub mod error;
pub mod model;
mod rooms;
mod schedule;
pub mod service;
mod store;
pub mod worker;
