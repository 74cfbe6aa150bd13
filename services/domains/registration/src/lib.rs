//! Registration on the root host: an organisation, its address and its owner in one transaction, and
//! "find my workspace".
//!
//! Owns `platform.address_hashes`, `platform.workspace_searches` and `platform.idempotency_keys`, and the
//! naming of hosts. It knows people only through the questions of [`People`], and never an address in
//! clear outside of the organisation it belongs to.

mod error;
mod http;
mod jobs;
mod model;
mod ports;
mod service;
mod slug;
mod store;

pub use error::Error;
pub use http::routes;
pub use jobs::{jobs, subscribers};
pub use model::{Application, Owner, Registered};
pub use ports::{People, Place, Proof};
pub use service::{Limits, Registration, rehash};
pub use slug::{Slug, SlugFault};
