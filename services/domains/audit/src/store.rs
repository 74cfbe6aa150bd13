//! Rows of `audit_log`, and the platform's word on how far they were sealed.

pub mod chain;
pub mod list;
