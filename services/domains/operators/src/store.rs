//! SQL on the operators' own tables, each right above the row mapping that reads it.

pub mod accounts;
pub mod approvals;
pub mod audit;
pub mod overview;
pub mod sessions;
pub mod tokens;
