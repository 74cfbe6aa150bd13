//! Operators: the people who run the platform, on a listener of their own.
//!
//! Owns `platform.operators` and `platform.operator_sessions`, and writes `platform.operator_audit` through
//! `tenancy::audit`. What may be done to an organisation is `tenancy::verbs`; here is decided who may.

mod cookie;
mod door;
mod error;
mod http;
mod jobs;
mod model;
mod ports;
mod roles;
mod service;
mod store;
mod totp;

pub use error::Error;
pub use http::routes;
pub use jobs::jobs;
pub use model::{Account, AccountState, Enrollment, NewAccount};
pub use ports::Owners;
pub use roles::{Permission, Role};
pub use service::{Addresses, Operators, accounts};
pub use totp::{STEP_S, Seed};
