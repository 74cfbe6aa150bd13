//! Looking at the log: pages, exports, and whether it holds.

pub mod export;
pub mod list;
pub mod verification;
