//! What an endpoint is and what its results mean. Pure: no SQL, no clock, no network.

pub mod check;
pub mod endpoint;
pub mod figures;
pub mod health;
pub mod histogram;
pub mod settings;
pub mod slot;
