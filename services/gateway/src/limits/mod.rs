//! Limits: how often an address, an account or a session may do a thing.
//!
//! Two places count. What guards passwords, mails and new workspaces counts in Postgres, the same for all
//! copies ([`Limiter`]). The API as a whole counts in this process ([`ApiLimiter`]): stricter, never open.

mod api;
mod buckets;
mod guesses;
mod limiter;
mod rate;

pub(crate) use api::{ApiLimiter, Subject};
pub use guesses::{Waits, sweep_limits};
pub use limiter::{LimitSubject, Limiter};
pub use rate::{Limit, RateHeaders};
