//! What tests stand on: a real Postgres with a database of their own, a clock that they set, the whole
//! app on a port of its own. For tests only; a failure here panics, for there is nobody to tell.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up has failed"
)]

mod app;
mod database;
mod http;
mod target;
mod tenant;

pub use app::{PASSWORD, TestApp, sign_in};
pub use database::{Cluster, TestDb, worker};
pub use http::{Answer, Visitor};
pub use target::Target;
pub use tenant::TestTenant;
