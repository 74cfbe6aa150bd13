//! An organisation's audit log: sealed into a chain, shown, exported, verified.
//!
//! Rows are written by whoever changes something, in that transaction. This domain gives them their place
//! afterwards and never changes what they say. It must not hold up the transactions that write them.

mod error;
mod http;
mod model;
mod sealer;
mod service;
mod store;

use jobs::{Handler, Subscriber};

pub use error::Error;
pub use http::routes;
pub use model::canonical::Hash;
pub use model::chain::Fault;
pub use model::file::{FileError, FileReport, verify_file};
pub use service::verification::{Report, Whole, verify_all};
pub use store::chain::{Anchor, Standing};

/// Handlers of this domain's work.
pub fn jobs() -> Vec<Box<dyn Handler>> {
    vec![Box::new(sealer::Sealer)]
}

/// What this domain does about events.
pub fn subscriptions() -> Vec<Box<dyn Subscriber>> {
    vec![Box::new(sealer::CallSealer)]
}
