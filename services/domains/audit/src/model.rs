//! What a row of the log is, how it is written down for its hash, and what holds the rows together.

pub mod canonical;
pub mod chain;
pub mod csv;
pub mod entry;
pub mod file;
