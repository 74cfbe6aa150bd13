//! The rows of this domain: each statement right above what reads its rows. Decides nothing.

pub mod endpoints;
pub mod list;
pub mod quotas;
pub mod recording;
pub mod result_hours;
pub mod results;
