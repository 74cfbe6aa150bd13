//! Tenants as a whole: where they are found, how their schemas are made, migrated and described.
//!
//! The only crate that names refinery, and the only one below `app` that speaks as the owner login. What
//! a tenant's rows mean is the domains' to know.

pub mod archive;
pub mod audit;
pub mod bootstrap;
pub mod describe;
mod directory;
pub mod domains;
pub mod drop;
mod error;
pub mod lapse;
pub mod life;
pub mod migrate;
pub mod networks;
mod pool;
mod provision;
mod reaper;
pub mod recovery;
pub mod rename;
mod roles;
pub mod roster;
pub mod sizes;
pub mod support;
pub mod swap;
pub mod switches;
mod turn;
pub mod verbs;

pub use directory::Directory;
pub use error::TenancyError;
pub use migrate::{MINIMUM_VERSION, TEMPLATE_VERSION, is_served};
pub use pool::{Filler, Level, PoolSize};
pub use reaper::Reaped;
