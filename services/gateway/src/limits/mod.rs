//! Limits: how often an address, an account or a session may do a thing.
//!
//! Two places count. What guards passwords, mails and new workspaces counts in Postgres, the same for all
//! copies ([`Limiter`]). The API as a whole ([`ApiLimiter`]) counts in Redis, where there is one; without it
//! each process counts its part: stricter, never open.
//!
//! What counts by address asks for a [`Source`], and counts nobody whose network operators trust.

mod api;
mod buckets;
mod guesses;
mod limiter;
mod rate;
mod shared;
mod source;

pub(crate) use api::{ApiLimiter, Subject};
pub use buckets::Buckets;
pub use guesses::{Waits, sweep_limits};
pub use limiter::{LimitSubject, Limiter};
pub use rate::{Limit, RateHeaders};
pub use source::Source;
