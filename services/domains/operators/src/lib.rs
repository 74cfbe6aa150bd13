//! Operators: the people who run the platform, on a listener of their own.
//!
//! Owns `platform.operators`, `platform.operator_sessions`, `platform.operator_tokens`,
//! `platform.operator_approvals` and `platform.approval_tenants`, and writes `platform.operator_audit` through
//! `tenancy::audit`. What may be done to an organisation is `tenancy::verbs`; here is decided who may.

mod approval;
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
mod token;

pub use error::Error;
pub use http::routes;
pub use jobs::jobs;
pub use model::{Account, AccountState, Enrollment, NewAccount};
pub use passwords::totp::{STEP_S, Seed};
pub use ports::{Owners, Recoveries};
pub use roles::{Permission, Role};
pub use service::{Addresses, Approval, Operators, accounts};
