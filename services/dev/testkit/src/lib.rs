//! What tests stand on: a real Postgres with a database of their own, a clock that they set, the whole
//! app on a port of its own. For tests only; a failure here panics, for there is nobody to tell.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up has failed"
)]

#[cfg(feature = "house")]
mod app;
#[cfg(feature = "house")]
mod authenticator;
mod citus;
mod database;
#[cfg(feature = "house")]
mod http;
mod lone;
#[cfg(feature = "house")]
mod office;
mod outage;
mod pooler;
#[cfg(feature = "house")]
mod target;
#[cfg(feature = "house")]
mod tenant;

#[cfg(feature = "house")]
pub use app::{PASSWORD, TestApp, sign_in};
#[cfg(feature = "house")]
pub use authenticator::Authenticator;
pub use database::{Cluster, TestDb, connect, worker};
#[cfg(feature = "house")]
pub use http::{Answer, Visitor};
pub use lone::LoneServer;
#[cfg(feature = "house")]
pub use office::TestOperator;
pub use outage::{FragilePostgres, SilentWire};
pub use pooler::Pooler;
#[cfg(feature = "house")]
pub use target::Target;
#[cfg(feature = "house")]
pub use tenant::TestTenant;
