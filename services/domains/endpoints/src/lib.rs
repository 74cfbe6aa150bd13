//! endpoints
pub mod model;
